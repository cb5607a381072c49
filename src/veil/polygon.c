#include "veil/polygon.h"

// Lengths below are in 1/SCRIM_AREA_UNIT of a pixel, so that corners of polygons (pixels × share)
// and borders of cells are whole numbers. A picture has at most 7680 of them × 10⁵ = 7.7·10⁸ in
// each direction; products of two lengths stay under 1.3·10¹⁸, within 64 bits.
#define CELL ((int64_t)SCRIM_CELL * SCRIM_AREA_UNIT)

struct corner {
    int64_t x, y;
};

static struct corner corner_of(const struct scrim_grid *grid, struct scrim_point point)
{
    return (struct corner){(int64_t)point.x * grid->width, (int64_t)point.y * grid->height};
}

// For den > 0 and num >= 0.
static int64_t divide_down(int64_t num, int64_t den)
{
    return num / den;
}

static int64_t divide_up(int64_t num, int64_t den)
{
    return num / den + (num % den != 0);
}

// From where to where, from left to right, an edge runs within a row: x = num / den.
struct run {
    int64_t from, to, den;
};

// `low` is not below `high`, and both are different in y. The part of the edge from y0 to y1.
static struct run part_of(struct corner low, struct corner high, int64_t y0, int64_t y1)
{
    const int64_t dx = high.x - low.x, dy = high.y - low.y;
    const int64_t at0 = low.x * dy + dx * (y0 - low.y), at1 = low.x * dy + dx * (y1 - low.y);
    return at0 < at1 ? (struct run){at0, at1, dy} : (struct run){at1, at0, dy};
}

// The open interval meets the open cells from floor(from) to ceil(to) - 1; none, if it is a point
// on a border.
static void cover_run(struct scrim_grid *grid, int64_t row, struct run run, enum scrim_cover cover)
{
    scrim_grid_cover_row(grid, (int)row, (int)divide_down(run.from, run.den * CELL),
                         (int)divide_up(run.to, run.den * CELL) - 1, cover);
}

static void cover_edge(struct scrim_grid *grid, struct corner a, struct corner b,
                       enum scrim_cover cover)
{
    const struct corner low = a.y <= b.y ? a : b, high = a.y <= b.y ? b : a;
    const int64_t first = divide_down(low.y, CELL), last = divide_up(high.y, CELL) - 1;
    for (int64_t row = first; row <= last; row++) {
        if (low.y == high.y) {
            const int64_t left = low.x < high.x ? low.x : high.x;
            cover_run(grid, row, (struct run){left, low.x + high.x - left, 1}, cover);
            continue;
        }
        const int64_t top = row * CELL, bottom = top + CELL;
        cover_run(grid, row,
                  part_of(low, high, top > low.y ? top : low.y, bottom < high.y ? bottom : high.y),
                  cover);
    }
}

// The first column whose centre lies to the right of where the edge crosses y, or on it.
static int column_right_of(struct corner low, struct corner high, int64_t y)
{
    const struct run at = part_of(low, high, y, y);
    // (column + 1/2) · CELL >= from / den
    const int64_t beyond = 2 * at.from - at.den * CELL;
    return beyond <= 0 ? 0 : (int)divide_up(beyond, 2 * at.den * CELL);
}

static void insert_sorted(int *list, unsigned count, int value)
{
    unsigned i = count;
    for (; i > 0 && list[i - 1] > value; i--)
        list[i] = list[i - 1];
    list[i] = value;
}

// Cells whose centres are inside: the row's middle line enters and leaves by turns.
static void cover_row_inside(struct scrim_grid *grid, int row, const struct corner *corners,
                             unsigned count, enum scrim_cover cover)
{
    int crossings[SCRIM_AREA_POINTS_MAX];
    unsigned found = 0;
    const int64_t y = row * CELL + CELL / 2;
    for (unsigned i = 0; i < count; i++) {
        const struct corner a = corners[i], b = corners[(i + 1) % count];
        if ((a.y > y) != (b.y > y)) {
            insert_sorted(crossings, found,
                          a.y < b.y ? column_right_of(a, b, y) : column_right_of(b, a, y));
            found++;
        }
    }
    for (unsigned i = 0; i + 1 < found; i += 2)
        scrim_grid_cover_row(grid, row, crossings[i], crossings[i + 1] - 1, cover);
}

void scrim_polygon_cover(struct scrim_grid *grid, const struct scrim_point *points, unsigned count,
                         enum scrim_cover cover)
{
    struct corner corners[SCRIM_AREA_POINTS_MAX];
    for (unsigned i = 0; i < count; i++)
        corners[i] = corner_of(grid, points[i]);
    for (unsigned i = 0; i < count; i++)
        cover_edge(grid, corners[i], corners[(i + 1) % count], cover);
    for (int row = 0; row < grid->rows; row++)
        cover_row_inside(grid, row, corners, count, cover);
}
