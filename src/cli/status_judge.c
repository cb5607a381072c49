// What needs somebody's attention (a problem), and what is worth knowing (a notice), in sentences.
#include "cli/gaps.h"
#include "cli/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTING_US (30 * SCRIM_SECOND) // that long, not being recorded yet is no problem
#define CLOCK_OFF_US (2 * SCRIM_SECOND)
#define DAY_US SCRIM_STATUS_DAY_US
#define FILLS_SOON_US DAY_US       // a problem
#define FILLS_SEEN_US (7 * DAY_US) // a notice
#define STORAGE_OLD_US (60 * SCRIM_SECOND)

struct verdict {
    json_t *problems, *notices;
    int64_t now_us;
    bool from_desk;
};

static SCRIM_PRINTF(2, 3) void say(json_t *list, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    json_t *string = json_string(text);
    json_array_append_new(list, string ? string : json_string("(a sentence that is no text)"));
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int64_t number_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static bool is_up(const json_t *programs, const char *name)
{
    return json_is_true(json_object_get(programs, name));
}

static void judge_programs(struct verdict *verdict, const json_t *status)
{
    const json_t *programs = json_object_get(status, "programs");
    const json_t *veil = json_object_get(programs, "veil");
    if (!is_up(programs, "recorder"))
        say(verdict->problems, "the recorder is not running: nothing is being recorded");
    if (!is_up(programs, "keeper"))
        say(verdict->problems, "the keeper is not running: there will be no keys for the next "
                               "hours, and nothing is removed when it is due");
    if (json_is_false(json_object_get(programs, "opener")))
        say(verdict->notices, "scrim-opener is not running: nothing can be opened over the desk");
    if (!verdict->from_desk)
        say(verdict->problems,
            "the desk cannot be asked (%s): what follows is from files, not from now",
            text_of(status, "why"));
    for (size_t i = 0; i < json_array_size(veil); i++) {
        if (!json_is_true(json_array_get(veil, i)))
            say(verdict->problems,
                "veil worker %zu is not running: its cameras have no picture at the desk", i);
    }
}

static void judge_left_out(struct verdict *verdict, const json_t *status)
{
    const json_t *text;
    size_t i;
    json_array_foreach(json_object_get(status, "left_out"), i, text)
        say(verdict->problems, "a camera is left out: %s", json_string_value(text));
}

static void judge_vault(struct verdict *verdict, const json_t *status)
{
    const json_t *vault = json_object_get(status, "vault");
    if (json_is_false(json_object_get(vault, "live")))
        say(verdict->problems, "the recorder does not start with this vault: %s",
            text_of(vault, "why"));
}

static void judge_recording(struct verdict *verdict, const json_t *camera)
{
    const char *id = text_of(camera, "id"), *state = text_of(camera, "state");
    const char *cause = text_of(camera, "cause"), *detail = text_of(camera, "detail");
    const int64_t since_us = verdict->now_us - number_of(camera, "since_us");
    char length[32];
    const char *record = text_of(camera, "record");
    const bool sealed = !record[0] || strcmp(record, "original") == 0;
    if (!state[0] || strcmp(state, "recording") == 0 || strcmp(state, "watching") == 0 ||
        strcmp(state, "unknown") == 0)
        return; // of `unknown` the recorder's absence says it all
    scrim_gaps_length_text(length, since_us > 0 ? since_us : 0);
    const bool begins = strcmp(state, "connecting") == 0 && since_us < CONNECTING_US;
    say(begins ? verdict->notices : verdict->problems, "camera %s %s, for %s%s%s%s%s", id,
        sealed ? "is not recorded" : "gives no picture", length, cause[0] ? ": " : "", cause,
        detail[0] ? ": " : "", detail);
}

static void judge_areas(struct verdict *verdict, const json_t *camera)
{
    const char *problem = text_of(camera, "areas_problem");
    if (problem[0])
        say(verdict->problems, "camera %s is wholly opaque, for its masks cannot be read: %s",
            text_of(camera, "id"), problem);
}

static void judge_clock(struct verdict *verdict, const json_t *camera)
{
    const int64_t offset_us = number_of(camera, "clock_offset_us");
    char length[32];
    if (llabs(offset_us) < CLOCK_OFF_US)
        return;
    scrim_gaps_length_text(length, llabs(offset_us));
    say(verdict->notices, "the clock of camera %s is %s %s (recordings go by the host's)",
        text_of(camera, "id"), length, offset_us > 0 ? "ahead" : "behind");
}

static void judge_day(struct verdict *verdict, const json_t *camera)
{
    const json_t *day = json_object_get(camera, "day");
    const int64_t unknown_us = number_of(day, "unknown_us");
    char length[32];
    if (!json_is_object(day))
        say(verdict->notices, "the journals of camera %s cannot be read here: run it as root",
            text_of(camera, "id"));
    if (unknown_us == 0)
        return;
    scrim_gaps_length_text(length, unknown_us);
    say(verdict->problems,
        "camera %s: %s of the last 24 h are neither recorded nor explained: scrim check says more",
        text_of(camera, "id"), length);
}

static void judge_disk(struct verdict *verdict, const json_t *disk)
{
    const char *id = text_of(disk, "id"), *state = text_of(disk, "state");
    if (strcmp(state, "ok") != 0)
        say(verdict->problems, "disk %s is %s: %s", id[0] ? id : "(site)", state,
            text_of(disk, "detail"));
}

static void judge_forecast(struct verdict *verdict, const json_t *disk)
{
    const char *id = text_of(disk, "id");
    const json_t *fills = json_object_get(disk, "fills_at_us");
    const int64_t left_us = json_integer_value(fills) - verdict->now_us;
    char when[SCRIM_TIME_TEXT];
    if (!json_is_integer(fills) || left_us > FILLS_SEEN_US)
        return;
    scrim_time_format(json_integer_value(fills), when);
    say(left_us < FILLS_SOON_US ? verdict->problems : verdict->notices,
        "disk %s will be full at %.16sZ if all goes on as it does now", id[0] ? id : "(site)",
        when);
}

static void judge_storage(struct verdict *verdict, const json_t *storage)
{
    const json_t *admission = json_object_get(storage, "admission");
    const json_t *disks = json_object_get(storage, "disks");
    char age[32];
    if (!json_is_object(storage)) {
        say(verdict->notices, "nothing is known of the storage: the keeper has not said anything");
        return;
    }
    if (!json_is_true(json_object_get(admission, "ok")))
        say(verdict->problems, "the disks cannot keep what scrim.yaml promises: %s",
            text_of(admission, "text"));
    for (size_t i = 0; i < json_array_size(disks); i++)
        judge_forecast(verdict, json_array_get(disks, i));
    const int64_t age_us = verdict->now_us - number_of(storage, "at_us");
    scrim_gaps_length_text(age, age_us > 0 ? age_us : 0);
    if (age_us > STORAGE_OLD_US)
        say(verdict->notices, "what is said of the storage is %s old", age);
}

void scrim_status_judge(json_t *status)
{
    struct verdict verdict = {
        .problems = json_array(),
        .notices = json_array(),
        .now_us = number_of(status, "at_us"),
        .from_desk = strcmp(text_of(status, "source"), "desk") == 0,
    };
    const json_t *cameras = json_object_get(status, "cameras");
    const json_t *disks = json_object_get(status, "disks");
    judge_programs(&verdict, status);
    judge_left_out(&verdict, status);
    judge_vault(&verdict, status);
    for (size_t i = 0; i < json_array_size(disks); i++)
        judge_disk(&verdict, json_array_get(disks, i));
    judge_storage(&verdict, json_object_get(status, "storage"));
    for (size_t i = 0; i < json_array_size(cameras); i++) {
        judge_recording(&verdict, json_array_get(cameras, i));
        judge_day(&verdict, json_array_get(cameras, i));
        judge_areas(&verdict, json_array_get(cameras, i));
        judge_clock(&verdict, json_array_get(cameras, i));
    }
    json_object_set_new(status, "ok", json_boolean(json_array_size(verdict.problems) == 0));
    json_object_set_new(status, "problems", verdict.problems);
    json_object_set_new(status, "notices", verdict.notices);
}
