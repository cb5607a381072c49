#include "vault/segment_list.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "vault/json.h"

#include <stdlib.h>
#include <string.h>

static const char format_name[] = "scrim-segments/v1";

static bool is_before(const struct scrim_segment_entry *a, const struct scrim_segment_entry *b)
{
    const int order = strcmp(a->camera, b->camera);
    return order < 0 || (order == 0 && a->start_us < b->start_us);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// "YYYY-MM-DD/HHMMSS.mp4.age", or "…-<n>.mp4.age".
static bool is_file(const char *file)
{
    static const char shape[] = "####-##-##/######";
    const size_t length = sizeof shape - 1;
    for (size_t i = 0; i < length; i++) {
        if (shape[i] == '#' ? !is_digit(file[i]) : file[i] != shape[i])
            return false;
    }
    const char *rest = file + length;
    if (*rest == '-') {
        const size_t digits = strspn(rest + 1, "0123456789");
        if (digits < 1 || digits > 4)
            return false;
        rest += 1 + digits;
    }
    return strcmp(rest, ".mp4.age") == 0;
}

static bool is_id(const char *id)
{
    return strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(id);
}

static bool is_sound(const struct scrim_segment_entry *entry)
{
    return entry->camera[0] && is_id(entry->camera) && is_id(entry->disk) && is_file(entry->file) &&
           entry->start_us >= 0 && entry->end_us >= 0 && entry->header_len > 0 &&
           entry->header_len <= SCRIM_SEGMENT_HEADER_MAX;
}

static void grow(struct scrim_segment_list *list)
{
    const size_t room = list->room ? 2 * list->room : 64;
    struct scrim_segment_entry *entries = scrim_new_array(room, struct scrim_segment_entry);
    if (list->count > 0)
        memcpy(entries, list->entries, list->count * sizeof *entries);
    free(list->entries);
    list->entries = entries;
    list->room = room;
}

int scrim_segment_list_add(struct scrim_segment_list *list, const struct scrim_segment_entry *entry,
                           struct scrim_error *error)
{
    if (list->count == SCRIM_SEGMENTS_MAX)
        return scrim_fail(error, SCRIM_ENOSPACE, "more than %d segments: ask for less at a time",
                          SCRIM_SEGMENTS_MAX);
    if (!is_sound(entry) || (list->count > 0 && !is_before(&list->entries[list->count - 1], entry)))
        return scrim_fail(error, SCRIM_EINVAL, "camera %s, %s: not the next segment of a list",
                          entry->camera, entry->file);
    if (list->count == list->room)
        grow(list);
    struct scrim_segment_entry *place = &list->entries[list->count++];
    *place = *entry;
    place->header = scrim_new_bytes(entry->header_len);
    memcpy(place->header, entry->header, entry->header_len);
    return SCRIM_OK;
}

void scrim_segment_list_finish(struct scrim_segment_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->entries[i].header);
    free(list->entries);
    *list = (struct scrim_segment_list){0};
}

// --- reading ---

static bool read_header(const json_t *json, uint8_t ret[SCRIM_SEGMENT_HEADER_MAX], size_t *ret_len)
{
    const char *text = json_string_value(json);
    return text && scrim_base64_decode(text, json_string_length(json), ret,
                                       SCRIM_SEGMENT_HEADER_MAX, ret_len) >= 0;
}

static bool read_entry(const json_t *json, uint8_t header[SCRIM_SEGMENT_HEADER_MAX],
                       struct scrim_segment_entry *ret)
{
    uint64_t start_us, end_us;
    const json_t *whole = json_object_get(json, "whole");
    if (!scrim_json_has_only(json, 8) ||
        !scrim_json_text(json_object_get(json, "camera"), ret->camera, sizeof ret->camera) ||
        !scrim_json_text(json_object_get(json, "file"), ret->file, sizeof ret->file) ||
        !scrim_json_text(json_object_get(json, "disk"), ret->disk, sizeof ret->disk) ||
        !scrim_json_number(json_object_get(json, "start_us"), &start_us) ||
        !scrim_json_number(json_object_get(json, "end_us"), &end_us) ||
        !scrim_json_number(json_object_get(json, "bytes"), &ret->bytes) ||
        !json_is_boolean(whole) ||
        !read_header(json_object_get(json, "header"), header, &ret->header_len))
        return false;
    ret->start_us = (int64_t)start_us;
    ret->end_us = (int64_t)end_us;
    ret->whole = json_is_true(whole);
    ret->header = header;
    return true;
}

static int read_entries(const json_t *array, struct scrim_segment_list *ret,
                        struct scrim_error *error)
{
    uint8_t header[SCRIM_SEGMENT_HEADER_MAX];
    const size_t count = json_array_size(array);
    int result =
        json_is_array(array) ? SCRIM_OK : scrim_fail(error, SCRIM_EFORMAT, "it has no segments");
    for (size_t i = 0; i < count && result >= 0; i++) {
        struct scrim_segment_entry entry = {0};
        result = read_entry(json_array_get(array, i), header, &entry)
                     ? scrim_segment_list_add(ret, &entry, error)
                     : SCRIM_EFORMAT;
        if (result == SCRIM_EFORMAT || result == SCRIM_EINVAL)
            result = scrim_fail(error, SCRIM_EFORMAT, "segment %zu is malformed", i);
    }
    return result;
}

int scrim_segment_list_parse(const void *bytes, size_t count, struct scrim_segment_list *ret,
                             struct scrim_error *error)
{
    json_t *json;
    struct scrim_segment_list list = {0};
    int result = scrim_json_load(bytes, count, format_name, &json, error);
    if (result < 0)
        return result;
    result = scrim_json_has_only(json, 2)
                 ? read_entries(json_object_get(json, "segments"), &list, error)
                 : scrim_fail(error, SCRIM_EFORMAT, "a member is missing or unknown");
    json_decref(json);
    if (result < 0)
        scrim_segment_list_finish(&list);
    else
        *ret = list;
    return result;
}

// --- writing ---

static int write_entry(const struct scrim_segment_entry *entry, bool first, struct scrim_buf *ret)
{
    // Nothing in these texts needs quoting: is_sound.
    int result = scrim_buf_printf(
        ret,
        "%s\n{\"camera\":\"%s\",\"file\":\"%s\",\"disk\":\"%s\",\"start_us\":%lld,\"end_us\":%lld,"
        "\"bytes\":%llu,\"whole\":%s,\"header\":\"",
        first ? "" : ",", entry->camera, entry->file, entry->disk, (long long)entry->start_us,
        (long long)entry->end_us, (unsigned long long)entry->bytes,
        entry->whole ? "true" : "false");
    if (result >= 0)
        result = scrim_base64_append(ret, entry->header, entry->header_len);
    return result < 0 ? result : scrim_buf_append_text(ret, "\"}");
}

int scrim_segment_list_write(const struct scrim_segment_list *list, struct scrim_buf *ret)
{
    int result = scrim_buf_printf(ret, "{\"format\":\"%s\",\"segments\":[", format_name);
    for (size_t i = 0; i < list->count && result >= 0; i++)
        result = write_entry(&list->entries[i], i == 0, ret);
    return result < 0 ? result : scrim_buf_append_text(ret, "]}\n");
}

// --- the seal ---

static bool is_glass(const struct scrim_age_stanza *stanza)
{
    return stanza->args_count > 0 && strcmp(stanza->args[0], "X25519") == 0;
}

int scrim_segment_entry_seal(const struct scrim_segment_entry *entry, struct scrim_tdh2 *ret,
                             struct scrim_error *error)
{
    struct scrim_age_header header;
    struct scrim_error why = {0};
    int result = scrim_age_header_parse(entry->header, entry->header_len, &header, &why);
    if (result < 0)
        return scrim_fail(error, SCRIM_EFORMAT, "camera %s, %s: %s", entry->camera, entry->file,
                          why.text[0] ? why.text : "its header is cut off");
    if (header.length != entry->header_len || header.stanzas_count > 2 ||
        (header.stanzas_count == 2 && !is_glass(&header.stanzas[1])))
        result = scrim_fail(&why, SCRIM_EFORMAT, "not the header of a sealed segment");
    else
        result = scrim_tdh2_parse(&header.stanzas[0], ret, &why);
    scrim_age_header_finish(&header);
    return result < 0 ? scrim_fail(error, result, "camera %s, %s: %s", entry->camera, entry->file,
                                   why.text)
                      : SCRIM_OK;
}
