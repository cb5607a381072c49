#include "cli/bench_sheet.h"

#include "base/alloc.h"
#include "media/clip.h"
#include "media/png.h"
#include "veil/font.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANKED 9 // of the worst leaks, and of the largest false masks
#define TILES (2 * RANKED)
#define TILE_COLUMNS 3
#define TILE_WIDTH 640
#define APART_US 1000000 // two tiles of the same second tell the same story
#define LETTER 2         // pixels a dot of the font

struct moment {
    uint32_t frame;
    int64_t pts_us;
    struct bench_frame_score score;
    double badness;
    struct scrim_region *rects; // owned
    size_t rects_count;
    bool opaque;
};

struct ranking {
    struct moment moments[RANKED];
    size_t count;
};

struct bench_sheet {
    struct ranking leaks, masks;
};

struct bench_sheet *bench_sheet_create(void)
{
    return scrim_new(struct bench_sheet);
}

static void finish(struct ranking *ranking)
{
    for (size_t i = 0; i < ranking->count; i++)
        scrim_free_pointer(&ranking->moments[i].rects);
}

void bench_sheet_destroy(struct bench_sheet *sheet)
{
    if (!sheet)
        return;
    finish(&sheet->leaks);
    finish(&sheet->masks);
    scrim_free_pointer(&sheet);
}

// --- choosing ----------------------------------------------------------------------------------

// The place for this moment, or NULL if it is not bad enough.
static struct moment *place_for(struct ranking *ranking, int64_t pts_us, double badness)
{
    struct moment *mildest = NULL;
    for (size_t i = 0; i < ranking->count; i++) {
        struct moment *moment = &ranking->moments[i];
        if (llabs(moment->pts_us - pts_us) < APART_US)
            return moment->badness < badness ? moment : NULL;
        if (!mildest || moment->badness < mildest->badness)
            mildest = moment;
    }
    if (ranking->count < RANKED)
        return &ranking->moments[ranking->count++];
    return mildest->badness < badness ? mildest : NULL;
}

static int rank(struct ranking *ranking, double badness, const struct moment *candidate,
                const struct bench_mask *mask)
{
    struct moment *moment = place_for(ranking, candidate->pts_us, badness);
    if (!moment)
        return SCRIM_OK;
    scrim_free_pointer(&moment->rects);
    *moment = *candidate;
    moment->badness = badness;
    moment->rects_count = mask->count;
    moment->rects = scrim_alloc(mask->count * sizeof(*mask->rects));
    if (!moment->rects) {
        moment->rects_count = 0;
        return SCRIM_ENOMEM;
    }
    if (mask->count > 0)
        memcpy(moment->rects, mask->rects, mask->count * sizeof(*mask->rects));
    return SCRIM_OK;
}

int bench_sheet_consider(struct bench_sheet *sheet, uint32_t frame, int64_t pts_us,
                         const struct bench_mask *mask, const struct bench_frame_score *score)
{
    const struct moment moment = {
        .frame = frame, .pts_us = pts_us, .score = *score, .opaque = mask->opaque};
    int result = SCRIM_OK;
    if (score->leaked > 0)
        result = rank(&sheet->leaks, score->leaked + score->uncovered, &moment, mask);
    if (result >= 0 && score->false_mask > 0)
        result = rank(&sheet->masks, score->false_mask, &moment, mask);
    return result;
}

// --- drawing -----------------------------------------------------------------------------------

struct colour {
    uint8_t red, green, blue;
};
static const struct colour tint = {40, 90, 200}, leaked_colour = {255, 40, 40},
                           covered_colour = {60, 220, 90}, text_colour = {255, 255, 255};

// One tile: a window into the sheet's pixels, with the scale of its picture.
struct tile {
    uint8_t *rgb; // top left corner
    size_t pitch; // bytes a row
    int width, height;
    double scale; // tile pixels a picture pixel
};

static void set_pixel(const struct tile *tile, int x, int y, struct colour colour)
{
    if (x < 0 || y < 0 || x >= tile->width || y >= tile->height)
        return;
    uint8_t *at = tile->rgb + (size_t)y * tile->pitch + 3 * (size_t)x;
    at[0] = colour.red;
    at[1] = colour.green;
    at[2] = colour.blue;
}

static uint8_t to_byte(double value)
{
    return value < 0 ? 0 : value > 255 ? 255 : (uint8_t)value;
}

static struct colour sample(const struct scrim_picture *picture, int x, int y)
{
    const size_t chroma = (size_t)(y / 2) * (size_t)picture->strides[1] + (size_t)(x / 2);
    double luma = picture->planes[0][(size_t)y * (size_t)picture->strides[0] + (size_t)x];
    const double cb = picture->planes[1][chroma] - 128.0, cr = picture->planes[2][chroma] - 128.0;
    luma = picture->full_range ? luma : (luma - 16) * 1.164;
    return (struct colour){to_byte(luma + 1.596 * cr), to_byte(luma - 0.392 * cb - 0.813 * cr),
                           to_byte(luma + 2.017 * cb)};
}

static void draw_picture(const struct tile *tile, const struct scrim_picture *picture)
{
    for (int y = 0; y < tile->height; y++)
        for (int x = 0; x < tile->width; x++) {
            const int from_x = (int)((x + 0.5) / tile->scale);
            const int from_y = (int)((y + 0.5) / tile->scale);
            set_pixel(tile, x, y,
                      sample(picture, from_x < picture->width ? from_x : picture->width - 1,
                             from_y < picture->height ? from_y : picture->height - 1));
        }
}

// Rectangles of a mask may overlap; where they do the tint is deeper.
static void draw_mask(const struct tile *tile, const struct scrim_region *rect)
{
    const int right = (int)((rect->x + rect->width) * tile->scale);
    const int bottom = (int)((rect->y + rect->height) * tile->scale);
    for (int y = (int)(rect->y * tile->scale); y < bottom; y++)
        for (int x = (int)(rect->x * tile->scale); x < right; x++) {
            if (x < 0 || y < 0 || x >= tile->width || y >= tile->height)
                continue;
            const uint8_t *at = tile->rgb + (size_t)y * tile->pitch + 3 * (size_t)x;
            set_pixel(tile, x, y,
                      (struct colour){(uint8_t)((at[0] + tint.red) / 2),
                                      (uint8_t)((at[1] + tint.green) / 2),
                                      (uint8_t)((at[2] + tint.blue) / 2)});
        }
}

static void draw_box(const struct tile *tile, const struct bench_truth_box *box,
                     struct colour colour)
{
    const int left = (int)((double)box->x0 * tile->scale),
              top = (int)((double)box->y0 * tile->scale);
    const int right = (int)((double)box->x1 * tile->scale);
    const int bottom = (int)((double)box->y1 * tile->scale);
    for (int x = left; x <= right && right - left < tile->width * 4; x++) {
        set_pixel(tile, x, top, colour);
        set_pixel(tile, x, bottom, colour);
    }
    for (int y = top; y <= bottom && bottom - top < tile->height * 4; y++) {
        set_pixel(tile, left, y, colour);
        set_pixel(tile, right, y, colour);
    }
}

static void draw_letter(const struct tile *tile, int left, int top, char letter)
{
    const struct scrim_glyph glyph = scrim_font_glyph((uint8_t)letter);
    for (int x = 0; x < SCRIM_FONT_WIDTH * LETTER; x++)
        for (int y = 0; y < SCRIM_FONT_HEIGHT * LETTER; y++)
            if (glyph.columns[x / LETTER] >> (y / LETTER) & 1)
                set_pixel(tile, left + x, top + y, text_colour);
}

static void draw_caption(const struct tile *tile, const struct moment *moment)
{
    char text[96];
    const double false_percent = 100 * moment->score.false_mask;
    snprintf(text, sizeof(text), "%u: %u leaked, false %.1f%%", moment->frame, moment->score.leaked,
             false_percent);
    for (int y = 0; y < (SCRIM_FONT_HEIGHT + 4) * LETTER; y++)
        for (int x = 0; x < tile->width; x++)
            set_pixel(tile, x, y, (struct colour){0, 0, 0});
    for (int i = 0; text[i]; i++)
        draw_letter(tile, (2 + i * (SCRIM_FONT_WIDTH + 1)) * LETTER, 2 * LETTER, text[i]);
}

static void draw_moment(const struct tile *tile, const struct scrim_picture *picture,
                        const struct moment *moment, const struct bench_truth *truth,
                        struct bench_score *score)
{
    const struct bench_truth_box *boxes;
    const size_t count = bench_truth_of(truth, moment->frame, &boxes);
    const struct scrim_region whole = {0, 0, picture->width, picture->height};
    const struct bench_mask mask = {moment->rects, moment->rects_count, moment->opaque};
    draw_picture(tile, picture);
    if (moment->opaque)
        draw_mask(tile, &whole);
    for (size_t i = 0; !moment->opaque && i < moment->rects_count; i++)
        draw_mask(tile, &moment->rects[i]);
    for (size_t i = 0; i < count; i++)
        if (boxes[i].scored)
            draw_box(tile, &boxes[i],
                     bench_score_leaks(score, &mask, &boxes[i]) ? leaked_colour : covered_colour);
    draw_caption(tile, moment);
}

// --- the sheet ---------------------------------------------------------------------------------

struct drawing {
    const struct moment *moments[TILES];
    size_t count;
    const struct bench_truth *truth;
    struct bench_score *score;
    uint8_t *rgb;
    int tile_width, tile_height, columns, rows;
    double scale;
};

static int begin(struct drawing *drawing, const struct scrim_clip_info *info,
                 struct scrim_error *error)
{
    const int count = drawing->count > 0 ? (int)drawing->count : 1;
    drawing->scale = fmin(1, (double)TILE_WIDTH / info->width);
    drawing->tile_width = (int)(info->width * drawing->scale);
    drawing->tile_height = (int)(info->height * drawing->scale);
    drawing->columns = count < TILE_COLUMNS ? count : TILE_COLUMNS;
    drawing->rows = (count + TILE_COLUMNS - 1) / TILE_COLUMNS;
    const size_t pixels = (size_t)drawing->columns * (size_t)drawing->rows *
                          (size_t)drawing->tile_width * (size_t)drawing->tile_height;
    drawing->rgb = scrim_alloc_zero(pixels, 3);
    if (!drawing->rgb)
        return scrim_fail(error, SCRIM_ENOMEM, "no memory for the contact sheet");
    return bench_score_create(drawing->truth, info->width, info->height, &drawing->score, error);
}

static void draw_if_chosen(const struct drawing *drawing, uint32_t frame,
                           const struct scrim_picture *picture)
{
    const size_t pitch = (size_t)drawing->columns * (size_t)drawing->tile_width * 3;
    for (size_t i = 0; i < drawing->count; i++) {
        const struct moment *moment = drawing->moments[i];
        if (moment->frame != frame)
            continue;
        const size_t row = i / TILE_COLUMNS, column = i % TILE_COLUMNS;
        const struct tile tile = {
            .rgb = drawing->rgb + row * (size_t)drawing->tile_height * pitch +
                   column * (size_t)drawing->tile_width * 3,
            .pitch = pitch,
            .width = drawing->tile_width,
            .height = drawing->tile_height,
            .scale = drawing->scale,
        };
        draw_moment(&tile, picture, moment, drawing->truth, drawing->score);
    }
}

static int worst_first(const void *a, const void *b)
{
    const double x = ((const struct moment *)a)->badness, y = ((const struct moment *)b)->badness;
    return (x < y) - (x > y);
}

static void choose(struct drawing *drawing, struct ranking *ranking)
{
    qsort(ranking->moments, ranking->count, sizeof(ranking->moments[0]), worst_first);
    for (size_t i = 0; i < ranking->count; i++)
        drawing->moments[drawing->count++] = &ranking->moments[i];
}

int bench_sheet_save(struct bench_sheet *sheet, const char *clip_path,
                     const struct bench_truth *truth, const char *path, struct scrim_error *error)
{
    struct drawing drawing = {.truth = truth};
    choose(&drawing, &sheet->leaks);
    choose(&drawing, &sheet->masks);
    struct scrim_clip *clip = NULL;
    struct scrim_clip_picture picture;
    int result = scrim_clip_open(clip_path, &clip, error);
    if (result >= 0)
        result = begin(&drawing, scrim_clip_info(clip), error);
    for (uint32_t frame = 0; result >= 0; frame++) {
        result = scrim_clip_next(clip, &picture, error);
        if (result <= 0)
            break;
        draw_if_chosen(&drawing, frame, &picture.picture);
    }
    if (result >= 0)
        result = scrim_png_write(path, drawing.rgb, drawing.columns * drawing.tile_width,
                                 drawing.rows * drawing.tile_height, error);
    scrim_clip_close(clip);
    bench_score_destroy(drawing.score);
    scrim_free_pointer(&drawing.rgb);
    return result;
}
