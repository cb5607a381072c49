#include "store/glass_now.h"

#include "store/json_text.h"

#include <inttypes.h>

int scrim_glass_now_format(const struct scrim_glass_now *now, struct scrim_buf *ret)
{
    int result = scrim_buf_printf(ret, "{\"v\":1,\"number\":%" PRIu64 ",\"who\":", now->number);
    if (result >= 0)
        result = scrim_json_append_string(ret, now->who);
    return result < 0 ? result
                      : scrim_buf_printf(ret,
                                         ",\"from_us\":%" PRId64 ",\"since_us\":%" PRId64
                                         ",\"until_us\":%" PRId64 "}\n",
                                         now->from_us, now->since_us, now->until_us);
}

int scrim_glass_now_parse(const void *bytes, size_t count, struct scrim_glass_now *ret)
{
    struct scrim_reader reader = scrim_reader_of(bytes, count);
    struct scrim_glass_now now = {0};
    if (!scrim_json_take(&reader, "{\"v\":1,\"number\":") ||
        !scrim_json_take_u64(&reader, &now.number) || !scrim_json_take(&reader, ",\"who\":") ||
        !scrim_json_take_string(&reader, now.who, sizeof now.who) ||
        !scrim_json_take(&reader, ",\"from_us\":") || !scrim_json_take_i64(&reader, &now.from_us) ||
        !scrim_json_take(&reader, ",\"since_us\":") ||
        !scrim_json_take_i64(&reader, &now.since_us) ||
        !scrim_json_take(&reader, ",\"until_us\":") ||
        !scrim_json_take_i64(&reader, &now.until_us) || !scrim_json_take(&reader, "}\n") ||
        reader.left > 0)
        return SCRIM_EFORMAT;
    if (now.number == 0 || now.from_us > now.since_us || now.since_us >= now.until_us)
        return SCRIM_EFORMAT;
    *ret = now;
    return SCRIM_OK;
}

int scrim_glass_now_read(const char *dir, int64_t now_us, struct scrim_glass_now *ret,
                         struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    scrim_buf_init(&text, SCRIM_GLASS_NOW_MAX);
    int result = scrim_path_join(path, dir, SCRIM_GLASS_NOW_FILE);
    if (result < 0)
        return scrim_fail(error, result, "%s: path too long", dir);
    result = scrim_fs_read(path, &text, error);
    if (result >= 0 && scrim_glass_now_parse(text.data, text.len, ret) < 0)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: not what the keeper writes", path);
    scrim_buf_finish(&text);
    if (result >= 0 && (now_us < ret->since_us || now_us >= ret->until_us))
        result = SCRIM_ENOENT;
    return result == SCRIM_ENOENT ? scrim_fail(error, SCRIM_ENOENT, "no glass is broken") : result;
}

bool scrim_glass_now_shows(const struct scrim_glass_now *now, int64_t start_us, int64_t end_us)
{
    return start_us < now->until_us && (end_us == 0 || end_us > now->from_us);
}
