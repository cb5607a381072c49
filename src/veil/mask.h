// The mask of one frame: what moves, where people and vehicles are taken to be, and what the
// administrator drew, united on the grid.
#pragma once

#include "veil/grid.h"

#include "site/area.h"
#include "veil/track.h"

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

// Writes the mask into `grid` (of the same picture size, its content is replaced). Where somebody
// surely is, all of the silhouette is covered, elsewhere what of it does not plainly show the
// background.
void scrim_mask_build(struct scrim_mask *mask, const struct scrim_mask_motion *motion,
                      const struct scrim_place *places, size_t places_count,
                      struct scrim_grid *grid);

// The bounds of what moved in the last mask without touching anybody, of no more than
// SCRIM_UNEXPLAINED_MAX regions. Valid until the next mask.
#define SCRIM_UNEXPLAINED_MAX 63
size_t scrim_mask_unexplained(const struct scrim_mask *mask, const struct scrim_region **ret);

// Marks with 1 the cells that boxes touch or nearly touch: there the background must not learn.
void scrim_mask_claim(const struct scrim_mask *mask, const struct scrim_place *places,
                      size_t places_count, uint8_t *claimed);

// The share of the cells in a box that differ from the background, permille.
unsigned scrim_mask_foreground(const struct scrim_mask *mask, const uint8_t *levels,
                               const struct scrim_box *box);
