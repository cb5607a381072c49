#include "media/scaler.h"

#include "base/alloc.h"
#include "media/media.h"

#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
#include <stdlib.h>

struct scrim_scaler {
    struct SwsContext *context;
    uint8_t *planes[4];
    int strides[4];
    int width, height; // of the planes
};

struct scrim_scaler *scrim_scaler_create(void)
{
    return scrim_new(struct scrim_scaler);
}

void scrim_scaler_destroy(struct scrim_scaler *scaler)
{
    if (!scaler)
        return;
    sws_freeContext(scaler->context);
    av_freep(&scaler->planes[0]);
    free(scaler);
}

static int make_planes(struct scrim_scaler *scaler, int width, int height,
                       struct scrim_error *error)
{
    if (scaler->planes[0] && scaler->width == width && scaler->height == height)
        return SCRIM_OK;
    av_freep(&scaler->planes[0]);
    const int code =
        av_image_alloc(scaler->planes, scaler->strides, width, height, AV_PIX_FMT_YUV420P, 64);
    if (code < 0)
        return scrim_fail_av(error, code, "a picture of %d×%d", width, height);
    scaler->width = width;
    scaler->height = height;
    return SCRIM_OK;
}

int scrim_scaler_run(struct scrim_scaler *scaler, const struct scrim_scaler_source *source,
                     int width, int height, struct scrim_picture *ret, struct scrim_error *error)
{
    const enum AVPixelFormat format = (enum AVPixelFormat)source->format;
    const int code = make_planes(scaler, width, height, error);
    if (code < 0)
        return code;
    scaler->context =
        sws_getCachedContext(scaler->context, source->width, source->height, format, width, height,
                             AV_PIX_FMT_YUV420P, SWS_AREA, NULL, NULL, NULL);
    if (!scaler->context)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "pictures in the pixel format %s",
                          av_get_pix_fmt_name(format));
    const int rows = sws_scale(scaler->context, source->planes, source->strides, 0, source->height,
                               scaler->planes, scaler->strides);
    if (rows != height)
        return scrim_fail(error, SCRIM_EINTERNAL, "a picture of %d×%d could not be converted",
                          source->width, source->height);
    *ret = (struct scrim_picture){
        .planes = {scaler->planes[0], scaler->planes[1], scaler->planes[2]},
        .strides = {scaler->strides[0], scaler->strides[1], scaler->strides[2]},
        .width = width,
        .height = height,
    };
    return SCRIM_OK;
}
