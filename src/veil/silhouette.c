#include "veil/silhouette.h"

#include <math.h>

#define AT_EDGE 6.0F // pixels

// Half the width of the silhouette, of 1, at this distance from its centre, of 1.
static float half_width(enum scrim_class class, float distance)
{
    if (class != SCRIM_CLASS_PERSON && class != SCRIM_CLASS_FACE)
        return 1;
    return cbrtf(1 - distance * distance * distance);
}

// Who is cut off by the edge of the picture goes on beyond it: no corner is rounded there.
static struct scrim_box beyond_edges(const struct scrim_grid *grid, struct scrim_box box)
{
    const float width = box.x1 - box.x0, height = box.y1 - box.y0;
    if (box.x0 < AT_EDGE)
        box.x0 -= width;
    if (box.y0 < AT_EDGE)
        box.y0 -= height;
    if (box.x1 > (float)grid->width - AT_EDGE)
        box.x1 += width;
    if (box.y1 > (float)grid->height - AT_EDGE)
        box.y1 += height;
    return box;
}

// The row of cells that holds `y`; within the picture, whatever it is.
static int row_of(const struct scrim_grid *grid, float y)
{
    const int row = (int)(fmaxf(fminf(y, (float)grid->height), 0) / SCRIM_CELL);
    return row < grid->rows ? row : grid->rows - 1;
}

struct scrim_silhouette scrim_silhouette_of(const struct scrim_grid *grid,
                                            const struct scrim_box *box)
{
    const struct scrim_box whole = beyond_edges(grid, *box);
    return (struct scrim_silhouette){
        .box = whole,
        .width = (float)grid->width,
        .first_row = row_of(grid, whole.y0),
        .last_row = row_of(grid, whole.y1),
    };
}

bool scrim_silhouette_at(const struct scrim_silhouette *silhouette, int row,
                         struct scrim_silhouette_row *ret)
{
    const struct scrim_box *box = &silhouette->box;
    const float top = (float)row * SCRIM_CELL, bottom = top + SCRIM_CELL;
    if (!(box->y0 < bottom && box->y1 > top && box->x0 < box->x1)) // NaN too
        return false;
    const float middle = (box->y0 + box->y1) / 2, height = (box->y1 - box->y0) / 2;
    const float nearest = fminf(fmaxf(middle, top), bottom);
    const float width =
        (box->x1 - box->x0) / 2 * half_width(box->class, fabsf(nearest - middle) / height);
    const float centre = (box->x0 + box->x1) / 2;
    const float left = fmaxf(centre - width, 0), right = fminf(centre + width, silhouette->width);
    if (!(left < right))
        return false;
    ret->left = (int)(left / SCRIM_CELL);
    // An edge exactly on a cell border does not touch the next cell.
    ret->right = (int)(nextafterf(right, left) / SCRIM_CELL);
    return true;
}
