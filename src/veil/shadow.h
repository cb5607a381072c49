// Shadows on the ground, told from people on it: a shadow darkens what it falls on by one factor
// and leaves texture and colour as they were. Judged cell by cell, against a background of the
// cells' colours that is kept here and the background of their brightness that motion.c keeps.
//
// When in doubt it is no shadow, and without colour (infrared) there is always doubt. After
// Horprasert, Harwood, Davis, "A statistical approach for real-time robust background subtraction
// and shadow detection" (1999), whose brightness distortion and chromaticity distortion these are,
// per cell.
#pragma once

#include "media/picture.h"
#include "veil/grid.h"

struct scrim_shadows;

SCRIM_MUST_CHECK int scrim_shadows_create(int columns, int rows, struct scrim_shadows **ret);
void scrim_shadows_destroy(struct scrim_shadows *shadows); // NULL is fine

// The colours of a picture; what is judged and learnt next is of this one.
void scrim_shadows_look(struct scrim_shadows *shadows, const struct scrim_picture *picture);
// The colour of a cell's ground is nearer to this picture's by `rate` of SCRIM_RATE_ONE
// (kernels.h); the first time it is taken as it is.
void scrim_shadows_learn(struct scrim_shadows *shadows, int cell, int rate);
// Forgets all grounds.
void scrim_shadows_reset(struct scrim_shadows *shadows);

// The pixels of a cell, and their background in units of 1/SCRIM_LEVEL.
struct scrim_cell_pixels {
    const uint8_t *luma;
    const uint16_t *mean;
    int stride; // of both, elements
    int width, height;
};
bool scrim_shadows_is(const struct scrim_shadows *shadows, int cell,
                      const struct scrim_cell_pixels *pixels);
