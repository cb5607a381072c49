#include "veil/render.h"

#include "veil/font.h"

#include <string.h>

// BT.601 limited range. Blue, ochre and greys of different lightness: told apart by colour-blind
// people and on a grey screen; the moving figure is darker than the box around it.
struct colour {
    uint8_t y, u, v;
};

static const struct colour boxes[SCRIM_COVER_COUNT] = {
    [SCRIM_COVER_STATIC] = {62, 128, 128},
    [SCRIM_COVER_MOTION] = {140, 128, 128},
    [SCRIM_COVER_VEHICLE] = {158, 94, 151},
    [SCRIM_COVER_PERSON] = {120, 151, 109},
};
static const struct colour figures[SCRIM_COVER_COUNT] = {
    [SCRIM_COVER_STATIC] = {62, 128, 128},
    [SCRIM_COVER_MOTION] = {98, 128, 128},
    [SCRIM_COVER_VEHICLE] = {112, 100, 149},
    [SCRIM_COVER_PERSON] = {70, 149, 113},
};
static const struct colour curtain = {52, 132, 125};
static const struct colour lettering = {196, 128, 128};

// Fills a rectangle of one plane, clipped to `width` × `height`.
static void fill_plane(uint8_t *plane, int stride, int width, int height, struct scrim_region area,
                       uint8_t value)
{
    const int right = area.x + area.width < width ? area.x + area.width : width;
    const int bottom = area.y + area.height < height ? area.y + area.height : height;
    if (area.x >= right)
        return;
    for (int y = area.y; y < bottom; y++)
        memset(plane + (ptrdiff_t)y * stride + area.x, value, (size_t)(right - area.x));
}

// Fills a rectangle whose corner is even; chroma samples that it touches are filled whole.
static void fill(const struct scrim_canvas *canvas, struct scrim_region area, struct colour colour)
{
    const struct scrim_region half = {area.x / 2, area.y / 2, (area.width + 1) / 2,
                                      (area.height + 1) / 2};
    const int half_width = (canvas->width + 1) / 2, half_height = (canvas->height + 1) / 2;
    fill_plane(canvas->planes[0], canvas->strides[0], canvas->width, canvas->height, area,
               colour.y);
    fill_plane(canvas->planes[1], canvas->strides[1], half_width, half_height, half, colour.u);
    fill_plane(canvas->planes[2], canvas->strides[2], half_width, half_height, half, colour.v);
}

static struct colour colour_of(uint8_t cell)
{
    const struct colour *set = cell & SCRIM_COVER_FIGURE ? figures : boxes;
    return set[cell & SCRIM_COVER_MASK];
}

void scrim_render_mask(const struct scrim_canvas *canvas, const struct scrim_grid *grid)
{
    for (int row = 0; row < grid->rows; row++) {
        const uint8_t *cells = grid->cells + (size_t)row * (size_t)grid->columns;
        for (int column = 0, end; column < grid->columns; column = end) {
            end = column + 1;
            if (!(cells[column] & SCRIM_COVER_MASK))
                continue;
            while (end < grid->columns && cells[end] == cells[column])
                end++;
            fill(canvas,
                 (struct scrim_region){column * SCRIM_CELL, row * SCRIM_CELL,
                                       (end - column) * SCRIM_CELL, SCRIM_CELL},
                 colour_of(cells[column]));
        }
    }
}

static void draw_letter(const struct scrim_canvas *canvas, char letter, int x, int y, int scale)
{
    const uint8_t *glyph = scrim_font_glyph(letter);
    for (int column = 0; column < SCRIM_FONT_WIDTH; column++)
        for (int row = 0; row < SCRIM_FONT_HEIGHT; row++)
            if (glyph[column] >> row & 1)
                fill_plane(canvas->planes[0], canvas->strides[0], canvas->width, canvas->height,
                           (struct scrim_region){x + column * scale, y + row * scale, scale, scale},
                           lettering.y);
}

void scrim_render_opaque(const struct scrim_canvas *canvas, const char *text)
{
    fill(canvas, (struct scrim_region){0, 0, canvas->width, canvas->height}, curtain);
    const int letters = (int)strnlen(text, 64), advance = SCRIM_FONT_WIDTH + 1;
    if (letters == 0)
        return;
    int scale = canvas->width * 3 / 4 / (letters * advance);
    const int tallest = canvas->height / 12 / SCRIM_FONT_HEIGHT + 1;
    scale = scale > tallest ? tallest : scale < 1 ? 1 : scale;
    int x = (canvas->width - letters * advance * scale) / 2;
    int y = (canvas->height - SCRIM_FONT_HEIGHT * scale) / 2;
    x = x < 0 ? 0 : x;
    y = y < 0 ? 0 : y;
    for (int i = 0; i < letters; i++, x += advance * scale)
        draw_letter(canvas, text[i], x, y, scale);
}
