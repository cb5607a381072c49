#include "veil/canvas.h"

#include <stddef.h>
#include <string.h>

static int least(int a, int b)
{
    return a < b ? a : b;
}

static void fill_plane(uint8_t *plane, int stride, int width, int height, struct scrim_region area,
                       uint8_t value)
{
    const int left = area.x > 0 ? area.x : 0, top = area.y > 0 ? area.y : 0;
    const int right = least(area.x + area.width, width);
    const int bottom = least(area.y + area.height, height);
    if (left >= right)
        return;
    for (int y = top; y < bottom; y++)
        memset(plane + (ptrdiff_t)y * stride + left, value, (size_t)(right - left));
}

void scrim_canvas_fill(const struct scrim_canvas *canvas, struct scrim_region area,
                       struct scrim_colour colour)
{
    const struct scrim_region half = {area.x / 2, area.y / 2, (area.width + 1) / 2,
                                      (area.height + 1) / 2};
    const int half_width = (canvas->width + 1) / 2, half_height = (canvas->height + 1) / 2;
    scrim_canvas_shade(canvas, area, colour.y);
    fill_plane(canvas->planes[1], canvas->strides[1], half_width, half_height, half, colour.u);
    fill_plane(canvas->planes[2], canvas->strides[2], half_width, half_height, half, colour.v);
}

void scrim_canvas_shade(const struct scrim_canvas *canvas, struct scrim_region area, uint8_t luma)
{
    fill_plane(canvas->planes[0], canvas->strides[0], canvas->width, canvas->height, area, luma);
}
