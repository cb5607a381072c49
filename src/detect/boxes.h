// What every head's decoding does with the boxes it reads: collect the best, and of those that
// cover the same thing keep one.
#pragma once

#include "detect/detector.h"
#include "detect/model.h"
#include "detect/network.h"

#include <stddef.h>

// Networks say scores before the sigmoid, which need not be taken of what is below the threshold.
float scrim_boxes_score(float logit);
float scrim_boxes_logit(float score); // 0 < score < 1

float scrim_box_area(const struct scrim_box *box);
// The area that lies in both; 0 if a side is not a number.
float scrim_box_shared(const struct scrim_box *a, const struct scrim_box *b);
// Intersection over union.
float scrim_box_overlap(const struct scrim_box *a, const struct scrim_box *b);

// A list while it is collected; once full, a new box has to beat the weakest.
struct scrim_boxes {
    struct scrim_box *boxes;
    size_t count, max;
};
void scrim_boxes_collect(struct scrim_boxes *found, const struct scrim_box *box);

// Every cell of every output of a head, decoded by `decode`: its channels are at `cell`, it stands
// in column `x` and row `y`, and scores before the sigmoid count from `least` on. Writes at most
// `max` boxes of at least `threshold` score; returns how many.
typedef void scrim_boxes_decode(const struct scrim_model *model,
                                const struct scrim_model_output *output, const float *cell, float x,
                                float y, float least, struct scrim_boxes *found);
size_t scrim_boxes_read(const struct scrim_model *model, const struct scrim_network *network,
                        scrim_boxes_decode *decode, float threshold, struct scrim_box *boxes,
                        size_t max);

// Greedy non-maximum suppression per class: sorts best first and drops boxes that overlap a better
// one by more than `overlap` (intersection over union). Returns how many stay, at the front.
size_t scrim_boxes_suppress(struct scrim_box *boxes, size_t count, float overlap);

// Two lists after one another, of `first` and `second` boxes: of the second those stay that cover
// something new. Returns how many boxes there are then.
size_t scrim_boxes_merge(struct scrim_box *boxes, size_t first, size_t second, float overlap);
