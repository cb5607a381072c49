// Masks of any redactor from a file: one JSON object a line and frame, as `scrim redact --masks`
// writes.
//
//     {"frame":0,"pts":0.040000,"rects":[[16,8,24,40],…],"opaque":false}
//
// Frames count from 0 and none is left out; pts is in seconds; rectangles are x, y,
// width, height in pixels. Other members are ignored.
#pragma once

#include "cli/bench_score.h"

#define BENCH_MASKS_MAX (1U << 30)       // bytes of a file
#define BENCH_MASKS_RECTS_MAX (1U << 20) // in one frame

struct bench_masks;

SCRIM_MUST_CHECK int bench_masks_open(const char *path, struct bench_masks **ret,
                                      struct scrim_error *error);
// The same from memory that outlives the reader; `name` is for sentences.
struct bench_masks *bench_masks_of(const char *name, const void *bytes, size_t count);
void bench_masks_close(struct bench_masks *masks); // NULL is fine

// 1 with the next frame, whose rectangles are valid until the next call; 0 at the end.
SCRIM_MUST_CHECK int bench_masks_next(struct bench_masks *masks, struct bench_mask *ret,
                                      int64_t *ret_pts_us, struct scrim_error *error);
