// A mask on a grid of 8×8 pixel cells: which are covered, and as what. The last column and row may
// reach beyond a picture whose size is not a multiple of 8.
#pragma once

#include "base/buf.h"
#include "media/picture.h"

#define SCRIM_CELL 8 // pixels

// What a cell is covered as; the colour follows. In order of precedence: a union keeps the larger.
enum scrim_cover {
    SCRIM_COVER_CLEAR,
    SCRIM_COVER_STATIC,  // drawn by the administrator
    SCRIM_COVER_MOTION,  // something moves and nobody knows what
    SCRIM_COVER_VEHICLE, // vehicles and two-wheelers
    SCRIM_COVER_PERSON,
    SCRIM_COVER_COUNT,
};
#define SCRIM_COVER_MASK 0x0f
#define SCRIM_COVER_FIGURE 0x10 // set beside a cover: the moving figure itself, drawn darker

struct scrim_grid {
    int columns, rows;
    int width, height; // of the picture, pixels
    uint8_t *cells;    // owned; rows × columns, enum scrim_cover with or without FIGURE
};

SCRIM_MUST_CHECK int scrim_grid_init(struct scrim_grid *grid, int width, int height);
void scrim_grid_finish(struct scrim_grid *grid);
void scrim_grid_fill(struct scrim_grid *grid, uint8_t cover);
// Both of the same picture size.
void scrim_grid_copy(struct scrim_grid *to, const struct scrim_grid *from);
void scrim_grid_union(struct scrim_grid *to, const struct scrim_grid *from);
// Covers every cell that the rectangle touches; clipped to the picture.
void scrim_grid_cover(struct scrim_grid *grid, float x0, float y0, float x1, float y1,
                      enum scrim_cover cover);
// Covers the cells of a row from column `first` to `last`, which lie within the grid.
void scrim_grid_cover_row(struct scrim_grid *grid, int row, int first, int last,
                          enum scrim_cover cover);
void scrim_grid_cover_cell(struct scrim_grid *grid, int column, int row, enum scrim_cover cover);
unsigned scrim_grid_permille(const struct scrim_grid *grid); // share of covered cells

// The covered area as rectangles that do not overlap, in pixels, clipped to the picture. Writes at
// most `max` and returns how many there are; `max` = columns × rows always suffices.
size_t scrim_grid_rects(const struct scrim_grid *grid, struct scrim_region *rects, size_t max);
