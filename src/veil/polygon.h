// Polygons onto the grid. A mask must not show a sliver of what it hides, so a cell counts as soon
// as the polygon covers any part of it, however small; a cell that it only touches with an edge or
// a corner does not.
#pragma once

#include "site/area.h"
#include "veil/grid.h"

// Covers the cells of which the polygon (last point joined to the first) covers any part.
//
// Exact for a simple polygon: integers throughout, nothing is rounded. An open cell C that shares
// a part with the polygon's inside is either crossed by an edge, or lies inside as a whole, and
// then its centre does. Conversely, next to each point of an edge there is inside, so a cell that
// an edge crosses shares a part with it. So the cells are those whose inside some edge crosses, and
// those whose centre is inside (even-odd rule). What crosses itself is covered no less than by the
// even-odd rule. `count` is 1…SCRIM_AREA_POINTS_MAX, points are within 0…SCRIM_AREA_UNIT.
void scrim_polygon_cover(struct scrim_grid *grid, const struct scrim_point *points, unsigned count,
                         enum scrim_cover cover);
