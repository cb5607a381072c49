// What every head's decoding does with the boxes it reads: collect the best, and of those that
// cover the same thing keep one.
#pragma once

#include "detect/detector.h"

#include <stddef.h>

// Networks say scores before the sigmoid, which need not be taken of what is below the threshold.
float scrim_boxes_score(float logit);
float scrim_boxes_logit(float score); // 0 < score < 1

// A list while it is collected; once full, a new box has to beat the weakest.
struct scrim_boxes {
    struct scrim_box *boxes;
    size_t count, max;
};
void scrim_boxes_collect(struct scrim_boxes *found, const struct scrim_box *box);

// Greedy non-maximum suppression per class: sorts best first and drops boxes that overlap a better
// one by more than `overlap` (intersection over union). Returns how many stay, at the front.
size_t scrim_boxes_suppress(struct scrim_box *boxes, size_t count, float overlap);

// Two lists after one another, of `first` and `second` boxes: of the second those stay that cover
// something new. Returns how many boxes there are then.
size_t scrim_boxes_merge(struct scrim_box *boxes, size_t first, size_t second, float overlap);
