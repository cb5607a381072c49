#include "veil/grid.h"

#include "base/alloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static size_t cell_count(const struct scrim_grid *grid)
{
    return (size_t)grid->columns * (size_t)grid->rows;
}

int scrim_grid_init(struct scrim_grid *grid, int width, int height)
{
    *grid = (struct scrim_grid){
        .columns = (width + SCRIM_CELL - 1) / SCRIM_CELL,
        .rows = (height + SCRIM_CELL - 1) / SCRIM_CELL,
        .width = width,
        .height = height,
    };
    grid->cells = scrim_alloc_zero(cell_count(grid), 1);
    return grid->cells ? SCRIM_OK : SCRIM_ENOMEM;
}

void scrim_grid_finish(struct scrim_grid *grid)
{
    if (!grid)
        return;
    free(grid->cells);
    *grid = (struct scrim_grid){0};
}

void scrim_grid_fill(struct scrim_grid *grid, uint8_t cover)
{
    memset(grid->cells, cover, cell_count(grid));
}

void scrim_grid_copy(struct scrim_grid *to, const struct scrim_grid *from)
{
    memcpy(to->cells, from->cells, cell_count(to));
}

void scrim_grid_union(struct scrim_grid *to, const struct scrim_grid *from)
{
    const size_t count = cell_count(to);
    for (size_t i = 0; i < count; i++) {
        const uint8_t a = to->cells[i], b = from->cells[i];
        const uint8_t kind_a = a & SCRIM_COVER_MASK, kind_b = b & SCRIM_COVER_MASK;
        to->cells[i] =
            (uint8_t)((kind_a > kind_b ? kind_a : kind_b) | ((a | b) & SCRIM_COVER_FIGURE));
    }
}

// The cell that holds `at`, within 0…count - 1. NaN gives 0.
static int cell_of(float at, int count)
{
    const float cell = floorf(at / SCRIM_CELL);
    if (!(cell > 0))
        return 0;
    return cell < (float)count ? (int)cell : count - 1;
}

void scrim_grid_cover_cell(struct scrim_grid *grid, int column, int row, enum scrim_cover cover)
{
    uint8_t *cell = &grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column];
    if ((*cell & SCRIM_COVER_MASK) < cover)
        *cell = (uint8_t)((*cell & SCRIM_COVER_FIGURE) | cover);
}

void scrim_grid_cover_row(struct scrim_grid *grid, int row, int first, int last,
                          enum scrim_cover cover)
{
    for (int column = first; column <= last; column++)
        scrim_grid_cover_cell(grid, column, row, cover);
}

void scrim_grid_cover(struct scrim_grid *grid, float x0, float y0, float x1, float y1,
                      enum scrim_cover cover)
{
    if (!(x1 > 0 && y1 > 0 && x0 < (float)grid->width && y0 < (float)grid->height && x0 < x1 &&
          y0 < y1))
        return;
    const int left = cell_of(x0, grid->columns), top = cell_of(y0, grid->rows);
    // A right edge exactly on a cell border does not touch the next cell.
    const int right = cell_of(nextafterf(x1, x0), grid->columns);
    const int bottom = cell_of(nextafterf(y1, y0), grid->rows);
    for (int row = top; row <= bottom; row++)
        scrim_grid_cover_row(grid, row, left, right, cover);
}

unsigned scrim_grid_permille(const struct scrim_grid *grid)
{
    const size_t count = cell_count(grid);
    size_t covered = 0;
    for (size_t i = 0; i < count; i++)
        covered += (grid->cells[i] & SCRIM_COVER_MASK) != SCRIM_COVER_CLEAR;
    return count ? (unsigned)(covered * 1000 / count) : 0;
}

static bool covered_at(const struct scrim_grid *grid, int column, int row)
{
    return grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column] & SCRIM_COVER_MASK;
}

// The covered run of a row that starts at `column`: one beyond its last column.
static int run_end(const struct scrim_grid *grid, int column, int row)
{
    while (column < grid->columns && covered_at(grid, column, row))
        column++;
    return column;
}

static bool same_run(const struct scrim_grid *grid, int start, int end, int row)
{
    return covered_at(grid, start, row) && (start == 0 || !covered_at(grid, start - 1, row)) &&
           run_end(grid, start, row) == end;
}

static struct scrim_region clip_cells(const struct scrim_grid *grid, int left, int top, int right,
                                      int bottom)
{
    const int x1 = right * SCRIM_CELL < grid->width ? right * SCRIM_CELL : grid->width;
    const int y1 = bottom * SCRIM_CELL < grid->height ? bottom * SCRIM_CELL : grid->height;
    const int x0 = left * SCRIM_CELL, y0 = top * SCRIM_CELL;
    return (struct scrim_region){x0, y0, x1 - x0, y1 - y0};
}

// Runs of a row, merged downwards with equal runs of the rows below.
size_t scrim_grid_rects(const struct scrim_grid *grid, struct scrim_region *rects, size_t max)
{
    size_t count = 0;
    for (int row = 0; row < grid->rows; row++) {
        for (int column = 0; column < grid->columns; column++) {
            if (!covered_at(grid, column, row))
                continue;
            const int start = column, end = run_end(grid, column, row);
            column = end;
            if (row > 0 && same_run(grid, start, end, row - 1))
                continue;
            int bottom = row + 1;
            while (bottom < grid->rows && same_run(grid, start, end, bottom))
                bottom++;
            if (count < max)
                rects[count] = clip_cells(grid, start, row, end, bottom);
            count++;
        }
    }
    return count;
}
