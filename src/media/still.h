// Which parts of a picture look as those who watch already have them: where nothing but noise
// differs, nothing need be sent. Compared with what the encoder reconstructed, that is with what is
// shown, so that differences never add up, however slowly a picture changes.
//
// Two ways to measure, plain and with vector instructions, which give the same numbers.
#pragma once

#include "media/picture.h"

#include <stddef.h>

#define SCRIM_STILL_SIZE 16 // pixels of a macroblock, in both directions

// What viewers have: luma, and Cb and Cr in turns (NV12), of a picture of the same size.
struct scrim_shown {
    const uint8_t *luma, *chroma;
    int luma_stride, chroma_stride;
};

// How a macroblock differs from what is shown: of its four quarters, 8×8 pixels of luma each, and
// of its chroma that which differs most. Chroma counts twice.
struct scrim_difference {
    uint16_t noise; // sum of absolute differences
    uint16_t shift; // absolute difference of the sums: brighter, darker, another colour
};

// One row of macroblocks, from the left; `row` and all of `count` lie within the picture.
typedef void scrim_still_measure(const struct scrim_picture *picture,
                                 const struct scrim_shown *shown, int row, int count,
                                 struct scrim_difference *ret);
extern scrim_still_measure scrim_still_measure_plain;
scrim_still_measure *scrim_still_measure_best(void);

// Marks with 1 the macroblocks of the whole picture in which nothing but noise differs, others with
// 0; also those that reach over its edge. How much is noise is learnt from the picture itself: most
// of it does not change. `differences` is scratch; both have a place for every macroblock.
void scrim_still_find(const struct scrim_picture *picture, const struct scrim_shown *shown,
                      struct scrim_difference *differences, uint8_t *ret);
