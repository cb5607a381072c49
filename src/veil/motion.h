// What differs from the scene: a running background of one camera, per pixel, on a reduced luma
// picture some 200-500 pixels wide. Exposure drift is corrected globally; jumps are reported.
// The background never learns from cells that the caller claims.
//
// Deterministic; reads nothing but its arguments. About 0.1 ms per 640×480 picture.
#pragma once

#include "veil/grid.h"

// Of a cell whose background has been seen for less than this nothing is known.
#define SCRIM_MOTION_KNOWN_US INT64_C(1000000)
#define SCRIM_MOTION_UNKNOWN 1 // the level of such a cell; no other has it
#define SCRIM_MOTION_STRONG 80 // a level that is enough by itself: something is there

struct scrim_motion;

// SCRIM_ENOMEM without memory. Pictures are all of this size.
SCRIM_MUST_CHECK int scrim_motion_create(int width, int height, struct scrim_motion **ret);
void scrim_motion_destroy(struct scrim_motion *motion);

struct scrim_motion_result {
    float gain;                   // brightness against the background before this picture; 1: same
    unsigned foreground_permille; // share of cells that differ
    unsigned changed_permille;    // share of cells that differ from the picture before
};

// One picture, `elapsed_us` after the one before. `claimed` has one byte per cell, not zero where
// the background must not learn. `levels` gets one byte per cell: the share of its pixels that are
// foreground, 255 for all; 0 where it is the ground in shadow (shadow.h).
void scrim_motion_step(struct scrim_motion *motion, const struct scrim_picture *picture,
                       int64_t elapsed_us, const uint8_t *claimed, uint8_t *levels,
                       struct scrim_motion_result *ret);

// Forgets the scene: everything is unknown again.
void scrim_motion_reset(struct scrim_motion *motion);
