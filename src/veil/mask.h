// The mask of one frame: what moves, where people and vehicles are taken to be, and what the
// administrator drew, united on the grid.
#pragma once

#include "veil/grid.h"

#include "detect/detector.h"
#include "site/area.h"

struct scrim_mask;

SCRIM_MUST_CHECK int scrim_mask_create(int width, int height, struct scrim_mask **ret);
void scrim_mask_destroy(struct scrim_mask *mask);

// From now on the masks among `areas` are covered always, and none that was before.
void scrim_mask_draw(struct scrim_mask *mask, const struct scrim_area *areas, size_t count);

// Levels of motion.h for the frame and its neighbours in time; a neighbour that does not exist is
// NULL.
struct scrim_mask_motion {
    const uint8_t *before, *now, *after;
};

// Where somebody is taken to be, and which of it surely (struct scrim_place): then all of the box
// is covered, otherwise what of it does not plainly show the background.
struct scrim_mask_boxes {
    const struct scrim_box *boxes;
    const bool *sure;
    size_t count;
};

// Writes the mask into `grid` (of the same picture size, its content is replaced).
void scrim_mask_build(struct scrim_mask *mask, const struct scrim_mask_motion *motion,
                      const struct scrim_mask_boxes *people, struct scrim_grid *grid);

// Marks with 1 the cells that boxes touch or nearly touch: there the background must not learn.
void scrim_mask_claim(const struct scrim_mask *mask, const struct scrim_box *boxes,
                      size_t boxes_count, uint8_t *claimed);

// The share of the cells in a box that differ from the background, permille.
unsigned scrim_mask_foreground(const struct scrim_mask *mask, const uint8_t *levels,
                               const struct scrim_box *box);
