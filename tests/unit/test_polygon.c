// Polygons onto the grid, drawn as pictures: which cells a shape covers, and which it does not.
#include "test.h"
#include "veil/polygon.h"

#include <math.h>

#define CELLS 8
#define SIDE (CELLS * SCRIM_CELL)

// Points in cells of a picture of 8×8 cells.
struct corner {
    double x, y;
};

static void draw(const struct corner *corners, unsigned count, char ret[CELLS * (CELLS + 1) + 1])
{
    struct scrim_point points[SCRIM_AREA_POINTS_MAX];
    struct scrim_grid grid;
    for (unsigned i = 0; i < count; i++)
        points[i] = (struct scrim_point){(int32_t)lround(corners[i].x / CELLS * SCRIM_AREA_UNIT),
                                         (int32_t)lround(corners[i].y / CELLS * SCRIM_AREA_UNIT)};
    if (scrim_grid_init(&grid, SIDE, SIDE) < 0)
        abort();
    scrim_polygon_cover(&grid, points, count, SCRIM_COVER_STATIC);
    for (int row = 0; row < CELLS; row++, ret += CELLS + 1) {
        for (int column = 0; column < CELLS; column++)
            ret[column] = grid.cells[row * CELLS + column] ? '#' : '.';
        ret[CELLS] = '\n';
    }
    *ret = '\0';
    scrim_grid_finish(&grid);
}

static void shapes(void)
{
    static const struct {
        const char *name;
        unsigned count;
        struct corner corners[8];
        const char *picture;
    } cases[] = {
        {"edges on cell borders do not touch the next cells",
         4,
         {{2, 3}, {5, 3}, {5, 6}, {2, 6}},
         "........\n........\n........\n..###...\n..###...\n..###...\n........\n........\n"},
        {"a hair beyond them does",
         4,
         {{1.999, 3}, {5.001, 3}, {5.001, 6.001}, {1.999, 6.001}},
         "........\n........\n........\n.#####..\n.#####..\n.#####..\n.#####..\n........\n"},
        {"a sliver",
         3,
         {{0.1, 0.1}, {7.9, 3.9}, {7.9, 3.91}},
         "##......\n.###....\n...####.\n......##\n........\n........\n........\n........\n"},
        {"a diagonal through corners of cells",
         3,
         {{0, 0}, {8, 8}, {0, 8}},
         "#.......\n##......\n###.....\n####....\n#####...\n######..\n#######.\n########\n"},
        {"within one cell",
         3,
         {{4.4, 4.4}, {4.6, 4.4}, {4.5, 4.5}},
         "........\n........\n........\n........\n....#...\n........\n........\n........\n"},
        {"a hollow",
         8,
         {{1, 1}, {7, 1}, {7, 7}, {5, 7}, {5, 3}, {3, 3}, {3, 7}, {1, 7}},
         "........\n.######.\n.######.\n.##..##.\n.##..##.\n.##..##.\n.##..##.\n........\n"},
        {"all of it",
         4,
         {{0, 0}, {8, 0}, {8, 8}, {0, 8}},
         "########\n########\n########\n########\n########\n########\n########\n########\n"},
        {"no area, along a border",
         3,
         {{1, 2}, {5, 2}, {3, 2}},
         "........\n........\n........\n........\n........\n........\n........\n........\n"},
        {"no area, across cells",
         3,
         {{1.5, 2.5}, {5.5, 2.5}, {3.5, 2.5}},
         "........\n........\n.#####..\n........\n........\n........\n........\n........\n"},
        {"crossing itself",
         4,
         {{1, 1}, {7, 7}, {7, 1}, {1, 7}},
         "........\n.#....#.\n.##..##.\n.######.\n.######.\n.##..##.\n.#....#.\n........\n"},
        {"one point, on a corner",
         1,
         {{3, 3}},
         "........\n........\n........\n........\n........\n"
         "........\n........\n........\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char picture[CELLS * (CELLS + 1) + 1];
        draw(cases[i].corners, cases[i].count, picture);
        if (strcmp(picture, cases[i].picture) != 0) {
            printf("  %s:\n%s", cases[i].name, picture);
            CHECK(false);
        }
    }
}

// Shares that people write are exact whatever the size of the picture: 0.8 of 640 is a cell border.
static void decimal_shares_are_exact(void)
{
    static const int sizes[][2] = {{640, 480}, {1280, 720}, {1920, 1080}, {3840, 2160}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct scrim_area area = {.kind = SCRIM_AREA_MASK};
        struct scrim_grid grid;
        static const double corners[][2] = {{0.8, 0}, {1, 0}, {1, 0.2}, {0.8, 0.2}};
        for (int k = 0; k < 4; k++)
            REQUIRE(scrim_area_add_point(&area, corners[k][0], corners[k][1], NULL) == SCRIM_OK);
        REQUIRE(scrim_grid_init(&grid, sizes[i][0], sizes[i][1]) == SCRIM_OK);
        scrim_polygon_cover(&grid, area.points, area.count, SCRIM_COVER_STATIC);
        int columns = 0, rows = 0;
        for (int column = 0; column < grid.columns; column++)
            columns += grid.cells[column] != 0;
        for (int row = 0; row < grid.rows; row++)
            rows += grid.cells[(row + 1) * grid.columns - 1] != 0;
        CHECK_INT(columns, grid.width / 5 / SCRIM_CELL);
        CHECK_INT(rows, (grid.height / 5 + SCRIM_CELL - 1) / SCRIM_CELL);
        scrim_grid_finish(&grid);
    }
}

// The largest picture and its far corner: nothing overflows, nothing is written beside the grid.
static void the_largest_picture(void)
{
    struct scrim_grid grid;
    static const struct scrim_point points[] = {
        {SCRIM_AREA_UNIT, SCRIM_AREA_UNIT}, {0, 1}, {SCRIM_AREA_UNIT, 0}, {1, SCRIM_AREA_UNIT}};
    REQUIRE(scrim_grid_init(&grid, 7680, 7680) == SCRIM_OK);
    scrim_polygon_cover(&grid, points, 4, SCRIM_COVER_STATIC);
    CHECK(grid.cells[grid.columns * grid.rows - 1] != 0);
    CHECK(grid.cells[0] != 0);
    CHECK(grid.cells[grid.columns - 1] != 0);
    CHECK(grid.cells[grid.rows / 2 * grid.columns] == 0);
    scrim_grid_finish(&grid);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"shapes", shapes},
                                    {"decimal shares are exact", decimal_shares_are_exact},
                                    {"the largest picture", the_largest_picture},
                                    {0}});
}
