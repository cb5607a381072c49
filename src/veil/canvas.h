// A picture that may be written to, in the layout of struct scrim_picture, and flat fills on it.
// What is drawn over a fill changes luma alone: chroma has a quarter of the samples, and stays the
// fill's.
#pragma once

#include "media/picture.h"

struct scrim_canvas {
    uint8_t *planes[3];
    int strides[3];
    int width, height;
    bool full_range;
};

// BT.601, limited range.
struct scrim_colour {
    uint8_t y, u, v;
};

// Fills a rectangle whose corner is even, clipped to the canvas; chroma samples that it touches are
// filled whole.
void scrim_canvas_fill(const struct scrim_canvas *canvas, struct scrim_region area,
                       struct scrim_colour colour);
// The luma of any rectangle, clipped to the canvas.
void scrim_canvas_shade(const struct scrim_canvas *canvas, struct scrim_region area, uint8_t luma);
