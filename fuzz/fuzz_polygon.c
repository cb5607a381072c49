// The rasteriser of masks against an implementation that is slow and plain: the edges cut with
// every cell one by one, and every cell's centre asked whether it is inside; and the promise
// itself, that no point inside the polygon lies in a cell that is not covered.
//
// Input: u8 width / 8 of the picture, u8 height / 8, u8 odd pixels, u8 seed, then corners: u16 x,
// u16 y in 1/65535 of the picture.
#include "veil/polygon.h"

#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>

#define SAMPLES 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct spot {
    int64_t x, y; // 1/SCRIM_AREA_UNIT pixel
};

struct shape {
    struct spot corners[SCRIM_AREA_POINTS_MAX];
    unsigned count;
};

// Even-odd, by the side of each edge that the spot is on: exact.
static bool inside(const struct shape *shape, struct spot spot)
{
    bool in = false;
    for (unsigned i = 0; i < shape->count; i++) {
        const struct spot a = shape->corners[i], b = shape->corners[(i + 1) % shape->count];
        if ((a.y > spot.y) == (b.y > spot.y))
            continue;
        const __int128 cross =
            (__int128)(b.x - a.x) * (spot.y - a.y) - (__int128)(spot.x - a.x) * (b.y - a.y);
        if ((b.y > a.y) == (cross > 0))
            in = !in;
    }
    return in;
}

// Does the segment ab have a point within the open rectangle? By separating axes: it does not, if
// both ends lie on one side of it (or on its border), or all its corners on one side of the
// segment's line (or on that).
static bool crosses(struct spot a, struct spot b, struct spot low, struct spot high)
{
    if ((a.x <= low.x && b.x <= low.x) || (a.x >= high.x && b.x >= high.x) ||
        (a.y <= low.y && b.y <= low.y) || (a.y >= high.y && b.y >= high.y))
        return false;
    if (a.x == b.x && a.y == b.y)
        return true;
    int left = 0, right = 0;
    for (int i = 0; i < 4; i++) {
        const struct spot c = {i & 1 ? high.x : low.x, i & 2 ? high.y : low.y};
        const __int128 side =
            (__int128)(b.x - a.x) * (c.y - a.y) - (__int128)(b.y - a.y) * (c.x - a.x);
        left += side >= 0;
        right += side <= 0;
    }
    return left < 4 && right < 4;
}

static bool touched(const struct shape *shape, int column, int row)
{
    const int64_t cell = (int64_t)SCRIM_CELL * SCRIM_AREA_UNIT;
    const struct spot low = {column * cell, row * cell}, high = {low.x + cell, low.y + cell};
    for (unsigned i = 0; i < shape->count; i++)
        if (crosses(shape->corners[i], shape->corners[(i + 1) % shape->count], low, high))
            return true;
    return inside(shape, (struct spot){low.x + cell / 2, low.y + cell / 2});
}

static void fail(const char *what, int column, int row)
{
    fprintf(stderr, "column %d, row %d: %s\n", column, row, what);
    abort();
}

static void compare(const struct scrim_grid *grid, const struct shape *shape)
{
    for (int row = 0; row < grid->rows; row++)
        for (int column = 0; column < grid->columns; column++) {
            const bool covered = grid->cells[row * grid->columns + column] != 0;
            if (covered != touched(shape, column, row))
                fail(covered ? "covered for nothing" : "not covered", column, row);
        }
}

static void sample(const struct scrim_grid *grid, const struct shape *shape, uint32_t seed)
{
    const int64_t cell = (int64_t)SCRIM_CELL * SCRIM_AREA_UNIT;
    for (int i = 0; i < SAMPLES; i++) {
        struct spot spot;
        seed = seed * 1664525U + 1013904223U;
        spot.x = (int64_t)(seed >> 8) % ((int64_t)grid->width * SCRIM_AREA_UNIT);
        seed = seed * 1664525U + 1013904223U;
        spot.y = (int64_t)(seed >> 8) % ((int64_t)grid->height * SCRIM_AREA_UNIT);
        const int column = (int)(spot.x / cell), row = (int)(spot.y / cell);
        // A spot on the border of two cells shows in either.
        if (spot.x % cell != 0 && spot.y % cell != 0 && inside(shape, spot) &&
            grid->cells[row * grid->columns + column] == 0)
            fail("a point inside the polygon shows", column, row);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_reader input = scrim_reader_of(data, size);
    struct scrim_point points[SCRIM_AREA_POINTS_MAX];
    struct shape shape = {0};
    uint8_t width, height, odd, seed;
    uint16_t x, y;
    if (!scrim_read_u8(&input, &width) || !scrim_read_u8(&input, &height) ||
        !scrim_read_u8(&input, &odd) || !scrim_read_u8(&input, &seed))
        return 0;
    struct scrim_grid grid;
    if (scrim_grid_init(&grid, (width % 24 + 1) * SCRIM_CELL + odd % 8,
                        (height % 24 + 1) * SCRIM_CELL + odd / 8 % 8) < 0)
        return 0;
    while (shape.count < SCRIM_AREA_POINTS_MAX && scrim_read_u16(&input, &x) &&
           scrim_read_u16(&input, &y)) {
        const struct scrim_point point = {(int32_t)((int64_t)x * SCRIM_AREA_UNIT / UINT16_MAX),
                                          (int32_t)((int64_t)y * SCRIM_AREA_UNIT / UINT16_MAX)};
        shape.corners[shape.count] =
            (struct spot){(int64_t)point.x * grid.width, (int64_t)point.y * grid.height};
        points[shape.count++] = point;
    }
    if (shape.count > 0) {
        scrim_polygon_cover(&grid, points, shape.count, SCRIM_COVER_STATIC);
        compare(&grid, &shape);
        sample(&grid, &shape, seed);
    }
    scrim_grid_finish(&grid);
    return 0;
}
