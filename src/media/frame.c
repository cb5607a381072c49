#include "media/frame.h"

#include "base/alloc.h"
#include "media/scaler.h"

#include <stdlib.h>

struct scrim_framer {
    int max_width, max_height;
    struct scrim_scaler *scaler;
};

struct scrim_framer *scrim_framer_create(int max_width, int max_height)
{
    struct scrim_framer *framer = scrim_new(struct scrim_framer);
    framer->max_width = max_width;
    framer->max_height = max_height;
    framer->scaler = scrim_scaler_create();
    return framer;
}

void scrim_framer_destroy(struct scrim_framer *framer)
{
    if (!framer)
        return;
    scrim_scaler_destroy(framer->scaler);
    free(framer);
}

void scrim_framer_size(const struct scrim_framer *framer, int width, int height, int *ret_width,
                       int *ret_height)
{
    double scale = 1;
    if (framer->max_width > 0 && width > framer->max_width)
        scale = (double)framer->max_width / width;
    if (framer->max_height > 0 && height * scale > framer->max_height)
        scale = (double)framer->max_height / height;
    *ret_width = scale < 1 ? (int)(width * scale) & ~1 : width;
    *ret_height = scale < 1 ? (int)(height * scale) & ~1 : height;
}

bool scrim_frame_damaged(const AVFrame *frame)
{
    return frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0;
}

static bool is_full_range(const AVFrame *frame)
{
    return frame->color_range == AVCOL_RANGE_JPEG || frame->format == AV_PIX_FMT_YUVJ420P ||
           frame->format == AV_PIX_FMT_YUVJ422P || frame->format == AV_PIX_FMT_YUVJ444P;
}

static struct scrim_picture borrow(const AVFrame *frame)
{
    return (struct scrim_picture){
        .planes = {frame->data[0], frame->data[1], frame->data[2]},
        .strides = {frame->linesize[0], frame->linesize[1], frame->linesize[2]},
        .width = frame->width,
        .height = frame->height,
        .full_range = is_full_range(frame),
    };
}

int scrim_framer_take(struct scrim_framer *framer, const AVFrame *frame, struct scrim_picture *ret,
                      struct scrim_error *error)
{
    int width, height;
    scrim_framer_size(framer, frame->width, frame->height, &width, &height);
    const bool planar = frame->format == AV_PIX_FMT_YUV420P || frame->format == AV_PIX_FMT_YUVJ420P;
    if (planar && width == frame->width && height == frame->height) {
        *ret = borrow(frame);
        return SCRIM_OK;
    }
    const struct scrim_scaler_source source = {(const uint8_t *const *)frame->data, frame->linesize,
                                               frame->width, frame->height, frame->format};
    return scrim_scaler_run(framer->scaler, &source, width, height, ret, error);
}
