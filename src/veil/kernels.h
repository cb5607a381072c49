// The loops over every pixel in which motion detection (motion.c) spends its time, each of them
// twice: in plain C, and in the widest instructions that this machine has. All give the same bits
// (tests/unit/test_veil_kernels.c); `scrim bench kernels` says what they cost.
//
// Pure functions on the caller's memory, without alignment. No array may overlap another one.
#pragma once

#include <stdint.h>

// Fixed point of the background: grey levels with 7 fraction bits, rates with 15.
#define SCRIM_LEVEL 128
#define SCRIM_RATE_ONE 32767

// A pixel is foreground when it is further from its mean than 4 mean deviations, within these
// limits.
#define SCRIM_DISTANCE_MIN (9 * SCRIM_LEVEL)
#define SCRIM_DISTANCE_MAX (36 * SCRIM_LEVEL)
#define SCRIM_DEVIATION_MAX (SCRIM_DISTANCE_MAX / 4)

#define SCRIM_CHANGE_MIN 12 // grey levels between two pictures; more has changed

// One row of pixels, their background, and what is found out about them.
struct scrim_background_row {
    const uint8_t *luma, *before;            // this picture and the one before
    const int16_t *rate_same, *rate_other;   // of learning, 0…SCRIM_RATE_ONE: a pixel that agrees
                                             // with the background, and one that does not
    uint16_t *mean;                          // at most 255 × SCRIM_LEVEL; learns
    uint16_t *deviation;                     // at most SCRIM_DEVIATION_MAX; learns
    uint8_t *foreground;                     // set to 1 or 0
    uint8_t *foreground_sums, *changed_sums; // added to, for rows that are counted together
};

struct scrim_kernels {
    const char *name;
    // `to[x]` is the rounded mean of 2^shift × 2^shift pixels, x below `width`; shift 0…3.
    void (*reduce)(const uint8_t *from, int stride, int shift, int width, uint8_t *to);
    // Compares `width` pixels with their background, and learns from them.
    void (*learn)(const struct scrim_background_row *row, int width);
};

extern const struct scrim_kernels scrim_kernels_plain;
// The fastest of this machine. Cheap enough to be called for every object that wants them.
const struct scrim_kernels *scrim_kernels_best(void);
