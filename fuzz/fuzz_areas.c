// The text of drawn areas: a file in state/areas, and what a desk that was taken over says to the
// veil. What is read and written again is the same.
#include "site/area_set.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_again(const struct scrim_area_set *set)
{
    static struct scrim_area_set again;
    struct scrim_buf text;
    scrim_buf_init(&text, SCRIM_AREA_SET_BYTES);
    if (scrim_area_set_format(set, &text) < 0 ||
        scrim_area_set_parse(text.data, text.len, &again, NULL) < 0 || again.count != set->count ||
        again.revision != set->revision)
        abort();
    for (unsigned i = 0; i < set->count; i++)
        if (!scrim_area_same(&set->list[i], &again.list[i]))
            abort();
    scrim_buf_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct scrim_area_set set;
    struct scrim_error error;
    struct scrim_area area;
    if (scrim_area_set_parse(data, size, &set, &error) >= 0)
        read_again(&set);
    if (scrim_area_parse("name", data, size, &area, &error) >= 0 &&
        scrim_area_check(&area, &error) < 0)
        abort();
    return 0;
}
