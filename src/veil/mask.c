#include "veil/mask.h"

#include "base/alloc.h"
#include "veil/island.h"
#include "veil/motion.h"
#include "veil/polygon.h"
#include "veil/silhouette.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Share of a cell's pixels, of 255, that is enough beside a cell that is SCRIM_MOTION_STRONG.
#define WEAK 32
// Less, in this frame and its neighbours, plainly shows the background.
#define PLAIN 32
// So near to a cell that does not, in cells for each pixel of the box's height, others may hide
// something too.
#define REACH_PER_PIXEL (1 / 80.0F)
// Smaller islands of motion are noise, unless they touch a box.
#define ISLAND_MIN 3
#define ISLAND_REACH 1 // only neighbours hang together
// A box covers a cell that it reaches into by more than this many pixels: boxes have a margin
// already, and rounding all of them outwards to whole cells would double it.
#define INSET 2.0F
// Gaps of up to this many cells between moving cells of a row or column are closed: plain clothes
// look like the ground behind them.
#define GAP_MAX 3

struct scrim_mask {
    int columns, rows;
    struct scrim_grid drawn; // static masks
    uint8_t *moving;         // per cell: 0, or 1 where something moves
    uint8_t *scratch;        // per cell
    uint32_t *stack;         // per cell, for the flood fill
    // Cells that do not plainly show the background, summed from the top left corner: (columns + 1)
    // × (rows + 1), after Crow, "Summed-area tables for texture mapping" (1984).
    uint32_t *hidden;
    struct scrim_region unexplained[SCRIM_UNEXPLAINED_MAX];
    size_t unexplained_count;
};

static size_t cell_count(const struct scrim_mask *mask)
{
    return (size_t)mask->columns * (size_t)mask->rows;
}

int scrim_mask_create(int width, int height, struct scrim_mask **ret)
{
    struct scrim_mask *mask = scrim_new(struct scrim_mask);
    const int code = scrim_grid_init(&mask->drawn, width, height);
    mask->columns = mask->drawn.columns;
    mask->rows = mask->drawn.rows;
    mask->moving = scrim_alloc_zero(cell_count(mask), 1);
    mask->scratch = scrim_alloc_zero(cell_count(mask), 1);
    mask->stack = scrim_alloc_zero(cell_count(mask), sizeof(*mask->stack));
    mask->hidden = scrim_alloc_zero((size_t)(mask->columns + 1) * (size_t)(mask->rows + 1),
                                    sizeof(*mask->hidden));
    if (code < 0 || !mask->moving || !mask->scratch || !mask->stack || !mask->hidden) {
        scrim_mask_destroy(mask);
        return SCRIM_ENOMEM;
    }
    *ret = mask;
    return SCRIM_OK;
}

void scrim_mask_draw(struct scrim_mask *mask, const struct scrim_area *areas, size_t count)
{
    scrim_grid_fill(&mask->drawn, SCRIM_COVER_CLEAR);
    for (size_t i = 0; i < count; i++) {
        if (areas[i].kind == SCRIM_AREA_MASK)
            scrim_polygon_cover(&mask->drawn, areas[i].points, areas[i].count, SCRIM_COVER_STATIC);
    }
}

void scrim_mask_destroy(struct scrim_mask *mask)
{
    if (!mask)
        return;
    scrim_grid_finish(&mask->drawn);
    free(mask->moving);
    free(mask->scratch);
    free(mask->stack);
    free(mask->hidden);
    free(mask);
}

static enum scrim_cover cover_of(enum scrim_class class)
{
    return class == SCRIM_CLASS_PERSON || class == SCRIM_CLASS_FACE ? SCRIM_COVER_PERSON
                                                                    : SCRIM_COVER_VEHICLE;
}

// The eight neighbours' largest value.
static uint8_t around(const struct scrim_mask *mask, const uint8_t *cells, int column, int row)
{
    uint8_t most = 0;
    for (int y = row > 0 ? row - 1 : 0; y <= row + 1 && y < mask->rows; y++)
        for (int x = column > 0 ? column - 1 : 0; x <= column + 1 && x < mask->columns; x++) {
            const uint8_t value = cells[(size_t)y * (size_t)mask->columns + (size_t)x];
            most = value > most && (x != column || y != row) ? value : most;
        }
    return most;
}

// One noisy frame neither opens nor makes a hole: the neighbours in time have a say.
static uint8_t steady_level(const struct scrim_mask_motion *motion, size_t cell)
{
    const uint8_t now = motion->now[cell];
    const uint8_t before = motion->before ? motion->before[cell] : now;
    const uint8_t after = motion->after ? motion->after[cell] : now;
    const uint8_t beside = before < after ? before : after;
    return now > beside ? now : beside;
}

// Where something moves: strong cells, and weak ones beside a strong one.
static void threshold(struct scrim_mask *mask, const struct scrim_mask_motion *motion)
{
    const size_t cells = cell_count(mask);
    for (size_t i = 0; i < cells; i++)
        mask->scratch[i] = steady_level(motion, i);
    for (int row = 0; row < mask->rows; row++)
        for (int column = 0; column < mask->columns; column++) {
            const size_t i = (size_t)row * (size_t)mask->columns + (size_t)column;
            const uint8_t level = mask->scratch[i];
            mask->moving[i] =
                level >= SCRIM_MOTION_STRONG ||
                (level >= WEAK && around(mask, mask->scratch, column, row) >= SCRIM_MOTION_STRONG);
        }
}

static bool touches_box(const struct scrim_mask *mask, size_t size, const struct scrim_grid *boxes)
{
    for (size_t k = 0; k < size; k++)
        if (boxes->cells[mask->stack[k]] != SCRIM_COVER_CLEAR)
            return true;
    return false;
}

// The bounds of the island whose `size` cells are in mask->stack.
static void note_unexplained(struct scrim_mask *mask, size_t size)
{
    if (mask->unexplained_count == SCRIM_UNEXPLAINED_MAX)
        return;
    const struct scrim_region cells = scrim_island_bounds(mask->stack, size, mask->columns);
    mask->unexplained[mask->unexplained_count++] =
        (struct scrim_region){cells.x * SCRIM_CELL, cells.y * SCRIM_CELL, cells.width * SCRIM_CELL,
                              cells.height * SCRIM_CELL};
}

static void drop_islands(struct scrim_mask *mask, const struct scrim_grid *boxes)
{
    const size_t cells = cell_count(mask);
    mask->unexplained_count = 0;
    for (size_t i = 0; i < cells; i++) {
        if (mask->moving[i] != 1)
            continue;
        const size_t size = scrim_island_flood(mask->moving, mask->columns, mask->rows, i,
                                               ISLAND_REACH, mask->stack);
        if (touches_box(mask, size, boxes))
            continue;
        if (size >= ISLAND_MIN)
            note_unexplained(mask, size);
        else
            for (size_t k = 0; k < size; k++)
                mask->moving[mask->stack[k]] = 0;
    }
    for (size_t i = 0; i < cells; i++)
        mask->moving[i] = mask->moving[i] != 0;
}

// Closes short gaps along a line of `count` cells, `step` apart.
static void close_line(uint8_t *cells, int count, size_t step)
{
    int last = -1;
    for (int i = 0; i < count; i++) {
        if (cells[(size_t)i * step] != 1)
            continue;
        if (last >= 0 && i - last - 1 <= GAP_MAX)
            for (int k = last + 1; k < i; k++)
                cells[(size_t)k * step] = 2;
        last = i;
    }
}

// Rows and columns are closed independently of each other, so that the order does not matter.
static void close_gaps(struct scrim_mask *mask)
{
    const size_t columns = (size_t)mask->columns;
    for (int row = 0; row < mask->rows; row++)
        close_line(mask->moving + (size_t)row * columns, mask->columns, 1);
    for (int column = 0; column < mask->columns; column++)
        close_line(mask->moving + column, mask->rows, columns);
}

// Adds the moving cells and a rim of one cell around them: the edge of a person fills only part of
// a cell.
static void add_motion(const struct scrim_mask *mask, struct scrim_grid *grid)
{
    for (int row = 0; row < mask->rows; row++)
        for (int column = 0; column < mask->columns; column++) {
            const size_t i = (size_t)row * (size_t)mask->columns + (size_t)column;
            uint8_t *cell = &grid->cells[i];
            const bool figure = mask->moving[i];
            if (!figure && !around(mask, mask->moving, column, row))
                continue;
            if (*cell < SCRIM_COVER_MOTION)
                *cell = SCRIM_COVER_MOTION;
            if (figure)
                *cell |= SCRIM_COVER_FIGURE;
        }
}

static bool is_plain(const uint8_t *levels, size_t cell)
{
    return !levels || (levels[cell] < PLAIN && levels[cell] != SCRIM_MOTION_UNKNOWN);
}

static void sum_hidden(struct scrim_mask *mask, const struct scrim_mask_motion *motion)
{
    const size_t stride = (size_t)mask->columns + 1;
    for (int row = 0; row < mask->rows; row++) {
        const uint32_t *above = mask->hidden + (size_t)row * stride;
        uint32_t *sums = mask->hidden + ((size_t)row + 1) * stride, in_row = 0;
        for (int column = 0; column < mask->columns; column++) {
            const size_t i = (size_t)row * (size_t)mask->columns + (size_t)column;
            in_row += !is_plain(motion->now, i) || !is_plain(motion->before, i) ||
                      !is_plain(motion->after, i);
            sums[column + 1] = above[column + 1] + in_row;
        }
    }
}

static bool hides_something(const struct scrim_mask *mask, int column, int row, int reach)
{
    const size_t stride = (size_t)mask->columns + 1;
    const int left = column > reach ? column - reach : 0, top = row > reach ? row - reach : 0;
    const int right = column + reach < mask->columns ? column + reach + 1 : mask->columns;
    const int bottom = row + reach < mask->rows ? row + reach + 1 : mask->rows;
    const uint32_t *above = mask->hidden + (size_t)top * stride;
    const uint32_t *below = mask->hidden + (size_t)bottom * stride;
    return below[right] - below[left] != above[right] - above[left];
}

static void cover_place(const struct scrim_mask *mask, const struct scrim_place *place,
                        struct scrim_grid *grid)
{
    const struct scrim_box *box = &place->box;
    struct scrim_box inner = *box;
    inner.x0 += INSET;
    inner.y0 += INSET;
    inner.x1 -= INSET;
    inner.y1 -= INSET;
    // Whatever a box holds, this is a number of cells.
    const float tall = fminf(fmaxf(box->y1 - box->y0, 0), (float)grid->height);
    const int reach = 1 + (int)(tall * REACH_PER_PIXEL - 0.5F);
    const struct scrim_silhouette silhouette = scrim_silhouette_of(grid, &inner);
    struct scrim_silhouette_row span;
    for (int row = silhouette.first_row; row <= silhouette.last_row; row++) {
        if (!scrim_silhouette_at(&silhouette, row, &span))
            continue;
        for (int column = span.left; column <= span.right; column++)
            if (place->sure || hides_something(mask, column, row, reach))
                scrim_grid_cover_cell(grid, column, row, cover_of(box->class));
    }
}

void scrim_mask_build(struct scrim_mask *mask, const struct scrim_mask_motion *motion,
                      const struct scrim_place *places, size_t places_count,
                      struct scrim_grid *grid)
{
    scrim_grid_fill(grid, SCRIM_COVER_CLEAR);
    sum_hidden(mask, motion);
    for (size_t i = 0; i < places_count; i++)
        cover_place(mask, &places[i], grid);
    threshold(mask, motion);
    drop_islands(mask, grid);
    close_gaps(mask);
    add_motion(mask, grid);
    scrim_grid_union(grid, &mask->drawn);
}

size_t scrim_mask_unexplained(const struct scrim_mask *mask, const struct scrim_region **ret)
{
    *ret = mask->unexplained;
    return mask->unexplained_count;
}

void scrim_mask_claim(const struct scrim_mask *mask, const struct scrim_place *places,
                      size_t places_count, uint8_t *claimed)
{
    struct scrim_grid grid = {mask->columns, mask->rows, mask->drawn.width, mask->drawn.height,
                              claimed};
    scrim_grid_fill(&grid, 0);
    for (size_t i = 0; i < places_count; i++) {
        const struct scrim_box *box = &places[i].box;
        scrim_grid_cover(&grid, box->x0 - SCRIM_CELL, box->y0 - SCRIM_CELL, box->x1 + SCRIM_CELL,
                         box->y1 + SCRIM_CELL, SCRIM_COVER_STATIC);
    }
}

static int clamp_cell(float at, int count)
{
    const float cell = at / SCRIM_CELL;
    if (!(cell > 0)) // which NaN is not either
        return 0;
    return cell < (float)count ? (int)cell : count - 1;
}

unsigned scrim_mask_foreground(const struct scrim_mask *mask, const uint8_t *levels,
                               const struct scrim_box *box)
{
    const int left = clamp_cell(box->x0, mask->columns), right = clamp_cell(box->x1, mask->columns);
    const int top = clamp_cell(box->y0, mask->rows), bottom = clamp_cell(box->y1, mask->rows);
    unsigned foreground = 0;
    for (int row = top; row <= bottom; row++)
        for (int column = left; column <= right; column++)
            foreground +=
                levels[(size_t)row * (size_t)mask->columns + (size_t)column] >= SCRIM_MOTION_STRONG;
    const int cells = (right - left + 1) * (bottom - top + 1);
    return cells > 0 ? foreground * 1000 / (unsigned)cells
                     : 0; // a box turned inside out holds none
}
