#include "veil/lookahead.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define WAITING_MAX 64 // half a second at 120 frames a second

struct scrim_lookahead {
    int width, height;
    size_t cells;
    bool full_range;
    int64_t span_us;
    struct scrim_waiting ring[WAITING_MAX]; // the first plane owns the memory of all three
    size_t first, count;
    bool lent, flushing; // lent: the caller looks at ring[first]
    uint8_t *levels_before;
    bool has_levels_before;
};

int scrim_lookahead_create(const struct scrim_grid *grid, bool full_range, int64_t span_us,
                           struct scrim_lookahead **ret)
{
    struct scrim_lookahead *ahead = scrim_new(struct scrim_lookahead);
    ahead->width = grid->width;
    ahead->height = grid->height;
    ahead->cells = (size_t)grid->columns * (size_t)grid->rows;
    ahead->full_range = full_range;
    ahead->span_us = span_us;
    ahead->levels_before = scrim_alloc_zero(ahead->cells, 1);
    if (!ahead->levels_before) {
        scrim_lookahead_destroy(ahead);
        return SCRIM_ENOMEM;
    }
    *ret = ahead;
    return SCRIM_OK;
}

void scrim_lookahead_destroy(struct scrim_lookahead *ahead)
{
    if (!ahead)
        return;
    for (size_t i = 0; i < WAITING_MAX; i++) {
        free(ahead->ring[i].canvas.planes[0]);
        free(ahead->ring[i].levels);
    }
    free(ahead->levels_before);
    free(ahead);
}

static struct scrim_waiting *place(struct scrim_lookahead *ahead, size_t index)
{
    return &ahead->ring[(ahead->first + index) % WAITING_MAX];
}

// Ends the loan, if there is one: the next in line is the oldest then.
static void take_back(struct scrim_lookahead *ahead)
{
    if (!ahead->lent)
        return;
    struct scrim_waiting *done = place(ahead, 0);
    memcpy(ahead->levels_before, done->levels, ahead->cells);
    ahead->has_levels_before = true;
    ahead->first = (ahead->first + 1) % WAITING_MAX;
    ahead->count--;
    ahead->lent = false;
    // Its memory goes to the next picture: no more of it than pictures that wait.
    struct scrim_waiting *next = place(ahead, ahead->count);
    if (next != done && !next->canvas.planes[0] && !next->levels) {
        next->canvas = done->canvas;
        next->levels = done->levels;
        done->canvas = (struct scrim_canvas){0};
        done->levels = NULL;
    }
}

// Three planes, one after the other; none without memory.
static struct scrim_canvas new_canvas(const struct scrim_lookahead *ahead)
{
    const int half = (ahead->width + 1) / 2;
    const size_t luma = (size_t)ahead->width * (size_t)ahead->height;
    const size_t chroma = (size_t)half * (size_t)((ahead->height + 1) / 2);
    uint8_t *pixels = scrim_alloc(luma + 2 * chroma);
    if (!pixels)
        return (struct scrim_canvas){0};
    return (struct scrim_canvas){
        .planes = {pixels, pixels + luma, pixels + luma + chroma},
        .strides = {ahead->width, half, half},
        .width = ahead->width,
        .height = ahead->height,
        .full_range = ahead->full_range,
    };
}

int scrim_lookahead_add(struct scrim_lookahead *ahead, struct scrim_waiting **ret,
                        struct scrim_error *error)
{
    take_back(ahead);
    ahead->flushing = false;
    if (ahead->count == WAITING_MAX)
        return scrim_fail(error, SCRIM_EAGAIN, "finished pictures wait to be taken");
    struct scrim_waiting *waiting = place(ahead, ahead->count);
    if (!waiting->canvas.planes[0])
        waiting->canvas = new_canvas(ahead);
    if (!waiting->levels)
        waiting->levels = scrim_alloc_zero(ahead->cells, 1);
    if (!waiting->canvas.planes[0] || !waiting->levels)
        return scrim_fail(error, SCRIM_ENOMEM, "out of memory for a picture");
    ahead->count++;
    *ret = waiting;
    return SCRIM_OK;
}

void scrim_lookahead_close(struct scrim_lookahead *ahead, enum scrim_reason reason)
{
    for (size_t i = 0; i < ahead->count; i++)
        if (place(ahead, i)->reason == SCRIM_REASON_NONE)
            place(ahead, i)->reason = reason;
}

struct scrim_waiting *scrim_lookahead_lend(struct scrim_lookahead *ahead)
{
    take_back(ahead);
    if (ahead->count == 0)
        return NULL;
    struct scrim_waiting *oldest = place(ahead, 0);
    const int64_t waited_us = place(ahead, ahead->count - 1)->at_us - oldest->at_us;
    ahead->lent = ahead->flushing || ahead->count == WAITING_MAX || waited_us >= ahead->span_us;
    return ahead->lent ? oldest : NULL;
}

struct scrim_mask_motion scrim_lookahead_motion(struct scrim_lookahead *ahead)
{
    return (struct scrim_mask_motion){
        .before = ahead->has_levels_before ? ahead->levels_before : NULL,
        .now = place(ahead, 0)->levels,
        .after = ahead->count > 1 ? place(ahead, 1)->levels : NULL,
    };
}

void scrim_lookahead_flush(struct scrim_lookahead *ahead)
{
    ahead->flushing = true;
}

void scrim_lookahead_clear(struct scrim_lookahead *ahead)
{
    take_back(ahead);
    ahead->count = 0;
    ahead->has_levels_before = false;
    ahead->flushing = false;
}
