// From places, levels and areas to covered pixels, with numbers that no detector gives: boxes of
// NaN, infinity and no extent, headings that are none, pictures of odd sizes.
//
// Two different pictures get the same mask. Under it nothing may tell them apart afterwards,
// outside it each must be what it was, and nothing may be written beside the planes.
//
// Input: u8 width - 16, u8 height - 16, u8 count of places, each 6 × f32 (box, heading) and a u8
// (class, lost, sure), u8 count of areas, each u8 points and as many u16 x, u16 y; the rest is
// levels, which repeat.
#include "base/alloc.h"
#include "veil/mask.h"
#include "veil/render.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PLACES_MAX 64
#define AREAS_MAX 4
#define GUARD 64      // bytes before and behind each plane
#define STRIDE_MORE 5 // bytes behind each row

struct picture {
    struct scrim_canvas canvas;
    uint8_t *memory[3], *before[3]; // of the planes, guards included
    size_t bytes[3];
};

static void picture_init(struct picture *picture, int width, int height, uint8_t seed)
{
    picture->canvas.width = width;
    picture->canvas.height = height;
    for (int plane = 0; plane < 3; plane++) {
        const int half = plane > 0, stride = ((width + half) >> half) + STRIDE_MORE;
        const size_t bytes = (size_t)stride * (size_t)((height + half) >> half) + 2 * GUARD;
        picture->memory[plane] = scrim_new_bytes(bytes);
        picture->before[plane] = scrim_new_bytes(bytes);
        picture->bytes[plane] = bytes;
        for (size_t i = 0; i < bytes; i++)
            picture->memory[plane][i] = (uint8_t)(i * 7 + seed);
        memcpy(picture->before[plane], picture->memory[plane], bytes);
        picture->canvas.planes[plane] = picture->memory[plane] + GUARD;
        picture->canvas.strides[plane] = stride;
    }
}

static void picture_finish(struct picture *picture)
{
    for (int plane = 0; plane < 3; plane++) {
        free(picture->memory[plane]);
        free(picture->before[plane]);
    }
}

static bool is_covered(const struct scrim_grid *grid, int x, int y)
{
    return (grid->cells[y / SCRIM_CELL * grid->columns + x / SCRIM_CELL] & SCRIM_COVER_MASK) !=
           SCRIM_COVER_CLEAR;
}

// Where the byte at `at` of a plane's memory lies in the picture; false for guards and padding.
static bool find_pixel(const struct picture *picture, int plane, size_t at, int *ret_x, int *ret_y)
{
    const int half = plane > 0, stride = picture->canvas.strides[plane];
    if (at < GUARD || at >= picture->bytes[plane] - GUARD)
        return false;
    *ret_x = (int)((at - GUARD) % (size_t)stride);
    *ret_y = (int)((at - GUARD) / (size_t)stride);
    const bool inside = *ret_x < (picture->canvas.width + half) >> half;
    *ret_x <<= half;
    *ret_y <<= half;
    return inside;
}

static void compare(const struct picture *a, const struct picture *b, const struct scrim_grid *grid)
{
    for (int plane = 0; plane < 3; plane++) {
        for (size_t at = 0; at < a->bytes[plane]; at++) {
            int x, y;
            const bool covered = find_pixel(a, plane, at, &x, &y) && is_covered(grid, x, y);
            if (covered ? a->memory[plane][at] != b->memory[plane][at]
                        : a->memory[plane][at] != a->before[plane][at] ||
                              b->memory[plane][at] != b->before[plane][at])
                abort();
        }
    }
}

static float read_float(struct scrim_reader *input)
{
    uint32_t bits = 0;
    float value;
    if (!scrim_read_u32(input, &bits))
        return 0;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static size_t read_places(struct scrim_reader *input, struct scrim_place *places)
{
    uint8_t count = 0, kind;
    if (!scrim_read_u8(input, &count))
        return 0;
    count %= PLACES_MAX + 1;
    for (uint8_t i = 0; i < count; i++) {
        struct scrim_place *place = &places[i];
        place->box = (struct scrim_box){.x0 = read_float(input),
                                        .y0 = read_float(input),
                                        .x1 = read_float(input),
                                        .y1 = read_float(input),
                                        .score = 0.5F};
        place->heading.x = read_float(input);
        place->heading.y = read_float(input);
        if (!scrim_read_u8(input, &kind))
            return i;
        place->box.class = (enum scrim_class)(kind % SCRIM_CLASS_COUNT);
        place->lost = kind & 64;
        place->sure = kind & 128;
        place->number = i + 1U;
    }
    return count;
}

// Only sound ones reach the mask.
static size_t read_areas(struct scrim_reader *input, struct scrim_area *areas)
{
    uint8_t count = 0;
    size_t sound = 0;
    if (!scrim_read_u8(input, &count))
        return 0;
    for (uint8_t i = 0; i < count % (AREAS_MAX + 1); i++) {
        struct scrim_area *area = &areas[sound];
        uint8_t points = 0;
        uint16_t x = 0, y = 0;
        *area = (struct scrim_area){.kind = SCRIM_AREA_MASK};
        if (!scrim_read_u8(input, &points))
            break;
        for (points %= SCRIM_AREA_POINTS_MAX; points > 0; points--) {
            if (!scrim_read_u16(input, &x) || !scrim_read_u16(input, &y) ||
                scrim_area_add_point(area, x / 65535.0, y / 65535.0, NULL) < 0)
                break;
        }
        sound += scrim_area_check(area, NULL) >= 0;
    }
    return sound;
}

static void fill_levels(struct scrim_reader *input, uint8_t *levels, size_t cells)
{
    for (size_t i = 0; i < cells; i++)
        levels[i] = input->left > 0 ? input->at[i * 31 % input->left] : 0;
}

static void build_and_render(struct scrim_reader *input, int width, int height)
{
    static struct scrim_place places[PLACES_MAX];
    static struct scrim_area areas[AREAS_MAX];
    struct scrim_mask *mask = NULL;
    struct scrim_grid grid = {0};
    struct picture a = {0}, b = {0};
    if (scrim_mask_create(width, height, &mask) < 0 || scrim_grid_init(&grid, width, height) < 0)
        abort();
    picture_init(&a, width, height, 1);
    picture_init(&b, width, height, 99);
    const size_t count = read_places(input, places);
    const size_t cells = (size_t)grid.columns * (size_t)grid.rows;
    scrim_mask_draw(mask, areas, read_areas(input, areas));
    uint8_t *levels = scrim_new_bytes(2 * cells);
    fill_levels(input, levels, cells);
    const struct scrim_mask_motion motion = {input->left & 1 ? levels + cells : NULL, levels,
                                             input->left & 2 ? levels : NULL};
    scrim_mask_build(mask, &motion, places, count, &grid);
    scrim_mask_claim(mask, places, count, levels);
    for (size_t i = 0; i < count; i++) {
        if (scrim_mask_foreground(mask, levels, &places[i].box) > 1000)
            abort();
    }
    scrim_render_mask(&a.canvas, &grid, (struct scrim_marks){places, count});
    scrim_render_mask(&b.canvas, &grid, (struct scrim_marks){places, count});
    compare(&a, &b, &grid);
    scrim_grid_fill(&grid, SCRIM_COVER_MOTION);
    scrim_render_opaque(&a.canvas, "any reason");
    scrim_render_opaque(&b.canvas, "any reason");
    compare(&a, &b, &grid);
    free(levels);
    picture_finish(&a);
    picture_finish(&b);
    scrim_grid_finish(&grid);
    scrim_mask_destroy(mask);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_reader input = scrim_reader_of(data, size);
    uint8_t width, height;
    if (scrim_read_u8(&input, &width) && scrim_read_u8(&input, &height))
        build_and_render(&input, 16 + width, 16 + height);
    return 0;
}
