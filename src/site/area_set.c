#include "site/area_set.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 1
#define REVISION_MAX (INT64_C(1) << 52)
#define JSON_FLAGS (JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL)
#define FILE_MODE 0640

// --- text out ---

// A share as people write it: 0.8, 0.33333, 1.
static int format_share(int32_t value, struct scrim_buf *buf)
{
    char text[16];
    int length = snprintf(text, sizeof text, "%" PRId32 ".%05" PRId32, value / SCRIM_AREA_UNIT,
                          value % SCRIM_AREA_UNIT);
    while (text[length - 1] == '0')
        length--;
    length -= text[length - 1] == '.';
    return scrim_buf_append(buf, text, (size_t)length);
}

int scrim_area_format_points(const struct scrim_area *area, struct scrim_buf *buf)
{
    int result = scrim_buf_append_text(buf, "[");
    for (unsigned i = 0; i < area->count; i++) {
        result |= scrim_buf_append_text(buf, i ? ",[" : "[");
        result |= format_share(area->points[i].x, buf);
        result |= scrim_buf_append_text(buf, ",");
        result |= format_share(area->points[i].y, buf);
        result |= scrim_buf_append_text(buf, "]");
    }
    result |= scrim_buf_append_text(buf, "]");
    return result < 0 ? SCRIM_ENOSPACE : SCRIM_OK;
}

// Names and kinds need no escapes.
int scrim_area_set_format(const struct scrim_area_set *set, struct scrim_buf *buf)
{
    char text[128];
    snprintf(text, sizeof text, "{\"v\":%d,\"revision\":%" PRIu64 ",\"areas\":[", VERSION,
             set->revision);
    int result = scrim_buf_append_text(buf, text);
    for (unsigned i = 0; i < set->count; i++) {
        snprintf(text, sizeof text,
                 "%s{\"kind\":\"%s\",\"name\":\"%s\",\"points\":", i ? ",\n" : "\n",
                 scrim_area_kind_text(set->list[i].kind), set->list[i].name);
        result |= scrim_buf_append_text(buf, text);
        result |= scrim_area_format_points(&set->list[i], buf);
        result |= scrim_buf_append_text(buf, "}");
    }
    result |= scrim_buf_append_text(buf, "]}\n");
    return result < 0 ? SCRIM_ENOSPACE : SCRIM_OK;
}

// --- text in ---

static void release(json_t **json)
{
    json_decref(*json);
}

static int take_point(const json_t *pair, struct scrim_area *area, struct scrim_error *error)
{
    const json_t *x = json_array_get(pair, 0), *y = json_array_get(pair, 1);
    if (json_array_size(pair) != 2 || !json_is_number(x) || !json_is_number(y))
        return scrim_fail(error, SCRIM_EINVAL, "point %u is not [x, y], two numbers",
                          area->count + 1);
    return scrim_area_add_point(area, json_number_value(x), json_number_value(y), error);
}

static int take_shape(const json_t *kind, const json_t *points, struct scrim_area *area,
                      struct scrim_error *error)
{
    if (!json_is_string(kind) || !scrim_area_kind_parse(json_string_value(kind), &area->kind))
        return scrim_fail(error, SCRIM_EINVAL, "kind must be \"mask\", \"zone\" or \"line\"");
    if (!json_is_array(points))
        return scrim_fail(error, SCRIM_EINVAL, "points must be [[x, y], …]");
    int result = SCRIM_OK;
    for (size_t i = 0; i < json_array_size(points) && result >= 0; i++)
        result = take_point(json_array_get(points, i), area, error);
    return result < 0 ? result : scrim_area_check(area, error);
}

static int take_name(const char *name, struct scrim_area *area, struct scrim_error *error)
{
    const size_t length = strlen(name);
    if (length < 1 || length > SCRIM_AREA_NAME_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "a name has 1 to %d characters",
                          SCRIM_AREA_NAME_MAX);
    memcpy(area->name, name, length + 1);
    return SCRIM_OK;
}

int scrim_area_parse(const char *name, const void *text, size_t length, struct scrim_area *ret,
                     struct scrim_error *error)
{
    struct scrim_area area = {0};
    SCRIM_AUTO(release) json_t *root = json_loadb(text, length, JSON_FLAGS, NULL);
    if (!json_is_object(root) || json_object_size(root) != 2)
        return scrim_fail(error, SCRIM_EINVAL, "it must be {\"kind\":…,\"points\":[[x,y],…]}");
    int result = take_name(name, &area, error);
    if (result >= 0)
        result = take_shape(json_object_get(root, "kind"), json_object_get(root, "points"), &area,
                            error);
    if (result >= 0)
        *ret = area;
    return result;
}

static int take_member(const json_t *object, struct scrim_area_set *set, struct scrim_error *error)
{
    struct scrim_area area = {0};
    const json_t *name = json_object_get(object, "name");
    if (set->count == SCRIM_AREAS_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "more than %d areas", SCRIM_AREAS_MAX);
    if (json_object_size(object) != 3 || !json_is_string(name))
        return scrim_fail(error, SCRIM_EINVAL, "it must have kind, name and points");
    int result = take_name(json_string_value(name), &area, error);
    if (result >= 0 && scrim_area_find(set->list, set->count, area.name))
        result = scrim_fail(error, SCRIM_EINVAL, "another one has the name '%s'", area.name);
    if (result >= 0)
        result = take_shape(json_object_get(object, "kind"), json_object_get(object, "points"),
                            &area, error);
    if (result >= 0)
        set->list[set->count++] = area;
    return result;
}

static int take_set(const json_t *root, struct scrim_area_set *set, struct scrim_error *error)
{
    const json_t *version = json_object_get(root, "v"), *areas = json_object_get(root, "areas");
    const json_t *revision = json_object_get(root, "revision");
    if (json_object_size(root) != 3 || !json_is_integer(version) || !json_is_integer(revision) ||
        !json_is_array(areas))
        return scrim_fail(error, SCRIM_EFORMAT, "it is no list of areas");
    if (json_integer_value(version) != VERSION)
        return scrim_fail(error, SCRIM_EFORMAT, "it was made by another version of Scrim");
    if (json_integer_value(revision) < 0 || json_integer_value(revision) > REVISION_MAX)
        return scrim_fail(error, SCRIM_EFORMAT, "its revision makes no sense");
    set->revision = (uint64_t)json_integer_value(revision);
    for (size_t i = 0; i < json_array_size(areas); i++) {
        struct scrim_error why = {0};
        if (take_member(json_array_get(areas, i), set, &why) < 0)
            return scrim_fail(error, SCRIM_EFORMAT, "area %zu: %s", i + 1, why.text);
    }
    return SCRIM_OK;
}

int scrim_area_set_parse(const void *text, size_t length, struct scrim_area_set *ret,
                         struct scrim_error *error)
{
    json_error_t why;
    if (length > SCRIM_AREA_SET_BYTES)
        return scrim_fail(error, SCRIM_EFORMAT, "it is longer than %u bytes", SCRIM_AREA_SET_BYTES);
    SCRIM_AUTO(release) json_t *root = json_loadb(text, length, JSON_FLAGS, &why);
    if (!root)
        return scrim_fail(error, SCRIM_EFORMAT, "line %d: %s", why.line, why.text);
    SCRIM_AUTO(scrim_free_pointer)
    struct scrim_area_set *set = scrim_new(struct scrim_area_set);
    const int result = take_set(root, set, error);
    if (result >= 0)
        *ret = *set;
    return result;
}

// --- files ---

int scrim_area_set_path(const char *dir, const char *camera, char ret[SCRIM_PATH_MAX])
{
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s/" SCRIM_AREAS_DIR "/%s.json", dir, camera);
    return length < SCRIM_PATH_MAX ? SCRIM_OK : SCRIM_EINVAL;
}

int scrim_area_set_load(const char *dir, const char *camera, struct scrim_area_set *ret,
                        struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    if (scrim_area_set_path(dir, camera, path) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    scrim_buf_init(&text, SCRIM_AREA_SET_BYTES);
    int result = scrim_fs_read(path, &text, error);
    if (result == SCRIM_ENOENT) {
        memset(ret, 0, sizeof *ret);
        result = SCRIM_OK;
    } else if (result >= 0) {
        result = scrim_area_set_parse(text.data, text.len, ret, error);
        if (result < 0)
            scrim_fail_prefix(error, "%s", path);
    }
    scrim_buf_finish(&text);
    return result;
}

int scrim_area_set_save(const char *dir, const char *camera, const struct scrim_area_set *set,
                        struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    if (scrim_area_set_path(dir, camera, path) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    scrim_buf_init(&text, SCRIM_AREA_SET_BYTES);
    int result = scrim_area_set_format(set, &text);
    result = result < 0 ? scrim_fail(error, result, "%s: %s", path, scrim_err_text(result))
                        : scrim_fs_replace(path, text.data, text.len, FILE_MODE, error);
    scrim_buf_finish(&text);
    return result;
}
