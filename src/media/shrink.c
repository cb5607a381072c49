#include "media/shrink.h"

#include "base/alloc.h"
#include "media/scaler.h"

#include <libavutil/pixfmt.h>
#include <math.h>
#include <stdlib.h>

#define SIDE_MIN 16

struct scrim_shrink {
    int max_width, max_height;
    struct scrim_scaler *scaler;
};

struct scrim_shrink *scrim_shrink_create(int max_width, int max_height)
{
    struct scrim_shrink *shrink = scrim_new(struct scrim_shrink);
    shrink->max_width = max_width;
    shrink->max_height = max_height;
    shrink->scaler = scrim_scaler_create();
    return shrink;
}

void scrim_shrink_destroy(struct scrim_shrink *shrink)
{
    if (!shrink)
        return;
    scrim_scaler_destroy(shrink->scaler);
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

int scrim_shrink_take(struct scrim_shrink *shrink, const struct scrim_picture *picture,
                      struct scrim_picture *ret, struct scrim_error *error)
{
    const struct scrim_scaler_source source = {picture->planes, picture->strides, picture->width,
                                               picture->height, AV_PIX_FMT_YUV420P};
    int width, height;
    scrim_shrink_size(shrink, picture->width, picture->height, &width, &height);
    const int code = scrim_scaler_run(shrink->scaler, &source, width, height, ret, error);
    if (code < 0)
        return code;
    ret->full_range = picture->full_range; // luma stays what it is
    return SCRIM_OK;
}
