// Reads the outputs of a network with a GFL head (NanoDet): grids of class scores and distance
// distributions become boxes.
#pragma once

#include "detect/network.h"

// Writes at most `max` boxes, in pixels of the network's input, of at least `threshold` (0…1).
// When there are more the best ones stay. No order.
size_t scrim_nanodet_decode(const struct scrim_model *model, const struct scrim_network *network,
                            float threshold, struct scrim_box *boxes, size_t max);
