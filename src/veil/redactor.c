#include "veil/redactor.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "veil/lookahead.h"
#include "veil/mask.h"
#include "veil/motion.h"
#include "veil/people.h"
#include "veil/render.h"
#include "veil/scene.h"

#include <stdlib.h>
#include <string.h>

#define FRAME_US_MAX (2 * SCRIM_SECOND)
#define FRAME_US_DEFAULT (SCRIM_SECOND / 10) // stands in for a time step that makes no sense

struct scrim_redactor {
    struct scrim_redactor_params params;
    struct scrim_motion *motion;
    struct scrim_scene scene;
    struct scrim_people *people;
    struct scrim_lookahead *ahead;
    struct scrim_mask *mask;
    struct scrim_grid grid; // the mask of the picture that is being finished
    uint8_t *claimed;       // a byte a cell, for motion.h
    struct scrim_caption *caption;

    // Time of its own: it follows the pictures', and never jumps.
    int64_t now_us, pts_us;
    bool started;

    enum scrim_reason doubt; // the caller's
    bool areas_unknown;      // what must always be covered
    struct scrim_redactor_stats stats;
};

static size_t cell_count(const struct scrim_redactor *redactor)
{
    return (size_t)redactor->grid.columns * (size_t)redactor->grid.rows;
}

// The background is worth nothing: opaque until it has been learnt anew.
static void learn_scene(struct scrim_redactor *redactor, enum scrim_reason why)
{
    scrim_motion_reset(redactor->motion);
    scrim_scene_begin(&redactor->scene, redactor->now_us, why);
    scrim_people_hurry(redactor->people);
}

// What was known of the scene before does not hold for the pictures that still wait either.
static void leave_scene(struct scrim_redactor *redactor, enum scrim_reason reason)
{
    scrim_lookahead_close(redactor->ahead, reason);
    scrim_people_forget(redactor->people);
}

static int create_parts(struct scrim_redactor *redactor)
{
    const struct scrim_redactor_params *params = &redactor->params;
    if (scrim_grid_init(&redactor->grid, params->width, params->height) < 0 ||
        scrim_motion_create(params->width, params->height, &redactor->motion) < 0 ||
        scrim_mask_create(params->width, params->height, &redactor->mask) < 0 ||
        scrim_lookahead_create(&redactor->grid, params->full_range, params->look_ahead_us,
                               &redactor->ahead) < 0)
        return SCRIM_ENOMEM;
    const struct scrim_people_params people = {
        .width = params->width,
        .height = params->height,
        .reach_us = params->look_ahead_us,
        .thorough = params->thorough,
        .finder = params->finder,
        .schedule = params->schedule,
        .mask = redactor->mask,
    };
    if (scrim_people_create(&people, &redactor->people) < 0)
        return SCRIM_ENOMEM;
    redactor->caption =
        scrim_caption_create(params->width, params->height, params->name, params->stamp);
    redactor->params.name = NULL; // borrowed for create only
    redactor->claimed = scrim_alloc_zero(cell_count(redactor), 1);
    return redactor->claimed ? SCRIM_OK : SCRIM_ENOMEM;
}

int scrim_redactor_create(const struct scrim_redactor_params *params, struct scrim_redactor **ret,
                          struct scrim_error *error)
{
    if (params->width < 16 || params->height < 16 || params->width > SCRIM_PICTURE_MAX ||
        params->height > SCRIM_PICTURE_MAX)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "pictures of %d×%d cannot be redacted",
                          params->width, params->height);
    struct scrim_redactor *redactor = scrim_new(struct scrim_redactor);
    redactor->params = *params;
    if (redactor->params.look_ahead_us <= 0)
        redactor->params.look_ahead_us = SCRIM_LOOK_AHEAD_US;
    if (create_parts(redactor) < 0) {
        scrim_redactor_destroy(redactor);
        return scrim_fail(error, SCRIM_ENOMEM, "out of memory for pictures of %d×%d", params->width,
                          params->height);
    }
    learn_scene(redactor, SCRIM_REASON_WARM_UP);
    *ret = redactor;
    return SCRIM_OK;
}

void scrim_redactor_destroy(struct scrim_redactor *redactor)
{
    if (!redactor)
        return;
    scrim_people_destroy(redactor->people);
    scrim_lookahead_destroy(redactor->ahead);
    scrim_mask_destroy(redactor->mask);
    scrim_motion_destroy(redactor->motion);
    scrim_grid_finish(&redactor->grid);
    scrim_caption_destroy(redactor->caption);
    free(redactor->claimed);
    free(redactor);
}

static void copy_plane(uint8_t *to, const uint8_t *from, int stride, int width, int height)
{
    for (int y = 0; y < height; y++)
        memcpy(to + (size_t)y * (size_t)width, from + (ptrdiff_t)y * stride, (size_t)width);
}

static void copy_picture(const struct scrim_canvas *to, const struct scrim_picture *from)
{
    for (int plane = 0; plane < 3; plane++) {
        const int half = plane > 0;
        copy_plane(to->planes[plane], from->planes[plane], from->strides[plane],
                   (from->width + half) >> half, (from->height + half) >> half);
    }
}

// The time since the picture before, in the redactor's own time; a step that makes no sense
// is a new scene.
static int64_t advance(struct scrim_redactor *redactor, int64_t pts_us)
{
    const bool sane =
        redactor->started && pts_us > redactor->pts_us && pts_us - redactor->pts_us <= FRAME_US_MAX;
    const int64_t elapsed_us = sane ? pts_us - redactor->pts_us : FRAME_US_DEFAULT;
    redactor->now_us += elapsed_us;
    redactor->pts_us = pts_us;
    if (redactor->started && !sane) {
        leave_scene(redactor, SCRIM_REASON_WARM_UP);
        learn_scene(redactor, SCRIM_REASON_WARM_UP);
    }
    redactor->started = true;
    return elapsed_us;
}

// Judges what the background says of the whole picture. Returns why it cannot be trusted.
static enum scrim_reason judge_scene(struct scrim_redactor *redactor, int64_t elapsed_us,
                                     const struct scrim_motion_result *seen)
{
    const struct scrim_verdict verdict =
        scrim_scene_judge(&redactor->scene, redactor->now_us, elapsed_us, seen);
    if (verdict.other)
        leave_scene(redactor, SCRIM_REASON_SCENE);
    if (verdict.learn)
        learn_scene(redactor, verdict.reason);
    return verdict.reason;
}

static void look(struct scrim_redactor *redactor, const struct scrim_picture *picture,
                 const uint8_t *levels)
{
    redactor->stats.detector_runs++;
    if (!scrim_people_look(redactor->people, redactor->now_us, picture, levels,
                           &redactor->stats.stages))
        return;
    if (scrim_people_trouble(redactor->people) == SCRIM_REASON_CROWD)
        scrim_lookahead_close(redactor->ahead, SCRIM_REASON_CROWD);
    scrim_scene_looked(&redactor->scene);
}

static enum scrim_reason reason_now(const struct scrim_redactor *redactor, enum scrim_reason scene)
{
    if (redactor->doubt != SCRIM_REASON_NONE)
        return redactor->doubt;
    if (scene != SCRIM_REASON_NONE)
        return scene;
    const enum scrim_reason trouble = scrim_people_trouble(redactor->people);
    if (trouble != SCRIM_REASON_NONE)
        return trouble;
    if (scrim_scene_is_new(&redactor->scene, redactor->now_us))
        return redactor->scene.why;
    return SCRIM_REASON_NONE;
}

// Motion, then the detector if it is this camera's turn.
static void examine(struct scrim_redactor *redactor, const struct scrim_picture *picture,
                    int64_t elapsed_us, struct scrim_waiting *waiting)
{
    int64_t mark = scrim_stage_now();
    const struct scrim_everyone everyone =
        scrim_people_at(redactor->people, redactor->now_us, NULL);
    if (redactor->doubt == SCRIM_REASON_NONE)
        scrim_mask_claim(redactor->mask, everyone.places, everyone.count, redactor->claimed);
    else
        memset(redactor->claimed, 1, cell_count(redactor)); // learns nothing
    struct scrim_motion_result seen;
    scrim_motion_step(redactor->motion, picture, elapsed_us, redactor->claimed, waiting->levels,
                      &seen);
    const enum scrim_reason scene = judge_scene(redactor, elapsed_us, &seen);
    scrim_stage_add(&redactor->stats.stages, SCRIM_STAGE_MOTION, &mark);

    const struct scrim_pace *pace =
        scrim_pace_pick(scrim_scene_is_new(&redactor->scene, redactor->now_us),
                        seen.changed_permille > 0, everyone.count > 0);
    const bool due = scrim_people_due(redactor->people, redactor->now_us, pace);
    if (due && redactor->doubt == SCRIM_REASON_NONE)
        look(redactor, picture, waiting->levels);
    waiting->looked_us = scrim_people_looked_at(redactor->people);
    waiting->late_us = pace->late_us;
    waiting->reason = reason_now(redactor, scene);
}

// A place for the picture of this time among those that wait.
static int begin(struct scrim_redactor *redactor, int64_t pts_us, int64_t tag,
                 struct scrim_waiting **ret, int64_t *ret_elapsed_us, struct scrim_error *error)
{
    const int code = scrim_lookahead_add(redactor->ahead, ret, error);
    if (code < 0)
        return code;
    *ret_elapsed_us = advance(redactor, pts_us);
    (*ret)->at_us = redactor->now_us;
    (*ret)->pts_us = pts_us;
    (*ret)->tag = tag;
    redactor->stats.pushed++;
    return SCRIM_OK;
}

int scrim_redactor_push_missing(struct scrim_redactor *redactor, enum scrim_reason reason,
                                int64_t pts_us, int64_t tag, struct scrim_error *error)
{
    struct scrim_waiting *waiting = NULL;
    int64_t elapsed_us;
    const int code = begin(redactor, pts_us, tag, &waiting, &elapsed_us, error);
    if (code < 0)
        return code;
    learn_scene(redactor, reason);
    scrim_render_opaque(&waiting->canvas, ""); // nothing old may stay in its place
    memset(waiting->levels, 255, cell_count(redactor));
    waiting->looked_us = scrim_people_looked_at(redactor->people);
    waiting->reason = reason;
    return SCRIM_OK;
}

int scrim_redactor_push(struct scrim_redactor *redactor, const struct scrim_picture *picture,
                        int64_t pts_us, int64_t tag, struct scrim_error *error)
{
    if (picture->width != redactor->params.width || picture->height != redactor->params.height)
        return scrim_redactor_push_missing(redactor, SCRIM_REASON_MISMATCH, pts_us, tag, error);
    struct scrim_waiting *waiting = NULL;
    int64_t elapsed_us;
    const int code = begin(redactor, pts_us, tag, &waiting, &elapsed_us, error);
    if (code < 0)
        return code;
    copy_picture(&waiting->canvas, picture);
    examine(redactor, picture, elapsed_us, waiting);
    return SCRIM_OK;
}

// Late: the last look before the picture is too long ago, and none came after it either.
static bool detector_late(const struct scrim_redactor *redactor,
                          const struct scrim_waiting *waiting)
{
    return waiting->at_us - waiting->looked_us > waiting->late_us &&
           scrim_people_looked_at(redactor->people) < waiting->at_us;
}

static struct scrim_marks build_mask(struct scrim_redactor *redactor,
                                     const struct scrim_waiting *waiting, struct scrim_veiled *ret)
{
    const struct scrim_mask_motion motion = scrim_lookahead_motion(redactor->ahead);
    const struct scrim_everyone everyone =
        scrim_people_at(redactor->people, waiting->at_us, waiting->levels);
    scrim_mask_build(redactor->mask, &motion, everyone.places, everyone.count, &redactor->grid);
    ret->unexplained_count = scrim_mask_unexplained(redactor->mask, &ret->unexplained);
    ret->places = everyone.places;
    ret->places_count =
        everyone.present < SCRIM_VEILED_PLACES_MAX ? everyone.present : SCRIM_VEILED_PLACES_MAX;
    return (struct scrim_marks){everyone.places, everyone.present};
}

// Covers the picture: who is in it, or all of it. Fills in what is said of the mask.
static void cover(struct scrim_redactor *redactor, const struct scrim_waiting *waiting,
                  struct scrim_veiled *ret)
{
    struct scrim_stages *stages = &redactor->stats.stages;
    struct scrim_marks marks = {0};
    const bool opaque = waiting->reason != SCRIM_REASON_NONE;
    int64_t mark = scrim_stage_now();
    if (opaque)
        scrim_grid_fill(&redactor->grid, SCRIM_COVER_MOTION);
    else
        marks = build_mask(redactor, waiting, ret);
    scrim_stage_add(stages, SCRIM_STAGE_MASK, &mark);
    if (opaque)
        scrim_render_opaque(&waiting->canvas, scrim_reason_text(waiting->reason));
    else
        scrim_render_mask(&waiting->canvas, &redactor->grid, marks);
    scrim_caption_draw(redactor->caption, &waiting->canvas,
                       redactor->params.stamp == SCRIM_STAMP_CLOCK ? waiting->tag
                                                                   : waiting->pts_us);
    scrim_stage_add(stages, SCRIM_STAGE_RENDER, &mark);
    ret->mask = &redactor->grid;
    ret->masked_permille = scrim_grid_permille(&redactor->grid);
}

static struct scrim_picture picture_of(const struct scrim_canvas *canvas)
{
    return (struct scrim_picture){
        .planes = {canvas->planes[0], canvas->planes[1], canvas->planes[2]},
        .strides = {canvas->strides[0], canvas->strides[1], canvas->strides[2]},
        .width = canvas->width,
        .height = canvas->height,
        .full_range = canvas->full_range,
    };
}

bool scrim_redactor_pop(struct scrim_redactor *redactor, struct scrim_veiled *ret)
{
    struct scrim_waiting *waiting = scrim_lookahead_lend(redactor->ahead);
    if (!waiting)
        return false;
    if (waiting->reason == SCRIM_REASON_NONE && detector_late(redactor, waiting))
        waiting->reason = SCRIM_REASON_DETECTOR;
    if (redactor->areas_unknown)
        waiting->reason = SCRIM_REASON_AREAS;
    *ret = (struct scrim_veiled){
        .picture = picture_of(&waiting->canvas),
        .pts_us = waiting->pts_us,
        .tag = waiting->tag,
        .reason = waiting->reason,
    };
    cover(redactor, waiting, ret);
    redactor->stats.popped++;
    redactor->stats.opaque += waiting->reason != SCRIM_REASON_NONE;
    return true;
}

void scrim_redactor_areas(struct scrim_redactor *redactor, const struct scrim_area *areas,
                          size_t count)
{
    redactor->areas_unknown = areas == NULL;
    if (areas)
        scrim_mask_draw(redactor->mask, areas, count);
}

void scrim_redactor_flush(struct scrim_redactor *redactor)
{
    scrim_lookahead_flush(redactor->ahead);
}

void scrim_redactor_rewind(struct scrim_redactor *redactor)
{
    scrim_lookahead_clear(redactor->ahead);
    scrim_people_forget(redactor->people);
    scrim_people_hurry(redactor->people); // the first picture is looked at
    redactor->started = false;
    redactor->stats = (struct scrim_redactor_stats){0};
}

void scrim_redactor_doubt(struct scrim_redactor *redactor, enum scrim_reason reason)
{
    redactor->doubt = reason;
}

void scrim_redactor_trust(struct scrim_redactor *redactor)
{
    if (redactor->doubt != SCRIM_REASON_NONE)
        scrim_people_hurry(redactor->people);
    redactor->doubt = SCRIM_REASON_NONE;
}

struct scrim_redactor_stats scrim_redactor_stats(const struct scrim_redactor *redactor)
{
    return redactor->stats;
}
