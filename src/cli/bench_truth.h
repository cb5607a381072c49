// Annotated people of a clip, in the text format of the MOT challenge: one line a box,
// "frame,id,x,y,width,height,confidence[,class,visibility | ,x,y,z]", frames counted from 1,
// pixels.
#pragma once

#include "base/buf.h"

#define BENCH_TRUTH_MAX (64U << 20) // bytes of a file

struct bench_truth_box {
    uint32_t frame; // from 0
    int32_t id;     // of the track, the same person throughout
    float x0, y0, x1, y1;
    bool scored; // false: an area to ignore, where masks are neither missed nor false
};

struct bench_truth {
    struct bench_truth_box *boxes; // owned; by frame
    size_t count;
    uint32_t frames; // the last annotated frame + 1
};

// A row counts if its confidence is 1 and, where the file has a class (nine columns, MOT16 and
// later), that is 1: pedestrian. All other rows are areas to ignore. SCRIM_EFORMAT names the line.
SCRIM_MUST_CHECK int bench_truth_parse(const void *bytes, size_t count, struct bench_truth *ret,
                                       struct scrim_error *error);
SCRIM_MUST_CHECK int bench_truth_load(const char *path, struct bench_truth *ret,
                                      struct scrim_error *error);
void bench_truth_finish(struct bench_truth *truth); // a zeroed one is fine

// The boxes of one frame; *ret points into `truth`.
size_t bench_truth_of(const struct bench_truth *truth, uint32_t frame,
                      const struct bench_truth_box **ret);
