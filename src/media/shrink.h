// Pictures made smaller, by averaging what falls into a pixel: for a rendition that is watched
// small. Allocates only when the size of what comes changes.
#pragma once

#include "base/error.h"
#include "media/picture.h"

struct scrim_shrink;

// Pictures come out no larger than this, in their proportions, with an even width and height.
struct scrim_shrink *scrim_shrink_create(int max_width, int max_height);
void scrim_shrink_destroy(struct scrim_shrink *shrink); // NULL is fine

// The size that a picture of this size comes out with; at least 16×16.
void scrim_shrink_size(const struct scrim_shrink *shrink, int width, int height, int *ret_width,
                       int *ret_height);

// `ret` is the shrink's, valid until the next call.
SCRIM_MUST_CHECK int scrim_shrink_take(struct scrim_shrink *shrink,
                                       const struct scrim_picture *picture,
                                       struct scrim_picture *ret, struct scrim_error *error);
