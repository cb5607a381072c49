// From the decoder's planes to the network's input in one pass: cut out a region, resize, convert
// to RGB, normalise. No RGB picture exists in between.
//
// Resizing is a triangle filter that widens with the reduction (bilinear at 1:1), so that small
// people are averaged and not skipped; planes are filtered as they are, and only the few pixels of
// the result are converted. Plain C that the compiler vectorises.
#pragma once

#include "detect/network.h"

struct scrim_preprocess;

// The part of the network's input that holds picture, from its top left corner; the rest is filled
// with the mean.
struct scrim_fit {
    int width, height;        // input pixels
    float pixels_x, pixels_y; // picture pixels an input pixel
};

// For inputs of the shape and normalisation that `model` wants.
SCRIM_MUST_CHECK int scrim_preprocess_create(const struct scrim_model *model,
                                             struct scrim_preprocess **ret,
                                             struct scrim_error *error);
void scrim_preprocess_destroy(struct scrim_preprocess *preprocess); // NULL is fine

// The region is the caller's to check: within the picture, at least 8×8. SCRIM_EINVAL if it is more
// than 31 times as large as the input.
SCRIM_MUST_CHECK int scrim_preprocess_run(struct scrim_preprocess *preprocess,
                                          const struct scrim_picture *picture,
                                          const struct scrim_region *region,
                                          const struct scrim_tensor *input, struct scrim_fit *ret);
