// A request's list of segments, and the seal in each header of it.
#include "vault/segment_list.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_segment_list list, again;
    struct scrim_tdh2 sealed;
    struct scrim_error error;
    struct scrim_buf json;
    if (scrim_segment_list_parse(data, size, &list, &error) < 0)
        return 0;
    for (size_t i = 0; i < list.count; i++)
        (void)!scrim_segment_entry_seal(&list.entries[i], &sealed, &error);
    scrim_buf_init(&json, SCRIM_SEGMENTS_JSON_MAX);
    if (scrim_segment_list_write(&list, &json) < 0 ||
        scrim_segment_list_parse(json.data, json.len, &again, &error) < 0 ||
        again.count != list.count)
        abort();
    scrim_segment_list_finish(&again);
    scrim_segment_list_finish(&list);
    scrim_buf_finish(&json);
    return 0;
}
