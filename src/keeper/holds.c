#include "keeper/holds.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "store/json_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// A segment lasts a minute; one without a key frame goes on a little longer.
#define REACH_US (2 * 60 * SCRIM_SECOND)

void scrim_holds_finish(struct scrim_holds *holds)
{
    free(holds->list);
    *holds = (struct scrim_holds){0};
}

bool scrim_hold_active(const struct scrim_hold *hold, int64_t now_us)
{
    return hold->released_us == 0 && (hold->until_us == 0 || now_us < hold->until_us);
}

void scrim_hold_hours(const struct scrim_hold *hold, uint64_t *ret_first, uint64_t *ret_last)
{
    *ret_first = scrim_hour_of(hold->from_us > REACH_US ? hold->from_us - REACH_US : 0);
    *ret_last = scrim_hour_of(hold->to_us - 1);
}

const struct scrim_hold *scrim_holds_find(const struct scrim_holds *holds, const char *camera,
                                          uint64_t first, uint64_t last, int64_t now_us)
{
    for (size_t i = 0; i < holds->count; i++) {
        const struct scrim_hold *hold = &holds->list[i];
        uint64_t from, to;
        scrim_hold_hours(hold, &from, &to);
        if (from <= last && first <= to && scrim_hold_active(hold, now_us) &&
            strcmp(hold->camera, camera) == 0)
            return hold;
    }
    return NULL;
}

const struct scrim_hold *scrim_holds_by_id(const struct scrim_holds *holds, uint64_t id)
{
    return id >= 1 && id <= holds->count ? &holds->list[id - 1] : NULL;
}

// --- one line a decision ---

static bool take_name(struct scrim_reader *reader, const char *member, char *ret, size_t size)
{
    return scrim_json_take(reader, member) && scrim_json_take_string(reader, ret, size) &&
           ret[0] != '\0';
}

static bool take_time(struct scrim_reader *reader, const char *member, int64_t *ret)
{
    return scrim_json_take(reader, member) && scrim_json_take_i64(reader, ret) && *ret >= 0;
}

static bool camera_valid(const char *camera)
{
    return camera[0] != '-' &&
           camera[strspn(camera, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0';
}

static bool take_hold(struct scrim_reader *reader, struct scrim_hold *ret)
{
    return take_name(reader, ",\"camera\":", ret->camera, sizeof ret->camera) &&
           camera_valid(ret->camera) && take_time(reader, ",\"from_us\":", &ret->from_us) &&
           take_time(reader, ",\"to_us\":", &ret->to_us) && ret->to_us > ret->from_us &&
           take_time(reader, ",\"until_us\":", &ret->until_us) &&
           take_time(reader, ",\"at_us\":", &ret->placed_us) &&
           take_name(reader, ",\"who\":", ret->who, sizeof ret->who) &&
           take_name(reader, ",\"reason\":", ret->reason, sizeof ret->reason);
}

static bool take_release(struct scrim_reader *reader, struct scrim_hold *ret)
{
    return take_time(reader, ",\"at_us\":", &ret->released_us) && ret->released_us > 0 &&
           take_name(reader, ",\"who\":", ret->released_by, sizeof ret->released_by) &&
           take_name(reader, ",\"reason\":", ret->release_reason, sizeof ret->release_reason);
}

// Ids count up from 1, so that the place in the list follows from them.
static bool take_line(struct scrim_holds *holds, const char *line, size_t length)
{
    struct scrim_reader reader = scrim_reader_of(line, length);
    uint64_t id;
    if (!scrim_json_take(&reader, "{\"v\":1,\""))
        return false;
    const bool placing = reader.left > 0 && *reader.at == 'h';
    if (!scrim_json_take(&reader, placing ? "hold\":" : "release\":") ||
        !scrim_json_take_u64(&reader, &id))
        return false;
    if (placing) {
        if (id != holds->count + 1 || !take_hold(&reader, &holds->list[holds->count]))
            return false;
        holds->list[holds->count++].id = id;
    } else if (id == 0 || id > holds->count || holds->list[id - 1].released_us != 0 ||
               !take_release(&reader, &holds->list[id - 1])) {
        return false;
    }
    return scrim_json_take(&reader, "}") && reader.left == 0;
}

static size_t count_lines(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += text[i] == '\n';
    return count;
}

int scrim_holds_parse(const char *name, const void *text, size_t length, struct scrim_holds *ret,
                      struct scrim_error *error)
{
    const size_t lines = count_lines(text, length);
    if (lines > SCRIM_HOLDS_MAX)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: more than %d lines", name, SCRIM_HOLDS_MAX);
    struct scrim_holds holds = {scrim_alloc_zero(lines + 1, sizeof *holds.list), 0};
    if (!holds.list)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory for %zu holds", name, lines);
    struct scrim_reader reader = scrim_reader_of(text, length);
    const char *line;
    size_t line_length;
    for (size_t number = 1; scrim_read_line(&reader, &line, &line_length); number++) {
        if (take_line(&holds, line, line_length))
            continue;
        scrim_holds_finish(&holds);
        return scrim_fail(error, SCRIM_EFORMAT, "%s:%zu: not a hold and not a release", name,
                          number);
    }
    if (reader.left > 0) {
        scrim_holds_finish(&holds);
        return scrim_fail(error, SCRIM_EFORMAT, "%s: its last line has no end", name);
    }
    *ret = holds;
    return SCRIM_OK;
}
