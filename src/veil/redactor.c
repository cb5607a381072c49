#include "veil/redactor.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "veil/mask.h"
#include "veil/motion.h"
#include "veil/render.h"
#include "veil/track.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_MAX 64 // pictures waiting: half a second at 120 frames a second
#define FRAME_US_MAX (2 * SCRIM_SECOND)
#define FRAME_US_DEFAULT (SCRIM_SECOND / 10) // stands in for a time step that makes no sense

// After a start or a new scene: this long, and this many detector runs, until anything is shown.
#define WARM_UP_US (2 * SCRIM_SECOND)
#define WARM_UP_RUNS 2

// How often the detector should look, and how long it may be late before the picture goes opaque.
struct pace {
    int64_t wish_us, floor_us, late_us;
};
static const struct pace pace_learning = {250000, 500000, 1500000};
static const struct pace pace_busy = {300000, 1000000, 1600000};  // something changes
static const struct pace pace_calm = {1000000, 2000000, 4000000}; // somebody is there, all is still
static const struct pace pace_empty = {3000000, 6000000, 10000000};

// Exposure between two pictures, as a ratio, beyond which the background is worth nothing.
#define GAIN_JUMP 1.3F
#define FOREGROUND_MAX 600  // permille of cells
#define FOREGROUND_CALM 350 // from less than this to FOREGROUND_MAX in one picture is a cut
// Permille of cells that change from picture to picture, over a second: a crowd in front of a still
// camera stays below 150, a camera that is carried does not.
#define RESTLESS_US SCRIM_SECOND
#define RESTLESS_BEGIN 200
#define RESTLESS_END 130
// Shares of a box that differ from the background, permille: enough to say that somebody stands
// out, and so little that they have gone.
#define STANDS_OUT 250
#define GONE_BELOW 80
#define SPREAD_US 150000
#define SPREAD_THOROUGH_US 250000
#define BOXES_MAX (5 * SCRIM_BOXES_MAX)
#define CROWDED_MAX_US 2000000 // above FOREGROUND_MAX for longer: learn the scene anew

struct slot {
    uint8_t *pixels;   // the three planes, one after the other
    uint8_t *levels;   // of motion.h
    int64_t at_us;     // the redactor's own time
    int64_t looked_us; // time of the last detector run up to this picture
    int64_t late_us;   // the detector is late when that is longer ago
    int64_t pts_us, tag;
    enum scrim_reason reason;
};

struct scrim_redactor {
    struct scrim_redactor_params params;
    struct scrim_motion *motion;
    struct scrim_tracks *tracks;
    struct scrim_mask *mask;
    struct scrim_grid grid;
    struct slot slots[SLOTS_MAX]; // a ring
    size_t first, count;
    bool lent, flushing; // lent: the caller looks at slots[first]
    uint8_t *claimed, *levels_before;
    bool has_levels_before;

    // Time of its own: it follows the pictures', and never jumps.
    int64_t now_us, pts_us;
    bool started;

    struct scrim_turn turn;
    int64_t looked_us;
    bool detector_failed;
    bool crowd;    // the last run found more people than can be followed
    unsigned runs; // since the scene began
    int64_t warm_at_us;
    enum scrim_reason scene_reason; // why the scene had to be learnt
    enum scrim_reason doubt;
    float restless; // permille of cells that change between pictures, over about a second
    bool moving;    // the camera is
    unsigned foreground_before;
    int64_t crowded_since_us; // 0: not crowded

    struct scrim_box boxes[BOXES_MAX];
    struct scrim_place places[SCRIM_BOXES_MAX];
    bool stands_out[SCRIM_BOXES_MAX];
    struct scrim_redactor_stats stats;
};

static size_t luma_bytes(const struct scrim_redactor *redactor)
{
    return (size_t)redactor->params.width * (size_t)redactor->params.height;
}

static size_t chroma_bytes(const struct scrim_redactor *redactor)
{
    return (size_t)((redactor->params.width + 1) / 2) * (size_t)((redactor->params.height + 1) / 2);
}

static size_t cell_count(const struct scrim_redactor *redactor)
{
    return (size_t)redactor->grid.columns * (size_t)redactor->grid.rows;
}

// The scene is new: opaque until it has been learnt.
static void learn_scene(struct scrim_redactor *redactor, enum scrim_reason reason)
{
    scrim_motion_reset(redactor->motion);
    redactor->scene_reason = reason;
    redactor->warm_at_us = redactor->now_us + WARM_UP_US;
    redactor->runs = 0;
    redactor->turn.ran = false;
    redactor->foreground_before = 0;
    redactor->crowded_since_us = 0;
}

static int create_parts(struct scrim_redactor *redactor)
{
    const struct scrim_redactor_params *params = &redactor->params;
    if (scrim_grid_init(&redactor->grid, params->width, params->height) < 0 ||
        scrim_motion_create(params->width, params->height, &redactor->motion) < 0 ||
        scrim_mask_create(params->width, params->height, params->masks, params->masks_count,
                          &redactor->mask) < 0)
        return SCRIM_ENOMEM;
    redactor->tracks = scrim_tracks_create(params->width, params->height, params->look_ahead_us);
    redactor->claimed = scrim_alloc_zero(cell_count(redactor), 1);
    redactor->levels_before = scrim_alloc_zero(cell_count(redactor), 1);
    return redactor->claimed && redactor->levels_before ? SCRIM_OK : SCRIM_ENOMEM;
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
    redactor->params.masks = NULL; // borrowed for create only
    learn_scene(redactor, SCRIM_REASON_WARM_UP);
    *ret = redactor;
    return SCRIM_OK;
}

void scrim_redactor_destroy(struct scrim_redactor *redactor)
{
    if (!redactor)
        return;
    scrim_turn_leave(redactor->params.schedule, &redactor->turn);
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        free(redactor->slots[i].pixels);
        free(redactor->slots[i].levels);
    }
    scrim_motion_destroy(redactor->motion);
    scrim_tracks_destroy(redactor->tracks);
    scrim_mask_destroy(redactor->mask);
    scrim_grid_finish(&redactor->grid);
    free(redactor->claimed);
    free(redactor->levels_before);
    free(redactor);
}

static struct slot *slot_at(struct scrim_redactor *redactor, size_t index)
{
    return &redactor->slots[(redactor->first + index) % SLOTS_MAX];
}

static struct scrim_canvas canvas_of(const struct scrim_redactor *redactor, const struct slot *slot)
{
    const int width = redactor->params.width, half = (width + 1) / 2;
    uint8_t *chroma = slot->pixels + luma_bytes(redactor);
    return (struct scrim_canvas){
        .planes = {slot->pixels, chroma, chroma + chroma_bytes(redactor)},
        .strides = {width, half, half},
        .width = width,
        .height = redactor->params.height,
        .full_range = redactor->params.full_range,
    };
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

// Frees the slot that the caller looked at.
static void take_back(struct scrim_redactor *redactor)
{
    if (!redactor->lent)
        return;
    struct slot *slot = slot_at(redactor, 0);
    memcpy(redactor->levels_before, slot->levels, cell_count(redactor));
    redactor->has_levels_before = true;
    redactor->first = (redactor->first + 1) % SLOTS_MAX;
    redactor->count--;
    redactor->lent = false;
    // Its memory goes to the next picture: no more of it than pictures that wait.
    struct slot *next = slot_at(redactor, redactor->count);
    if (next != slot && !next->pixels && !next->levels) {
        next->pixels = slot->pixels;
        next->levels = slot->levels;
        slot->pixels = slot->levels = NULL;
    }
}

static int add_slot(struct scrim_redactor *redactor, struct slot **ret, struct scrim_error *error)
{
    if (redactor->count == SLOTS_MAX)
        return scrim_fail(error, SCRIM_EAGAIN, "finished pictures wait to be taken");
    struct slot *slot = slot_at(redactor, redactor->count);
    if (!slot->pixels)
        slot->pixels = scrim_alloc(luma_bytes(redactor) + 2 * chroma_bytes(redactor));
    if (!slot->levels)
        slot->levels = scrim_alloc_zero(cell_count(redactor), 1);
    if (!slot->pixels || !slot->levels)
        return scrim_fail(error, SCRIM_ENOMEM, "out of memory for a picture");
    *ret = slot;
    return SCRIM_OK;
}

// What was known about the pictures still waiting is no longer known: opaque, all of them.
static void close_waiting(struct scrim_redactor *redactor, enum scrim_reason reason)
{
    for (size_t i = 0; i < redactor->count; i++)
        if (slot_at(redactor, i)->reason == SCRIM_REASON_NONE)
            slot_at(redactor, i)->reason = reason;
}

// The time since the picture before, in the redactor's own time; a step that makes no sense
// is a new scene.
static int64_t advance(struct scrim_redactor *redactor, int64_t pts_us)
{
    int64_t elapsed = FRAME_US_DEFAULT;
    if (redactor->started) {
        const bool sane = pts_us > redactor->pts_us && pts_us - redactor->pts_us <= FRAME_US_MAX;
        if (sane) {
            elapsed = pts_us - redactor->pts_us;
        } else {
            close_waiting(redactor, SCRIM_REASON_WARM_UP);
            scrim_tracks_reset(redactor->tracks);
            redactor->now_us += elapsed;
            learn_scene(redactor, SCRIM_REASON_WARM_UP);
            redactor->pts_us = pts_us;
            return elapsed;
        }
    }
    redactor->started = true;
    redactor->pts_us = pts_us;
    redactor->now_us += elapsed;
    return elapsed;
}

// A camera that is carried, turned or shaken changes everything from picture to picture, and there
// is no background to tell people from.
static bool camera_moves(struct scrim_redactor *redactor, unsigned changed_permille,
                         int64_t elapsed_us)
{
    const float share = (float)elapsed_us / (float)RESTLESS_US;
    redactor->restless += ((float)changed_permille - redactor->restless) * (share < 1 ? share : 1);
    redactor->moving = redactor->restless > (redactor->moving ? RESTLESS_END : RESTLESS_BEGIN);
    return redactor->moving;
}

// Judges what the background says of the whole picture. Returns why it cannot be trusted.
static enum scrim_reason judge_scene(struct scrim_redactor *redactor, int64_t elapsed_us,
                                     const struct scrim_motion_result *seen)
{
    if (camera_moves(redactor, seen->changed_permille, elapsed_us))
        return SCRIM_REASON_CAMERA;
    if (redactor->now_us < redactor->warm_at_us)
        return SCRIM_REASON_NONE; // opaque already
    if (seen->gain > GAIN_JUMP || seen->gain < 1 / GAIN_JUMP) {
        learn_scene(redactor, SCRIM_REASON_EXPOSURE);
        return SCRIM_REASON_EXPOSURE;
    }
    const unsigned before = redactor->foreground_before;
    redactor->foreground_before = seen->foreground_permille;
    if (seen->foreground_permille <= FOREGROUND_MAX) {
        redactor->crowded_since_us = 0;
        return SCRIM_REASON_NONE;
    }
    if (!redactor->crowded_since_us)
        redactor->crowded_since_us = redactor->now_us;
    const bool cut = before < FOREGROUND_CALM;
    if (cut || redactor->now_us - redactor->crowded_since_us > CROWDED_MAX_US) {
        close_waiting(redactor, SCRIM_REASON_SCENE);
        scrim_tracks_reset(redactor->tracks);
        learn_scene(redactor, cut ? SCRIM_REASON_SCENE : SCRIM_REASON_MOTION);
        return redactor->scene_reason;
    }
    return SCRIM_REASON_MOTION;
}

static const struct pace *pick_pace(const struct scrim_redactor *redactor, bool changing,
                                    size_t boxes)
{
    if (redactor->runs < WARM_UP_RUNS || redactor->now_us < redactor->warm_at_us)
        return &pace_learning;
    if (changing)
        return &pace_busy;
    return boxes ? &pace_calm : &pace_empty;
}

// Adds everyone at this time to redactor->boxes; not those who are lost and whose place shows the
// background again (`levels`; NULL: nobody knows). Returns how many there are then.
static size_t add_people(struct scrim_redactor *redactor, int64_t at_us, const uint8_t *levels,
                         size_t count)
{
    const size_t places =
        scrim_tracks_at(redactor->tracks, at_us, redactor->places, SCRIM_BOXES_MAX);
    for (size_t i = 0; i < places && count < BOXES_MAX; i++) {
        const struct scrim_place *place = &redactor->places[i];
        if (!place->lost || !levels ||
            scrim_mask_foreground(redactor->mask, levels, &place->box) >= GONE_BELOW)
            redactor->boxes[count++] = place->box;
    }
    return count;
}

// Everyone at this time, the first *ret_present boxes, and where they are within a moment of it:
// steps are uneven and detectors trail. Returns how many boxes.
static size_t find_people(struct scrim_redactor *redactor, int64_t at_us, const uint8_t *levels,
                          size_t *ret_present)
{
    const int64_t spread_us = redactor->params.thorough ? SPREAD_THOROUGH_US : SPREAD_US;
    size_t count = add_people(redactor, at_us, levels, 0);
    *ret_present = count;
    for (int half = 1; half <= 2; half++) {
        count = add_people(redactor, at_us - half * spread_us / 2, levels, count);
        count = add_people(redactor, at_us + half * spread_us / 2, levels, count);
    }
    return count;
}

static void look(struct scrim_redactor *redactor, const struct scrim_picture *picture,
                 const uint8_t *levels)
{
    int64_t mark = scrim_stage_now();
    const int64_t begun = mark;
    const struct scrim_finder *finder = &redactor->params.finder;
    const int found =
        finder->find(finder->context, picture, NULL, redactor->boxes, SCRIM_BOXES_MAX);
    scrim_stage_add(&redactor->stats.stages, SCRIM_STAGE_DETECT, &mark);
    redactor->detector_failed = found < 0;
    scrim_turn_ran(redactor->params.schedule, &redactor->turn, redactor->now_us, mark - begun);
    redactor->stats.detector_runs++;
    if (found < 0)
        return;
    for (int i = 0; i < found; i++)
        redactor->stands_out[i] =
            scrim_mask_foreground(redactor->mask, levels, &redactor->boxes[i]) >= STANDS_OUT;
    redactor->crowd = !scrim_tracks_observe(redactor->tracks, redactor->now_us, redactor->boxes,
                                            redactor->stands_out, (size_t)found);
    if (redactor->crowd)
        close_waiting(redactor, SCRIM_REASON_CROWD);
    redactor->looked_us = redactor->now_us;
    redactor->runs++;
}

static enum scrim_reason reason_now(const struct scrim_redactor *redactor, enum scrim_reason scene)
{
    if (redactor->doubt != SCRIM_REASON_NONE)
        return redactor->doubt;
    if (scene != SCRIM_REASON_NONE)
        return scene;
    if (redactor->detector_failed)
        return SCRIM_REASON_DETECTOR;
    if (redactor->crowd)
        return SCRIM_REASON_CROWD;
    if (redactor->now_us < redactor->warm_at_us || redactor->runs < WARM_UP_RUNS)
        return redactor->scene_reason;
    return SCRIM_REASON_NONE;
}

// Motion, then the detector if it is this camera's turn.
static void examine(struct scrim_redactor *redactor, const struct scrim_picture *picture,
                    int64_t elapsed_us, struct slot *slot)
{
    int64_t mark = scrim_stage_now();
    size_t present;
    const size_t boxes = find_people(redactor, redactor->now_us, NULL, &present);
    if (redactor->doubt == SCRIM_REASON_NONE)
        scrim_mask_claim(redactor->mask, redactor->boxes, boxes, redactor->claimed);
    else
        memset(redactor->claimed, 1, cell_count(redactor)); // learns nothing
    struct scrim_motion_result seen;
    scrim_motion_step(redactor->motion, picture, elapsed_us, redactor->claimed, slot->levels,
                      &seen);
    const enum scrim_reason scene = judge_scene(redactor, elapsed_us, &seen);
    scrim_stage_add(&redactor->stats.stages, SCRIM_STAGE_MOTION, &mark);

    const struct pace *pace = pick_pace(redactor, seen.changed_permille > 0, boxes);
    const bool due = scrim_turn_due(redactor->params.schedule, &redactor->turn, redactor->now_us,
                                    pace->wish_us, pace->floor_us);
    if (redactor->doubt == SCRIM_REASON_NONE && (due || redactor->params.thorough))
        look(redactor, picture, slot->levels);
    slot->looked_us = redactor->looked_us;
    slot->late_us = pace->late_us;
    slot->reason = reason_now(redactor, scene);
}

// A slot for the picture of this time. On success it counts, filled or not.
static int begin_slot(struct scrim_redactor *redactor, int64_t pts_us, int64_t tag,
                      struct slot **ret, int64_t *ret_elapsed_us, struct scrim_error *error)
{
    take_back(redactor);
    redactor->flushing = false;
    const int code = add_slot(redactor, ret, error);
    if (code < 0)
        return code;
    *ret_elapsed_us = advance(redactor, pts_us);
    (*ret)->at_us = redactor->now_us;
    (*ret)->pts_us = pts_us;
    (*ret)->tag = tag;
    redactor->count++;
    redactor->stats.pushed++;
    return SCRIM_OK;
}

int scrim_redactor_push_missing(struct scrim_redactor *redactor, enum scrim_reason reason,
                                int64_t pts_us, int64_t tag, struct scrim_error *error)
{
    struct slot *slot = NULL;
    int64_t elapsed;
    const int code = begin_slot(redactor, pts_us, tag, &slot, &elapsed, error);
    if (code < 0)
        return code;
    learn_scene(redactor, reason);
    const struct scrim_canvas canvas = canvas_of(redactor, slot);
    scrim_render_opaque(&canvas, ""); // nothing old may stay in the slot
    memset(slot->levels, 255, cell_count(redactor));
    slot->looked_us = redactor->looked_us;
    slot->reason = reason;
    return SCRIM_OK;
}

int scrim_redactor_push(struct scrim_redactor *redactor, const struct scrim_picture *picture,
                        int64_t pts_us, int64_t tag, struct scrim_error *error)
{
    if (picture->width != redactor->params.width || picture->height != redactor->params.height)
        return scrim_redactor_push_missing(redactor, SCRIM_REASON_MISMATCH, pts_us, tag, error);
    struct slot *slot = NULL;
    int64_t elapsed;
    const int code = begin_slot(redactor, pts_us, tag, &slot, &elapsed, error);
    if (code < 0)
        return code;
    const struct scrim_canvas canvas = canvas_of(redactor, slot);
    copy_picture(&canvas, picture);
    examine(redactor, picture, elapsed, slot);
    return SCRIM_OK;
}

static bool ready(struct scrim_redactor *redactor)
{
    if (redactor->count == 0)
        return false;
    const int64_t span =
        slot_at(redactor, redactor->count - 1)->at_us - slot_at(redactor, 0)->at_us;
    return redactor->flushing || redactor->count == SLOTS_MAX ||
           span >= redactor->params.look_ahead_us;
}

// Late: the last look before the picture is too long ago, and none came after it either.
static bool detector_late(struct scrim_redactor *redactor, const struct slot *slot)
{
    return slot->at_us - slot->looked_us > slot->late_us && redactor->looked_us < slot->at_us;
}

static void build_mask(struct scrim_redactor *redactor, const struct slot *slot,
                       struct scrim_veiled *ret)
{
    const struct scrim_mask_motion motion = {
        .before = redactor->has_levels_before ? redactor->levels_before : NULL,
        .now = slot->levels,
        .after = redactor->count > 1 ? slot_at(redactor, 1)->levels : NULL,
    };
    size_t present;
    const size_t boxes = find_people(redactor, slot->at_us, slot->levels, &present);
    scrim_mask_build(redactor->mask, &motion, redactor->boxes, boxes, &redactor->grid);
    ret->boxes = redactor->boxes;
    ret->boxes_count = present < SCRIM_VEILED_BOXES_MAX ? present : SCRIM_VEILED_BOXES_MAX;
}

bool scrim_redactor_pop(struct scrim_redactor *redactor, struct scrim_veiled *ret)
{
    take_back(redactor);
    if (!ready(redactor))
        return false;
    int64_t mark = scrim_stage_now();
    struct slot *slot = slot_at(redactor, 0);
    if (slot->reason == SCRIM_REASON_NONE && detector_late(redactor, slot))
        slot->reason = SCRIM_REASON_DETECTOR;
    const struct scrim_canvas canvas = canvas_of(redactor, slot);
    struct scrim_veiled veiled = {
        .pts_us = slot->pts_us,
        .tag = slot->tag,
        .reason = slot->reason,
        .mask = &redactor->grid,
    };
    if (slot->reason == SCRIM_REASON_NONE)
        build_mask(redactor, slot, &veiled);
    else
        scrim_grid_fill(&redactor->grid, SCRIM_COVER_MOTION);
    scrim_stage_add(&redactor->stats.stages, SCRIM_STAGE_MASK, &mark);
    if (slot->reason == SCRIM_REASON_NONE)
        scrim_render_mask(&canvas, &redactor->grid);
    else
        scrim_render_opaque(&canvas, scrim_reason_text(slot->reason));
    scrim_stage_add(&redactor->stats.stages, SCRIM_STAGE_RENDER, &mark);

    veiled.masked_permille = scrim_grid_permille(&redactor->grid);
    veiled.picture = (struct scrim_picture){
        .planes = {canvas.planes[0], canvas.planes[1], canvas.planes[2]},
        .strides = {canvas.strides[0], canvas.strides[1], canvas.strides[2]},
        .width = canvas.width,
        .height = canvas.height,
        .full_range = canvas.full_range,
    };
    redactor->lent = true;
    redactor->stats.popped++;
    redactor->stats.opaque += slot->reason != SCRIM_REASON_NONE;
    *ret = veiled;
    return true;
}

void scrim_redactor_flush(struct scrim_redactor *redactor)
{
    redactor->flushing = true;
}

void scrim_redactor_rewind(struct scrim_redactor *redactor)
{
    take_back(redactor);
    scrim_tracks_reset(redactor->tracks);
    redactor->count = 0;
    redactor->has_levels_before = false;
    redactor->flushing = false;
    redactor->started = false;
    redactor->turn.ran = false; // the first picture is looked at
    redactor->stats = (struct scrim_redactor_stats){0};
}

void scrim_redactor_doubt(struct scrim_redactor *redactor, enum scrim_reason reason)
{
    redactor->doubt = reason;
}

void scrim_redactor_trust(struct scrim_redactor *redactor)
{
    if (redactor->doubt != SCRIM_REASON_NONE)
        redactor->turn.ran = false;
    redactor->doubt = SCRIM_REASON_NONE;
}

struct scrim_redactor_stats scrim_redactor_stats(const struct scrim_redactor *redactor)
{
    return redactor->stats;
}
