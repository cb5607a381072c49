#include "veil/unclaimed.h"

#include "veil/motion.h"

// A box explains the cells that it touches or nearly touches.
static bool is_explained(const struct scrim_unclaimed *unclaimed, int column, int row)
{
    const float left = (float)((column - 1) * SCRIM_CELL), top = (float)((row - 1) * SCRIM_CELL);
    const float right = left + 3 * SCRIM_CELL, bottom = top + 3 * SCRIM_CELL;
    for (size_t i = 0; i < unclaimed->places_count; i++) {
        const struct scrim_box *box = &unclaimed->places[i].box;
        if (box->x0 < right && box->x1 > left && box->y0 < bottom && box->y1 > top)
            return true;
    }
    return false;
}

bool scrim_unclaimed_at(const struct scrim_unclaimed *unclaimed, int column, int row)
{
    const int columns = (unclaimed->width + SCRIM_CELL - 1) / SCRIM_CELL;
    return unclaimed->levels[row * columns + column] >= SCRIM_MOTION_STRONG &&
           !is_explained(unclaimed, column, row);
}
