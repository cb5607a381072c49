#include "veil/render.h"

#include "veil/font.h"

#include <math.h>

// Blue, ochre, plum and greys, of different lightness: told apart by colour-blind people and on a
// grey screen (tools/palette.py reads this table and computes how well).
struct palette {
    struct scrim_colour box, figure;
    uint8_t line; // luma of the outline: far from that of the box, so that one of the two stands
                  // out from any surroundings
    uint8_t sign; // luma of what is drawn inside
};

static const struct palette palettes[SCRIM_COVER_COUNT] = {
    [SCRIM_COVER_STATIC] = {{44, 128, 128}, {44, 128, 128}, 110, 110},
    [SCRIM_COVER_MOTION] = {{110, 128, 128}, {78, 128, 128}, 28, 200},
    [SCRIM_COVER_VEHICLE] = {{172, 88, 148}, {126, 94, 151}, 34, 34},
    [SCRIM_COVER_PERSON] = {{126, 156, 104}, {62, 152, 112}, 24, 228},
};
static const struct palette lying = {{150, 142, 146}, {94, 146, 146}, 24, 228};
static const struct scrim_colour curtain = {52, 132, 125};
static const uint8_t lettering = 196;

#define LYING_ASPECT 1.3F // width by height; two people side by side stay below it
#define EDGE 3.0F         // pixels from the picture's edge: how tall the rest is, nobody knows

#define BAR 2            // pixels, of every cell
#define SPEED_MIN 0.2F   // heights of the box a second; slower may be the detector's unrest
#define ARROW_SHARE 0.5F // of the shorter side of the box
#define ARROW_MIN 7.0F   // pixels
#define ARROW_MAX 24.0F
#define ARROW_SLOPE 0.42F // of its sides

static uint8_t cell_at(const struct scrim_grid *grid, int column, int row)
{
    return grid->cells[(size_t)row * (size_t)grid->columns + (size_t)column];
}

static enum scrim_cover cover_at(const struct scrim_grid *grid, int column, int row)
{
    return (enum scrim_cover)(cell_at(grid, column, row) & SCRIM_COVER_MASK);
}

static struct scrim_colour colour_of(const struct palette *palette, uint8_t cell)
{
    return cell & SCRIM_COVER_FIGURE ? palette->figure : palette->box;
}

static struct scrim_region cells(int column, int row, int columns)
{
    return (struct scrim_region){column * SCRIM_CELL, row * SCRIM_CELL, columns * SCRIM_CELL,
                                 SCRIM_CELL};
}

static void fill_cells(const struct scrim_canvas *canvas, const struct scrim_grid *grid)
{
    for (int row = 0; row < grid->rows; row++) {
        for (int column = 0, end; column < grid->columns; column = end) {
            const uint8_t cell = cell_at(grid, column, row);
            end = column + 1;
            if (!(cell & SCRIM_COVER_MASK))
                continue;
            while (end < grid->columns && cell_at(grid, end, row) == cell)
                end++;
            scrim_canvas_fill(canvas, cells(column, row, end - column),
                              colour_of(&palettes[cell & SCRIM_COVER_MASK], cell));
        }
    }
}

// The cells that a box reaches into.
struct span {
    int left, top, right, bottom; // right and bottom are the first beyond it
};

static int clamp(float value, int most)
{
    return value > 0 ? value < (float)most ? (int)value : most : 0; // what is no number, too
}

static struct span span_of(const struct scrim_grid *grid, const struct scrim_box *box)
{
    return (struct span){
        clamp(floorf(box->x0 / SCRIM_CELL), grid->columns),
        clamp(floorf(box->y0 / SCRIM_CELL), grid->rows),
        clamp(ceilf(box->x1 / SCRIM_CELL), grid->columns),
        clamp(ceilf(box->y1 / SCRIM_CELL), grid->rows),
    };
}

// A box at the upper or lower edge may be half of somebody who stands; one that is cut at a side is
// only wider still.
static bool is_lying(const struct scrim_grid *grid, const struct scrim_box *box)
{
    return box->class == SCRIM_CLASS_PERSON &&
           box->x1 - box->x0 >= LYING_ASPECT * (box->y1 - box->y0) && box->y0 >= EDGE &&
           box->y1 <= (float)grid->height - EDGE;
}

static void draw_lying(const struct scrim_canvas *canvas, const struct scrim_grid *grid,
                       const struct scrim_box *box)
{
    const struct span span = span_of(grid, box);
    for (int row = span.top; row < span.bottom; row++)
        for (int column = span.left; column < span.right; column++) {
            const struct scrim_region cell = cells(column, row, 1);
            const struct scrim_region bar = {cell.x, cell.y + SCRIM_CELL / 2 - BAR / 2, SCRIM_CELL,
                                             BAR};
            if (cover_at(grid, column, row) != SCRIM_COVER_PERSON)
                continue;
            scrim_canvas_fill(canvas, cell, colour_of(&lying, cell_at(grid, column, row)));
            scrim_canvas_shade(canvas, bar, lying.sign);
        }
}

// True where the picture can be seen beside a cell; its own edge is no border.
static bool is_clear(const struct scrim_grid *grid, int column, int row)
{
    return column >= 0 && column < grid->columns && row >= 0 && row < grid->rows &&
           cover_at(grid, column, row) == SCRIM_COVER_CLEAR;
}

static void outline_cell(const struct scrim_canvas *canvas, const struct scrim_grid *grid,
                         int column, int row, int line)
{
    const uint8_t luma = palettes[cover_at(grid, column, row)].line;
    const int x = column * SCRIM_CELL, y = row * SCRIM_CELL, far = SCRIM_CELL - line;
    if (is_clear(grid, column - 1, row))
        scrim_canvas_shade(canvas, (struct scrim_region){x, y, line, SCRIM_CELL}, luma);
    if (is_clear(grid, column + 1, row))
        scrim_canvas_shade(canvas, (struct scrim_region){x + far, y, line, SCRIM_CELL}, luma);
    if (is_clear(grid, column, row - 1))
        scrim_canvas_shade(canvas, (struct scrim_region){x, y, SCRIM_CELL, line}, luma);
    if (is_clear(grid, column, row + 1))
        scrim_canvas_shade(canvas, (struct scrim_region){x, y + far, SCRIM_CELL, line}, luma);
}

static void draw_outline(const struct scrim_canvas *canvas, const struct scrim_grid *grid)
{
    const int line = canvas->width < 480 ? 1 : 2;
    for (int row = 0; row < grid->rows; row++)
        for (int column = 0; column < grid->columns; column++)
            if (cover_at(grid, column, row) != SCRIM_COVER_CLEAR)
                outline_cell(canvas, grid, column, row, line);
}

// A filled triangle around the middle of somebody's box: from `tip` back along the unit vector
// `way` for `size` pixels, nearly as wide at its end.
struct arrow {
    float tip_x, tip_y, way_x, way_y, size;
};

// False for who does not move.
static bool arrow_of(const struct scrim_place *place, struct arrow *ret)
{
    const struct scrim_box *box = &place->box;
    const struct scrim_heading *heading = &place->heading;
    const float width = box->x1 - box->x0, height = box->y1 - box->y0;
    const float speed = hypotf(heading->x, heading->y);
    if (!(speed >= SPEED_MIN * height) || !(speed > 0)) // not a number is no speed either
        return false;
    const float x = heading->x / speed, y = heading->y / speed;
    const float size = fminf(fmaxf(fminf(width, height) * ARROW_SHARE, ARROW_MIN), ARROW_MAX);
    *ret = (struct arrow){(box->x0 + box->x1 + x * size) / 2, (box->y0 + box->y1 + y * size) / 2, x,
                          y, size};
    return true;
}

static bool arrow_covers(const struct arrow *arrow, int x, int y)
{
    const float dx = (float)x + 0.5F - arrow->tip_x, dy = (float)y + 0.5F - arrow->tip_y;
    const float back = -(dx * arrow->way_x + dy * arrow->way_y);
    const float aside = fabsf(dx * arrow->way_y - dy * arrow->way_x);
    return back >= 0 && back <= arrow->size && aside <= back * ARROW_SLOPE;
}

static void draw_arrow(const struct scrim_canvas *canvas, const struct scrim_grid *grid,
                       const struct arrow *arrow)
{
    const int left = clamp(arrow->tip_x - arrow->size, canvas->width);
    const int right = clamp(arrow->tip_x + arrow->size + 1, canvas->width);
    const int top = clamp(arrow->tip_y - arrow->size, canvas->height);
    const int bottom = clamp(arrow->tip_y + arrow->size + 1, canvas->height);
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) {
            const enum scrim_cover cover = cover_at(grid, x / SCRIM_CELL, y / SCRIM_CELL);
            if (cover != SCRIM_COVER_CLEAR && arrow_covers(arrow, x, y))
                canvas->planes[0][(ptrdiff_t)y * canvas->strides[0] + x] = palettes[cover].sign;
        }
}

void scrim_render_mask(const struct scrim_canvas *canvas, const struct scrim_grid *grid,
                       struct scrim_marks marks)
{
    struct arrow arrow;
    fill_cells(canvas, grid);
    for (size_t i = 0; i < marks.count; i++)
        if (is_lying(grid, &marks.places[i].box))
            draw_lying(canvas, grid, &marks.places[i].box);
    draw_outline(canvas, grid);
    for (size_t i = 0; i < marks.count; i++)
        if (arrow_of(&marks.places[i], &arrow))
            draw_arrow(canvas, grid, &arrow);
}

static int letters_of(const char *text)
{
    int letters = 0;
    while (scrim_font_next(&text))
        letters++;
    return letters;
}

static void draw_letter(const struct scrim_canvas *canvas, uint32_t letter, int x, int y, int scale)
{
    const struct scrim_glyph glyph = scrim_font_glyph(letter);
    for (int column = 0; column < SCRIM_FONT_WIDTH; column++)
        for (int row = 0; row < SCRIM_FONT_HEIGHT; row++)
            if (glyph.columns[column] >> row & 1)
                scrim_canvas_shade(
                    canvas,
                    (struct scrim_region){x + column * scale, y + row * scale, scale, scale},
                    lettering);
}

void scrim_render_opaque(const struct scrim_canvas *canvas, const char *text)
{
    scrim_canvas_fill(canvas, (struct scrim_region){0, 0, canvas->width, canvas->height}, curtain);
    const int letters = letters_of(text);
    if (letters == 0)
        return;
    int scale = canvas->width * 3 / 4 / (letters * SCRIM_FONT_ADVANCE);
    const int tallest = canvas->height / 12 / SCRIM_FONT_BODY + 1;
    scale = scale > tallest ? tallest : scale < 1 ? 1 : scale;
    int x = (canvas->width - letters * SCRIM_FONT_ADVANCE * scale) / 2;
    const int y = canvas->height / 4 - SCRIM_FONT_HEIGHT * scale / 2;
    x = x > 0 ? x : 0;
    for (uint32_t letter; (letter = scrim_font_next(&text)); x += SCRIM_FONT_ADVANCE * scale)
        draw_letter(canvas, letter, x, y, scale);
}
