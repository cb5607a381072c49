// What a browser hands in to take opened segments away: new headers, and how much follows each.
#include "desk/request_plan.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char header[] = "age-encryption.org/v1\n-> x y\nAAAA\n"
                             "--- AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";

static void check(const struct request_plan *plan, const struct scrim_segment_list *segments)
{
    struct scrim_buf manifest;
    scrim_buf_init(&manifest, 1U << 20);
    for (size_t i = 0; i < plan->count; i++) {
        const struct request_plan_file *file = &plan->files[i];
        if (file->segment >= segments->count || (i > 0 && file->segment <= file[-1].segment) ||
            file->offset + file->payload > segments->entries[file->segment].bytes ||
            strncmp(file->name, "request-1/quay/", 15) != 0 ||
            request_plan_size(file) < file->header_len + file->payload)
            abort();
    }
    if (request_plan_manifest(plan, segments, "00", &manifest) < 0)
        abort();
    json_t *read = json_loadb((const char *)manifest.data, manifest.len, 0, NULL);
    if (json_array_size(json_object_get(read, "files")) != plan->count)
        abort();
    json_decref(read);
    scrim_buf_finish(&manifest);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_segment_entry entries[3];
    const struct scrim_segment_list segments = {.entries = entries, .count = 3, .room = 3};
    struct request_plan *plan = NULL;
    struct scrim_error error = {0};
    for (size_t i = 0; i < 3; i++)
        entries[i] = (struct scrim_segment_entry){.camera = "quay",
                                                  .file = "2026-11-23/090000.mp4.age",
                                                  .start_us = (int64_t)i,
                                                  .end_us = (int64_t)i + 1,
                                                  .bytes = i * 1000,
                                                  .header = (uint8_t *)(uintptr_t)header,
                                                  .header_len = sizeof header - 1};
    if (request_plan_parse(data, size, &segments, "request-1", &plan, &error) >= 0)
        check(plan, &segments);
    else if (error.text[0] == '\0')
        abort();
    request_plan_free(plan);
    return 0;
}
