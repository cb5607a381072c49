// Draws a mask: opaque fills, cell by cell, on all three planes. Nothing of the original stays
// under a covered cell, and colours depend on the mask alone.
#pragma once

#include "veil/grid.h"

// A picture that may be written to; the layout of struct scrim_picture.
struct scrim_canvas {
    uint8_t *planes[3];
    int strides[3];
    int width, height;
    bool full_range;
};

void scrim_render_mask(const struct scrim_canvas *canvas, const struct scrim_grid *grid);

// The whole picture opaque, with `text` (ASCII, drawn in capitals) in the middle, as large as fits.
void scrim_render_opaque(const struct scrim_canvas *canvas, const char *text);
