// From FFmpeg's frames to ours: planes borrowed where the layout is 4:2:0 with 8 bits already,
// converted, and made smaller where asked, otherwise. Private to src/media.
#pragma once

#include "base/error.h"
#include "media/picture.h"

#include <libavutil/frame.h>

struct scrim_framer; // keeps the converter and its picture between frames

// Pictures larger than this are made to fit, keeping their proportions; 0: no limit.
struct scrim_framer *scrim_framer_create(int max_width, int max_height);
void scrim_framer_destroy(struct scrim_framer *framer); // NULL is fine

// The size that frames of this size come out with; both even when they are made smaller.
void scrim_framer_size(const struct scrim_framer *framer, int width, int height, int *ret_width,
                       int *ret_height);

// `ret` borrows from `frame` or from the framer, until the next call.
SCRIM_MUST_CHECK int scrim_framer_take(struct scrim_framer *framer, const AVFrame *frame,
                                       struct scrim_picture *ret, struct scrim_error *error);

// True if the decoder says that this frame is not what was filmed.
bool scrim_frame_damaged(const AVFrame *frame);
