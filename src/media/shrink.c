#include "media/shrink.h"

#include "base/alloc.h"
#include "media/media.h"

#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
#include <math.h>
#include <stdlib.h>

#define SIDE_MIN 16

struct scrim_shrink {
    int max_width, max_height;
    struct SwsContext *scaler;
    uint8_t *planes[4];
    int strides[4];
    int width, height; // of the planes
};

struct scrim_shrink *scrim_shrink_create(int max_width, int max_height)
{
    struct scrim_shrink *shrink = scrim_new(struct scrim_shrink);
    shrink->max_width = max_width;
    shrink->max_height = max_height;
    return shrink;
}

void scrim_shrink_destroy(struct scrim_shrink *shrink)
{
    if (!shrink)
        return;
    sws_freeContext(shrink->scaler);
    av_freep(&shrink->planes[0]);
    free(shrink);
}

static int even_side(double side)
{
    const int even = (int)(side + 0.5) & ~1;
    return even > SIDE_MIN ? even : SIDE_MIN;
}

void scrim_shrink_size(const struct scrim_shrink *shrink, int width, int height, int *ret_width,
                       int *ret_height)
{
    const double scale =
        fmin(1, fmin((double)shrink->max_width / width, (double)shrink->max_height / height));
    *ret_width = even_side(width * scale);
    *ret_height = even_side(height * scale);
}

static int make_planes(struct scrim_shrink *shrink, int width, int height,
                       struct scrim_error *error)
{
    if (shrink->planes[0] && shrink->width == width && shrink->height == height)
        return SCRIM_OK;
    av_freep(&shrink->planes[0]);
    const int code =
        av_image_alloc(shrink->planes, shrink->strides, width, height, AV_PIX_FMT_YUV420P, 64);
    if (code < 0)
        return scrim_fail_av(error, code, "a picture of %d×%d", width, height);
    shrink->width = width;
    shrink->height = height;
    return SCRIM_OK;
}

int scrim_shrink_take(struct scrim_shrink *shrink, const struct scrim_picture *picture,
                      struct scrim_picture *ret, struct scrim_error *error)
{
    int width, height;
    scrim_shrink_size(shrink, picture->width, picture->height, &width, &height);
    const int code = make_planes(shrink, width, height, error);
    if (code < 0)
        return code;
    // The range of luma stays what it is: both sides are said to have the same one.
    shrink->scaler =
        sws_getCachedContext(shrink->scaler, picture->width, picture->height, AV_PIX_FMT_YUV420P,
                             width, height, AV_PIX_FMT_YUV420P, SWS_AREA, NULL, NULL, NULL);
    if (!shrink->scaler || sws_scale(shrink->scaler, picture->planes, picture->strides, 0,
                                     picture->height, shrink->planes, shrink->strides) != height)
        return scrim_fail(error, SCRIM_EINTERNAL, "a picture of %d×%d could not be made smaller",
                          picture->width, picture->height);
    *ret = (struct scrim_picture){
        .planes = {shrink->planes[0], shrink->planes[1], shrink->planes[2]},
        .strides = {shrink->strides[0], shrink->strides[1], shrink->strides[2]},
        .width = width,
        .height = height,
        .full_range = picture->full_range,
    };
    return SCRIM_OK;
}
