#include "media/frame.h"

#include "base/alloc.h"
#include "media/media.h"

#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdlib.h>

struct scrim_framer {
    int max_width, max_height;
    struct SwsContext *scaler;
    uint8_t *planes[4];
    int strides[4];
    int width, height; // of the planes
};

struct scrim_framer *scrim_framer_create(int max_width, int max_height)
{
    struct scrim_framer *framer = scrim_new(struct scrim_framer);
    framer->max_width = max_width;
    framer->max_height = max_height;
    return framer;
}

void scrim_framer_destroy(struct scrim_framer *framer)
{
    if (!framer)
        return;
    sws_freeContext(framer->scaler);
    av_freep(&framer->planes[0]);
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

static int make_planes(struct scrim_framer *framer, int width, int height,
                       struct scrim_error *error)
{
    if (framer->planes[0] && framer->width == width && framer->height == height)
        return SCRIM_OK;
    av_freep(&framer->planes[0]);
    const int code =
        av_image_alloc(framer->planes, framer->strides, width, height, AV_PIX_FMT_YUV420P, 64);
    if (code < 0)
        return scrim_fail_av(error, code, "a picture of %d×%d", width, height);
    framer->width = width;
    framer->height = height;
    return SCRIM_OK;
}

static int convert(struct scrim_framer *framer, const AVFrame *frame, int width, int height,
                   struct scrim_picture *ret, struct scrim_error *error)
{
    const int code = make_planes(framer, width, height, error);
    if (code < 0)
        return code;
    framer->scaler = sws_getCachedContext(framer->scaler, frame->width, frame->height,
                                          (enum AVPixelFormat)frame->format, width, height,
                                          AV_PIX_FMT_YUV420P, SWS_AREA, NULL, NULL, NULL);
    if (!framer->scaler)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "pictures in the pixel format %s",
                          av_get_pix_fmt_name((enum AVPixelFormat)frame->format));
    const int rows = sws_scale(framer->scaler, (const uint8_t *const *)frame->data, frame->linesize,
                               0, frame->height, framer->planes, framer->strides);
    if (rows != height)
        return scrim_fail(error, SCRIM_EINTERNAL, "a picture of %d×%d could not be converted",
                          frame->width, frame->height);
    *ret = (struct scrim_picture){
        .planes = {framer->planes[0], framer->planes[1], framer->planes[2]},
        .strides = {framer->strides[0], framer->strides[1], framer->strides[2]},
        .width = width,
        .height = height,
    };
    return SCRIM_OK;
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
    return convert(framer, frame, width, height, ret, error);
}
