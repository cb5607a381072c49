#include "veil/turned.h"

#include "base/alloc.h"

#include <stdlib.h>

#define TILE 16 // samples each way, so that the lines that are written to stay in the cache

struct scrim_turned {
    uint8_t *planes[3];
};

static int half_of(int size)
{
    return (size + 1) / 2;
}

int scrim_turned_create(int width, int height, struct scrim_turned **ret)
{
    struct scrim_turned *turned = scrim_new(struct scrim_turned);
    const size_t luma = (size_t)width * (size_t)height;
    const size_t chroma = (size_t)half_of(width) * (size_t)half_of(height);
    turned->planes[0] = scrim_alloc_zero(luma + 2 * chroma, 1);
    if (!turned->planes[0]) {
        scrim_turned_destroy(turned);
        return SCRIM_ENOMEM;
    }
    turned->planes[1] = turned->planes[0] + luma;
    turned->planes[2] = turned->planes[1] + chroma;
    *ret = turned;
    return SCRIM_OK;
}

void scrim_turned_destroy(struct scrim_turned *turned)
{
    if (!turned)
        return;
    free(turned->planes[0]);
    free(turned);
}

// `width` × `height` samples become rows of `height` samples: the first column, or the last one
// with the head on the right, is the first row.
static void turn_plane(uint8_t *to, const uint8_t *from, int stride, int width, int height,
                       enum scrim_side head)
{
    for (int top = 0; top < height; top += TILE)
        for (int left = 0; left < width; left += TILE)
            for (int x = left; x < left + TILE && x < width; x++) {
                uint8_t *row =
                    to + (ptrdiff_t)(head == SCRIM_SIDE_LEFT ? x : width - 1 - x) * height;
                for (int y = top; y < top + TILE && y < height; y++)
                    row[y] = from[(ptrdiff_t)y * stride + x];
            }
}

struct scrim_picture scrim_turned_picture(struct scrim_turned *turned,
                                          const struct scrim_picture *picture,
                                          const struct scrim_region *part, enum scrim_side head)
{
    for (int plane = 0; plane < 3; plane++) {
        const int shift = plane > 0;
        const uint8_t *from = picture->planes[plane] +
                              (ptrdiff_t)(part->y >> shift) * picture->strides[plane] +
                              (part->x >> shift);
        turn_plane(turned->planes[plane], from, picture->strides[plane],
                   plane ? half_of(part->width) : part->width,
                   plane ? half_of(part->height) : part->height, head);
    }
    return (struct scrim_picture){
        .planes = {turned->planes[0], turned->planes[1], turned->planes[2]},
        .strides = {part->height, half_of(part->height), half_of(part->height)},
        .width = part->height,
        .height = part->width,
        .full_range = picture->full_range,
    };
}

struct scrim_box scrim_turned_back(const struct scrim_box *box, const struct scrim_region *part,
                                   enum scrim_side head)
{
    const float left = (float)part->x, top = (float)part->y, right = left + (float)part->width;
    struct scrim_box back = *box;
    back.x0 = head == SCRIM_SIDE_LEFT ? left + box->y0 : right - box->y1;
    back.x1 = head == SCRIM_SIDE_LEFT ? left + box->y1 : right - box->y0;
    back.y0 = top + box->x0;
    back.y1 = top + box->x1;
    return back;
}
