// How a camera was: GET /cameras/{camera}/history.
#include "desk/api.h"

#include "base/alloc.h"
#include "desk/history.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS INT64_C(3600000)
#define TIME_MAX_MS (INT64_C(1) << 42) // the year 2109

struct waiting {
    struct scrim_desk *desk;
    struct scrim_http_request *request;
};

// --- what is looked at every second ---

void scrim_api_history_look(void *context, unsigned camera, struct scrim_history_now *ret)
{
    const struct scrim_desk *desk = context;
    const struct scrim_camera_status *status = &desk->status[camera];
    *ret = (struct scrim_history_now){
        .known = strcmp(status->state, "unknown") != 0,
        .recording =
            strcmp(status->state, "recording") == 0 || strcmp(status->state, "watching") == 0,
        .opaque = strcmp(scrim_live_state_text(desk->live, camera), "opaque") == 0,
        .bitrate = status->bitrate,
        .reconnects = status->reconnects,
        .fps = status->fps,
        .has_clock = status->feed.has_clock_offset,
        .clock_us = status->feed.clock_offset_us,
    };
}

// --- the answer ---

enum column { BITRATE, FPS, GAP, RECONNECTS, CLOCK, OPAQUE, COLUMNS };

static json_t *value_of(const struct scrim_history_sample *sample, enum column column)
{
    if (sample->slot == 0)
        return json_null();
    switch (column) {
    case BITRATE: return json_integer(sample->bitrate);
    case FPS: return json_real(sample->fps_centi / 100.0);
    case GAP: return json_real(sample->gap_ds / 10.0);
    case RECONNECTS: return json_integer(sample->reconnects);
    case CLOCK:
        return sample->clock_ms == SCRIM_HISTORY_NO_CLOCK ? json_null()
                                                          : json_integer(sample->clock_ms);
    default: return json_real(sample->opaque_ds / 10.0);
    }
}

static void on_told(void *context, const struct scrim_history_question *question,
                    const struct scrim_history_sample *samples, const struct scrim_error *error)
{
    static const char *const names[COLUMNS] = {"bitrate",    "fps",      "gap_s",
                                               "reconnects", "clock_ms", "opaque_s"};
    struct waiting *waiting = context;
    if (!samples) {
        scrim_error_log(&waiting->desk->log, "%s", error->text);
        scrim_api_refuse(waiting->request, 500, "internal", "The history cannot be read.");
        free(waiting);
        return;
    }
    json_t *answer = json_pack("{s:I,s:I}", "from", (json_int_t)question->from_s * 1000, "step",
                               (json_int_t)question->step_s * 1000);
    for (unsigned column = 0; column < COLUMNS; column++) {
        json_t *list = json_array();
        for (unsigned i = 0; i < question->count; i++)
            json_array_append_new(list, value_of(&samples[i], (enum column)column));
        json_object_set_new(answer, names[column], list);
    }
    scrim_http_reply_json(waiting->request, 200, answer);
    free(waiting);
}

static bool read_ms(const struct scrim_http_request *request, const char *name, int64_t otherwise,
                    int64_t *ret)
{
    const char *text = scrim_http_query(request, name);
    char *end = NULL;
    *ret = text ? strtoll(text, &end, 10) : otherwise;
    return (!text || (end != text && *end == '\0')) && *ret >= 0 && *ret <= TIME_MAX_MS;
}

// The finest step that is asked for, that there is, and that makes not too many points.
static int64_t step_for(int64_t length_s, int64_t asked_s, bool within_the_hour)
{
    const int64_t base = within_the_hour && asked_s < SCRIM_HISTORY_COARSE_S
                             ? SCRIM_HISTORY_FINE_S
                             : SCRIM_HISTORY_COARSE_S;
    const int64_t least = length_s / (SCRIM_HISTORY_POINTS - 2) + 1;
    const int64_t wanted = asked_s > least ? asked_s : least;
    return wanted > base ? (wanted + base - 1) / base * base : base;
}

static bool read_question(const struct scrim_http_request *request,
                          struct scrim_history_question *ret)
{
    const int64_t now_ms = scrim_clock_utc_us() / 1000;
    int64_t from_ms, to_ms, step_ms;
    if (!read_ms(request, "to", now_ms, &to_ms) ||
        !read_ms(request, "from", to_ms > HOUR_MS ? to_ms - HOUR_MS : 0, &from_ms) ||
        !read_ms(request, "step", 0, &step_ms) || from_ms >= to_ms)
        return false;
    const int64_t step_s =
        step_for((to_ms - from_ms) / 1000, step_ms / 1000, now_ms - from_ms <= HOUR_MS + 10000);
    ret->step_s = (uint32_t)step_s;
    ret->from_s = from_ms / 1000 / step_s * step_s;
    ret->count = (unsigned)((to_ms / 1000 - ret->from_s + step_s - 1) / step_s);
    if (ret->count == 0)
        ret->count = 1;
    return ret->count <= SCRIM_HISTORY_POINTS;
}

void scrim_api_history(void *context, struct scrim_http_request *request)
{
    static const struct scrim_http_problem busy = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Too many ask for histories now.",
                                                   .retry_after_s = 1};
    struct scrim_desk *desk = context;
    struct scrim_history_question question = {0};
    if (!scrim_desk_camera(desk, scrim_http_param(request, 0), &question.camera)) {
        scrim_api_refuse(request, 404, "not_found", "There is no such camera.");
        return;
    }
    if (!read_question(request, &question)) {
        scrim_api_refuse(request, 400, "malformed",
                         "from and to are times in ms, the first before the second; step is in ms, "
                         "too.");
        return;
    }
    struct waiting *waiting = scrim_new(struct waiting);
    *waiting = (struct waiting){desk, request};
    if (scrim_history_ask(desk->history, &question, on_told, waiting) >= 0)
        return;
    free(waiting);
    scrim_http_reply_problem(request, &busy);
}
