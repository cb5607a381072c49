// Pictures of FFmpeg's formats into 4:2:0 of 8 bits and another size, by averaging what falls into
// a pixel. Allocates only when sizes or formats change. Private to src/media.
#pragma once

#include "base/error.h"
#include "media/picture.h"

struct scrim_scaler; // keeps the converter and its picture from one to the next

struct scrim_scaler *scrim_scaler_create(void);
void scrim_scaler_destroy(struct scrim_scaler *scaler); // NULL is fine

struct scrim_scaler_source {
    const uint8_t *const *planes;
    const int *strides;
    int width, height;
    int format; // enum AVPixelFormat
};

// `ret` is the scaler's, valid until the next call, and said to be of limited range: formats that
// say of themselves that theirs is full are converted, the luma of others stays what it is.
// SCRIM_EUNSUPPORTED names a format that cannot be read.
SCRIM_MUST_CHECK int scrim_scaler_run(struct scrim_scaler *scaler,
                                      const struct scrim_scaler_source *source, int width,
                                      int height, struct scrim_picture *ret,
                                      struct scrim_error *error);
