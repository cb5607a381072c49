// Reads the outputs of a network with a GFL head (NanoDet): grids of class scores and distance
// distributions become boxes; of boxes that cover the same thing the best stays.
#pragma once

#include "detect/network.h"

// Writes at most `max` boxes, in pixels of the network's input, of at least `threshold` (0…1).
// When there are more the best ones stay. No order.
size_t scrim_nanodet_decode(const struct scrim_model *model, const struct scrim_network *network,
                            float threshold, struct scrim_box *boxes, size_t max);

// Greedy non-maximum suppression per class: sorts best first and drops boxes that overlap a better
// one by more than `overlap` (intersection over union). Returns how many stay, at the front.
size_t scrim_boxes_suppress(struct scrim_box *boxes, size_t count, float overlap);
