#include "desk/request_plan.h"

#include "age/age.h"
#include "base/alloc.h"
#include "base/base64.h"
#include "desk/tar.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void request_plan_free(struct request_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->count; i++) {
        free(plan->files[i].header);
        free(plan->files[i].suffix);
    }
    free(plan->files);
    free(plan);
}

uint64_t request_plan_size(const struct request_plan_file *file)
{
    return file->header_len + file->payload + file->suffix_len;
}

// --- reading ---

static int take_bytes(const json_t *value, size_t max, uint8_t **ret, size_t *ret_len)
{
    const char *text = json_string_value(value);
    const size_t length = json_string_length(value);
    if (!text || length == 0 || length > SCRIM_BASE64_LENGTH(max))
        return SCRIM_EINVAL;
    *ret = scrim_alloc(max);
    if (!*ret)
        return SCRIM_ENOMEM;
    return scrim_base64_decode(text, length, *ret, max, ret_len);
}

// One whole age header and nothing behind it.
static bool is_header(const uint8_t *bytes, size_t count)
{
    struct scrim_age_header header;
    if (scrim_age_header_parse(bytes, count, &header, NULL) < 0)
        return false;
    const bool whole = header.length == count;
    scrim_age_header_finish(&header);
    return whole;
}

static int sealed_header_length(const struct scrim_segment_entry *segment, uint64_t *ret)
{
    struct scrim_age_header header;
    const int result = scrim_age_header_parse(segment->header, segment->header_len, &header, NULL);
    if (result < 0)
        return result;
    *ret = header.length;
    scrim_age_header_finish(&header);
    return SCRIM_OK;
}

static int take_file(const json_t *json, const struct scrim_segment_list *segments, int64_t least,
                     struct request_plan_file *ret, struct scrim_error *error)
{
    const json_t *segment = json_object_get(json, "segment");
    const json_t *payload = json_object_get(json, "payload_bytes");
    const json_t *suffix = json_object_get(json, "suffix");
    const int64_t index = json_integer_value(segment);
    if (!json_is_object(json) || !json_is_integer(segment) || index < least ||
        index >= (int64_t)segments->count || json_object_size(json) != 3 + (suffix != NULL))
        return scrim_fail(error, SCRIM_EINVAL, "each entry names a segment, in their order");
    const struct scrim_segment_entry *entry = &segments->entries[index];
    ret->segment = (uint32_t)index;
    ret->start_us = entry->start_us;
    if (take_bytes(json_object_get(json, "header"), REQUEST_PLAN_HEADER_MAX, &ret->header,
                   &ret->header_len) < 0 ||
        !is_header(ret->header, ret->header_len))
        return scrim_fail(error, SCRIM_EINVAL, "segment %lld: its header is no age header",
                          (long long)index);
    if (suffix && !json_is_null(suffix) &&
        take_bytes(suffix, REQUEST_PLAN_SUFFIX_MAX, &ret->suffix, &ret->suffix_len) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "segment %lld: its suffix is not BASE64",
                          (long long)index);
    ret->payload = (uint64_t)json_integer_value(payload);
    if (sealed_header_length(entry, &ret->offset) < 0 || !json_is_integer(payload) ||
        json_integer_value(payload) < SCRIM_AGE_NONCE || ret->offset > entry->bytes ||
        ret->payload > entry->bytes - ret->offset)
        return scrim_fail(error, SCRIM_EINVAL, "segment %lld has not so many bytes",
                          (long long)index);
    return SCRIM_OK;
}

static int name_file(const struct scrim_segment_entry *segment, const char *folder,
                     struct request_plan_file *file, struct scrim_error *error)
{
    char ignored[TAR_BLOCK];
    if (snprintf(file->name, sizeof file->name, "%s/%s/%s", folder, segment->camera,
                 segment->file) >= (int)sizeof file->name ||
        tar_header(file->name, request_plan_size(file), 0, ignored) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s does not fit into an archive", segment->file);
    return SCRIM_OK;
}

static int take_files(const json_t *json, const struct scrim_segment_list *segments,
                      const char *folder, struct request_plan *plan, struct scrim_error *error)
{
    int64_t least = 0;
    for (size_t i = 0; i < json_array_size(json); i++) {
        struct request_plan_file *file = &plan->files[plan->count++];
        int result = take_file(json_array_get(json, i), segments, least, file, error);
        if (result >= 0)
            result = name_file(&segments->entries[file->segment], folder, file, error);
        if (result < 0)
            return result;
        least = (int64_t)file->segment + 1;
        plan->memory += sizeof *file + file->header_len + file->suffix_len;
    }
    return SCRIM_OK;
}

int request_plan_parse(const void *body, size_t count, const struct scrim_segment_list *segments,
                       const char *folder, struct request_plan **ret, struct scrim_error *error)
{
    struct request_plan *plan = scrim_new(struct request_plan);
    json_t *json = json_loadb(body, count, JSON_REJECT_DUPLICATES, NULL);
    int result = SCRIM_OK;
    if (!json_is_array(json) || json_array_size(json) == 0 ||
        json_array_size(json) > segments->count)
        result = scrim_fail(error, SCRIM_EINVAL,
                            "the body must be a list of headers, one for a segment");
    if (result >= 0)
        plan->files = scrim_alloc_zero(json_array_size(json), sizeof *plan->files);
    if (result >= 0 && !plan->files)
        result = scrim_fail(error, SCRIM_ENOMEM, "there is no memory for the export");
    if (result >= 0)
        result = take_files(json, segments, folder, plan, error);
    json_decref(json);
    if (result < 0)
        request_plan_free(plan);
    else
        *ret = plan;
    return result;
}

int request_plan_manifest(const struct request_plan *plan,
                          const struct scrim_segment_list *segments, const char *id,
                          struct scrim_buf *ret)
{
    int result =
        scrim_buf_printf(ret, "{\"format\":\"scrim-export/v1\",\"request\":\"%s\",\"files\":[", id);
    for (size_t i = 0; i < plan->count && result >= 0; i++) {
        const struct request_plan_file *file = &plan->files[i];
        const struct scrim_segment_entry *segment = &segments->entries[file->segment];
        result = scrim_buf_printf(
            ret,
            "%s\n{\"name\":\"%s\",\"segment\":%" PRIu32 ",\"camera\":\"%s\",\"start_us\":%" PRId64
            ",\"end_us\":%" PRId64 ",\"bytes\":%" PRIu64 ",\"whole\":%s}",
            i ? "," : "", file->name, file->segment, segment->camera, segment->start_us,
            segment->end_us, request_plan_size(file), segment->whole ? "true" : "false");
    }
    return result < 0 ? result : scrim_buf_append_text(ret, "\n]}\n");
}
