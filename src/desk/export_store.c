#include "desk/export_store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX (64U << 10)

static const char *const states[] = {"making", "ready", "failed"};

const char *scrim_export_state_text(enum scrim_export_state state)
{
    return states[state];
}

int export_store_path(const char *dir, const char *id, const char *ending, char ret[SCRIM_PATH_MAX])
{
    return snprintf(ret, SCRIM_PATH_MAX, "%s/" SCRIM_EXPORTS_DIR "/%s%s", dir, id, ending) >=
                   SCRIM_PATH_MAX
               ? SCRIM_EINVAL
               : SCRIM_OK;
}

static json_t *gaps_json(const struct export_result *film)
{
    json_t *gaps = json_array();
    for (size_t i = 0; i < film->gaps_count && i < EXPORT_GAPS_MAX; i++)
        json_array_append_new(gaps, json_pack("[I,I]", (json_int_t)film->gaps[i].from_us,
                                              (json_int_t)film->gaps[i].to_us));
    return gaps;
}

int export_store_save(const char *dir, const struct scrim_export *export, struct scrim_error *error)
{
    const struct export_result *film = &export->film;
    char path[SCRIM_PATH_MAX];
    if (export_store_path(dir, export->id, ".json", path) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    json_t *json = json_pack(
        "{s:i,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:s,s:s,s:I,s:I,s:I,s:I,s:s,s:I,s:o}", "v", 1,
        "id", export->id, "camera", export->camera, "name", export->name, "reason", export->reason,
        "who", export->who, "from_us", (json_int_t) export->from_us, "to_us",
        (json_int_t) export->to_us, "created_us", (json_int_t) export->created_us, "act",
        (json_int_t) export->act, "state", states[export->state], "words", export->words,
        "film_from_us", (json_int_t)film->from_us, "film_to_us", (json_int_t)film->to_us, "frames",
        (json_int_t)film->frames, "bytes", (json_int_t)film->bytes, "sha256", film->sha256,
        "gaps_count", (json_int_t)film->gaps_count, "gaps", gaps_json(film));
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    if (!text)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory", path);
    const int result = scrim_fs_replace(path, text, strlen(text), 0600, error);
    free(text);
    return result;
}

// --- reading ---

static bool take_text(const json_t *json, const char *name, char *ret, size_t size)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text && (size_t)snprintf(ret, size, "%s", text) < size;
}

static bool take_number(const json_t *json, const char *name, int64_t *ret)
{
    const json_t *number = json_object_get(json, name);
    *ret = json_integer_value(number);
    return json_is_integer(number) && *ret >= 0;
}

static bool take_state(const json_t *json, enum scrim_export_state *ret)
{
    const char *text = json_string_value(json_object_get(json, "state"));
    for (unsigned i = 0; text && i < sizeof states / sizeof *states; i++) {
        if (strcmp(states[i], text) != 0)
            continue;
        *ret = (enum scrim_export_state)i;
        return true;
    }
    return false;
}

static bool take_gaps(const json_t *json, struct export_result *ret)
{
    const json_t *gaps = json_object_get(json, "gaps");
    for (size_t i = 0; i < json_array_size(gaps) && i < EXPORT_GAPS_MAX; i++) {
        const json_t *gap = json_array_get(gaps, i);
        ret->gaps[i] = (struct scrim_span){json_integer_value(json_array_get(gap, 0)),
                                           json_integer_value(json_array_get(gap, 1))};
    }
    return json_is_array(gaps);
}

static bool take_film(const json_t *json, struct export_result *ret)
{
    int64_t frames, bytes, gaps;
    if (!take_number(json, "film_from_us", &ret->from_us) ||
        !take_number(json, "film_to_us", &ret->to_us) || !take_number(json, "frames", &frames) ||
        !take_number(json, "bytes", &bytes) || !take_number(json, "gaps_count", &gaps) ||
        !take_text(json, "sha256", ret->sha256, sizeof ret->sha256))
        return false;
    ret->frames = (uint64_t)frames;
    ret->bytes = (uint64_t)bytes;
    ret->gaps_count = (size_t)gaps;
    return take_gaps(json, ret);
}

static bool take_export(const json_t *json, struct scrim_export *ret)
{
    int64_t version, act;
    if (!take_number(json, "v", &version) || version != 1 ||
        !take_text(json, "id", ret->id, sizeof ret->id) ||
        !take_text(json, "camera", ret->camera, sizeof ret->camera) ||
        !take_text(json, "name", ret->name, sizeof ret->name) ||
        !take_text(json, "reason", ret->reason, sizeof ret->reason) ||
        !take_text(json, "who", ret->who, sizeof ret->who) ||
        !take_text(json, "words", ret->words, sizeof ret->words) ||
        !take_number(json, "from_us", &ret->from_us) || !take_number(json, "to_us", &ret->to_us) ||
        !take_number(json, "created_us", &ret->created_us) || !take_number(json, "act", &act))
        return false;
    ret->act = (uint64_t)act;
    return take_state(json, &ret->state) && take_film(json, &ret->film);
}

int export_store_load(const char *path, struct scrim_export *ret, struct scrim_error *error)
{
    struct scrim_buf text;
    json_error_t ignored;
    scrim_buf_init(&text, FILE_MAX);
    *ret = (struct scrim_export){0};
    int result = scrim_fs_read(path, &text, error);
    json_t *json = result >= 0 ? json_loadb((const char *)text.data, text.len, 0, &ignored) : NULL;
    if (result >= 0 && (!json_is_object(json) || !take_export(json, ret)))
        result = scrim_fail(error, SCRIM_EFORMAT, "%s is not what the desk wrote", path);
    json_decref(json);
    scrim_buf_finish(&text);
    return result;
}

static int remove_one(const char *dir, const char *id, const char *ending,
                      struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (export_store_path(dir, id, ending, path) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int result = scrim_fs_unlink(path, error);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

int export_store_remove(const char *dir, const char *id, struct scrim_error *error)
{
    const int result = remove_one(dir, id, ".mp4", error);
    return result < 0 ? result : remove_one(dir, id, ".json", error);
}
