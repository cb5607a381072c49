#include "veil/clip.h"

#include "base/clock.h"

#include <string.h>

// A thorough run sees the beginning twice: once to learn the scene, so that nothing of it need be
// opaque when it counts.
#define REHEARSAL_US (4 * SCRIM_SECOND)
#define REHEARSALS_MAX 64
#define THOROUGH_LOOK_AHEAD_US INT64_C(1500000)

struct run {
    const struct scrim_clip_params *params;
    const struct scrim_clip_sink *sink;
    struct scrim_clip *clip;
    struct scrim_clip_info info;
    struct scrim_finder_set *finders;
    struct scrim_schedule *schedule;
    struct scrim_redactor *redactor;
    struct scrim_stages stages; // decode
    uint64_t frames;            // popped
    bool rehearsing;
    int64_t first_us, last_us; // of the pictures pushed in the rehearsal
};

static int open_parts(struct run *run, struct scrim_error *error)
{
    const struct scrim_clip_params *params = run->params;
    int code = scrim_clip_open(params->path, &run->clip, error);
    if (code < 0)
        return code;
    run->info = *scrim_clip_info(run->clip);
    code = scrim_finder_set_create(params->model, params->thorough, &run->finders, error);
    if (code < 0)
        return code;
    const double rate = params->runs_per_s > 0 ? params->runs_per_s : SCRIM_CLIP_RUNS_PER_S;
    run->schedule = scrim_schedule_create(1000, (int64_t)(1e6 / rate), true);
    const struct scrim_redactor_params redactor = {
        .width = run->info.width,
        .height = run->info.height,
        .full_range = run->info.full_range,
        .look_ahead_us = params->thorough ? THOROUGH_LOOK_AHEAD_US : 0,
        .thorough = params->thorough,
        .name = params->bare ? NULL : scrim_path_name(params->path),
        .stamp = params->bare ? SCRIM_STAMP_NONE : SCRIM_STAMP_ELAPSED,
        .finder = scrim_finder_of(run->finders),
        .schedule = run->schedule,
    };
    code = scrim_redactor_create(&redactor, &run->redactor, error);
    if (code < 0)
        return scrim_fail_prefix(error, "%s", params->path);
    if (params->areas)
        scrim_redactor_areas(run->redactor, params->areas, params->areas_count);
    return SCRIM_OK;
}

static void close_parts(struct run *run)
{
    scrim_redactor_destroy(run->redactor);
    scrim_schedule_destroy(run->schedule);
    scrim_finder_set_destroy(run->finders);
    scrim_clip_close(run->clip);
}

static int drain(struct run *run, struct scrim_error *error)
{
    struct scrim_veiled veiled;
    while (scrim_redactor_pop(run->redactor, &veiled)) {
        if (run->rehearsing)
            continue;
        const struct scrim_clip_frame frame = {&veiled, run->frames++, veiled.tag};
        const int code = run->sink->frame(run->sink->context, &frame, error);
        if (code < 0)
            return code;
    }
    return SCRIM_OK;
}

static int64_t pts_to_us(const struct run *run, int64_t pts)
{
    const __int128 us = (__int128)pts * run->info.time_base_num * SCRIM_SECOND;
    return (int64_t)(us / run->info.time_base_den);
}

// 1 when a picture went in, 0 at the end of the clip.
static int step(struct run *run, struct scrim_error *error)
{
    struct scrim_clip_picture next;
    int64_t mark = scrim_stage_now();
    int code = scrim_clip_next(run->clip, &next, error);
    scrim_stage_add(&run->stages, SCRIM_STAGE_DECODE, &mark);
    if (code <= 0)
        return code;
    if (next.damaged)
        scrim_redactor_doubt(run->redactor, SCRIM_REASON_DECODER);
    else if (next.key)
        scrim_redactor_trust(run->redactor);
    const int64_t pts_us = pts_to_us(run, next.pts);
    run->first_us = run->first_us == INT64_MIN ? pts_us : run->first_us;
    run->last_us = pts_us;
    code = scrim_redactor_push(run->redactor, &next.picture, pts_us, next.pts, error);
    if (code < 0)
        return code;
    code = drain(run, error);
    return code < 0 ? code : 1;
}

// The clip from its beginning once more. A clip of a few pictures goes through again and again.
static int rehearse(struct run *run, struct scrim_error *error)
{
    int64_t seen_us = 0;
    run->rehearsing = true;
    for (int round = 0; round < REHEARSALS_MAX && seen_us < REHEARSAL_US; round++) {
        int code;
        run->first_us = INT64_MIN;
        do {
            code = step(run, error);
        } while (code > 0 && seen_us + run->last_us - run->first_us < REHEARSAL_US);
        if (code < 0)
            return code;
        seen_us += run->last_us - run->first_us;
        scrim_redactor_rewind(run->redactor);
        scrim_clip_close(run->clip);
        run->clip = NULL;
        code = scrim_clip_open(run->params->path, &run->clip, error);
        if (code < 0)
            return code;
    }
    run->rehearsing = false;
    run->stages = (struct scrim_stages){0};
    return SCRIM_OK;
}

static int run_through(struct run *run, struct scrim_error *error)
{
    int code = run->sink->begin(run->sink->context, &run->info, error);
    if (code >= 0 && run->params->thorough)
        code = rehearse(run, error);
    if (code < 0)
        return code;
    do {
        code = step(run, error);
    } while (code > 0);
    if (code < 0)
        return code;
    scrim_redactor_flush(run->redactor);
    return drain(run, error);
}

int scrim_clip_redact(const struct scrim_clip_params *params, const struct scrim_clip_sink *sink,
                      struct scrim_redactor_stats *ret_stats, struct scrim_error *error)
{
    struct run run = {.params = params, .sink = sink};
    int code = open_parts(&run, error);
    if (code >= 0)
        code = run_through(&run, error);
    if (code >= 0) {
        *ret_stats = scrim_redactor_stats(run.redactor);
        ret_stats->stages.us[SCRIM_STAGE_DECODE] = run.stages.us[SCRIM_STAGE_DECODE];
    }
    close_parts(&run);
    return code < 0 ? code : SCRIM_OK;
}
