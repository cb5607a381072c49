// Draws a mask: opaque fills, cell by cell, on all three planes, and on them what helps to read
// them. Nothing of the original stays under a covered cell, and nothing outside one is touched:
// what is drawn depends on the mask and the marks alone.
//
//   a light box               where a person, a vehicle or something unexplained is taken to be
//   a darker figure in it     what moves there: posture
//   a dark line around it     one or two pixels, inside the covered cells
//   an arrowhead              which way somebody goes
//   bars from side to side    a person whose box is wider than it is tall: lying, or fallen
#pragma once

#include "veil/canvas.h"
#include "veil/grid.h"
#include "veil/track.h"

// Who and what is among the covered. A mark outside covered cells draws nothing.
struct scrim_marks {
    const struct scrim_place *places;
    size_t count;
};

void scrim_render_mask(const struct scrim_canvas *canvas, const struct scrim_grid *grid,
                       struct scrim_marks marks);

// The whole picture opaque, with `text` (UTF-8) in its upper half, as large as fits:
// in the middle the desk's page says the same, and more.
void scrim_render_opaque(const struct scrim_canvas *canvas, const char *text);
