// The part of its box that somebody can be in: people do not fill the corners of theirs.
#pragma once

#include "detect/detector.h"
#include "veil/grid.h"

struct scrim_silhouette {
    struct scrim_box box;    // goes on beyond the edge of the picture that cuts somebody off
    float width;             // of the picture
    int first_row, last_row; // it touches none of the others
};

// A person's or a face's is the superellipse |x|^3 + |y|^3 = 1 in the box, which covers the ellipse
// of a box a tenth smaller and off its place by as much; a vehicle's is the box.
struct scrim_silhouette scrim_silhouette_of(const struct scrim_grid *grid,
                                            const struct scrim_box *box);

struct scrim_silhouette_row {
    int left, right; // columns, both included
};

// The cells of a row of the grid that it touches. False if there are none.
bool scrim_silhouette_at(const struct scrim_silhouette *silhouette, int row,
                         struct scrim_silhouette_row *ret);
