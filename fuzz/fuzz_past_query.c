// What stands in the query of a question about the past: numbers, times, lists of cameras.
#include "desk/past.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[512];
    int64_t value;
    if (size >= sizeof text)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    if (past_parse_ms(text, &value) && (value < 0 || value > PAST_TIME_MAX_MS))
        abort();
    if (past_parse_number(text, 3, 1000, &value) && (value < 3 || value > 1000))
        abort();
    // Whatever stands in the list, a camera whose id is not a part of it is not asked for.
    if (past_list_has(text, "quay-north") && !strstr(text, "quay-north"))
        abort();
    return 0;
}
