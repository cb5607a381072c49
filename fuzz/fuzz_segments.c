// segments.json: from a site that may be taken over, read by holders. What parses is in order and
// writes back the same; what it lists outside a request is not covered by it, whatever its times.
#include "vault/request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HOUR_US INT64_C(3600000000)

static const struct scrim_request asked = {
    .site = "harbour",
    .cameras = {"quay"},
    .cameras_count = 1,
    .from_us = 498611 * HOUR_US,
    .to_us = 498612 * HOUR_US,
};

static void take(const struct scrim_segment_entry *entry, const struct scrim_segment_entry *last)
{
    struct scrim_tdh2 sealed;
    struct scrim_error error;
    const int order = last ? strcmp(last->camera, entry->camera) : -1;
    if (order > 0 || (order == 0 && last->start_us >= entry->start_us))
        abort();
    if (scrim_segment_entry_seal(entry, &sealed, &error) < 0 ||
        scrim_request_covers(&asked, entry, &sealed, &error) < 0)
        return;
    if (strcmp(sealed.label.site, "harbour") != 0 || strcmp(sealed.label.camera, "quay") != 0 ||
        sealed.label.start_utc_us >= asked.to_us ||
        sealed.label.start_utc_us < asked.from_us - SCRIM_REQUEST_LEAD_MAX_US)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_segment_list list, again;
    struct scrim_error error;
    struct scrim_buf json;
    if (scrim_segment_list_parse(data, size, &list, &error) < 0)
        return 0;
    for (size_t i = 0; i < list.count; i++)
        take(&list.entries[i], i > 0 ? &list.entries[i - 1] : NULL);
    scrim_buf_init(&json, SCRIM_SEGMENTS_JSON_MAX);
    if (scrim_segment_list_write(&list, &json) < 0 ||
        scrim_segment_list_parse(json.data, json.len, &again, &error) < 0 ||
        again.count != list.count)
        abort();
    scrim_buf_finish(&json);
    scrim_segment_list_finish(&again);
    scrim_segment_list_finish(&list);
    return 0;
}
