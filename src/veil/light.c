#include "veil/light.h"

#include "base/alloc.h"
#include "veil/kernels.h"

#include <stdlib.h>
#include <string.h>

// Tiles of about this many pixels: larger than somebody who is not near enough to be found for
// sure, smaller than the shadow of a cloud.
#define TILE_PIXELS 64
#define TILES_MAX 16 // in each direction

// Every eighth pixel of every fourth row is looked at.
#define STEP_X 8
#define STEP_Y 4

// Grey levels: less above black is all noise, and white may have been more.
#define DARK 8
#define WHITE 245

// Factors as bins of a histogram, so many to the unit: of the picture 0 to 4, of a tile beside it
// a half to one and a half.
#define BIN_ONE 128
#define BINS 512
#define TILE_BINS 128
#define TILE_BIN_FIRST 64 // half of BIN_ONE

// Of the picture: so many, and no less than a quarter of what the light can be told from. What is
// left of the background when nearly all is covered is not the light of the rest.
#define SAMPLES_MIN 64
#define SHARE_MIN 4           // a quarter; of a tile, of all its samples
#define UNCHANGED 0.015F      // learning takes care of that much
#define TILE_UNCHANGED 0.025F // the median of a tile is less certain

#define FACTOR_ONE 4096 // fixed point of the factors of pixels

// Where a pixel lies between the middles of two tiles along one direction.
struct between {
    int first, second; // tiles
    float share;       // of the second
};

struct scrim_light {
    int width, height;
    int columns, rows; // of tiles
    uint32_t histograms[TILES_MAX * TILES_MAX][TILE_BINS];
    uint32_t samples[TILES_MAX * TILES_MAX]; // looked at, whether or not they say something
    float factors[TILES_MAX * TILES_MAX];
    struct between *across; // of the columns of pixels
    uint16_t *line;         // a row of factors
    int16_t *ratios;        // of the pixels that are looked at, row by row; -1: says nothing
};

static int tiles_along(int pixels)
{
    const int tiles = (pixels + TILE_PIXELS / 2) / TILE_PIXELS;
    return tiles < 1 ? 1 : tiles > TILES_MAX ? TILES_MAX : tiles;
}

static struct between between_tiles(int pixel, int pixels, int tiles)
{
    const float at = ((float)pixel + 0.5F) * (float)tiles / (float)pixels - 0.5F;
    const int first = at < 0 ? 0 : (int)at;
    const int second = first + 1 < tiles ? first + 1 : first;
    return (struct between){first, second, at < 0 ? 0 : at - (float)first};
}

static size_t samples_along(int pixels, int step)
{
    return ((size_t)pixels + (size_t)step - 1) / (size_t)step;
}

int scrim_light_create(int width, int height, struct scrim_light **ret)
{
    struct scrim_light *light = scrim_new(struct scrim_light);
    light->width = width;
    light->height = height;
    light->columns = tiles_along(width);
    light->rows = tiles_along(height);
    light->line = scrim_alloc_zero((size_t)width, sizeof(*light->line));
    light->ratios = scrim_alloc_zero(samples_along(width, STEP_X) * samples_along(height, STEP_Y),
                                     sizeof(*light->ratios));
    light->across = scrim_alloc_zero((size_t)width, sizeof(*light->across));
    if (!light->line || !light->ratios || !light->across) {
        scrim_light_destroy(light);
        return SCRIM_ENOMEM;
    }
    for (int x = 0; x < width; x++)
        light->across[x] = between_tiles(x, width, light->columns);
    *ret = light;
    return SCRIM_OK;
}

void scrim_light_destroy(struct scrim_light *light)
{
    if (!light)
        return;
    free(light->line);
    free(light->ratios);
    free(light->across);
    free(light);
}

static int black_of(const struct scrim_light_view *view)
{
    return view->full_range ? 0 : 16;
}

// --- estimating --------------------------------------------------------------------------------

// Brightness above black over that of the background, BIN_ONE to the unit and less than BINS;
// negative when too dark or too bright to say anything about the light.
static int ratio_at(const struct scrim_light_view *view, size_t pixel, int black)
{
    const int luma = view->luma[pixel] - black, mean = view->mean[pixel] - black * SCRIM_LEVEL;
    if (luma <= 0 || mean < DARK * SCRIM_LEVEL || view->luma[pixel] >= WHITE ||
        view->mean[pixel] >= WHITE * SCRIM_LEVEL)
        return -1;
    const int ratio = (int)((float)(luma * SCRIM_LEVEL * BIN_ONE) / (float)mean + 0.5F);
    return ratio < BINS ? ratio : BINS - 1;
}

// Half of the `count` entries are below it. In bins; `count` is not 0.
static float median_of(const uint32_t *bins, uint32_t count)
{
    uint32_t below = 0, bin = 0;
    while (below + bins[bin] <= count / 2)
        below += bins[bin++];
    return (float)bin - 0.5F + ((float)count / 2 - (float)below) / (float)bins[bin];
}

static float estimate_picture(struct scrim_light *light, const struct scrim_light_view *view)
{
    uint32_t bins[BINS] = {0}, count = 0, covered = 0;
    const int black = black_of(view);
    int16_t *ratios = light->ratios;
    for (int y = 0; y < light->height; y += STEP_Y)
        for (int x = 0; x < light->width; x += STEP_X) {
            const size_t pixel = (size_t)y * (size_t)light->width + (size_t)x;
            const int ratio = ratio_at(view, pixel, black);
            const bool shows = ratio >= 0 && !view->foreground[pixel];
            covered += ratio >= 0 && !shows;
            *ratios++ = (int16_t)(shows ? ratio : -1);
            bins[shows ? ratio : 0] += shows;
            count += shows;
        }
    if (count < SAMPLES_MIN || count * SHARE_MIN < count + covered)
        return 1;
    return median_of(bins, count) / BIN_ONE;
}

static void count_tiles(struct scrim_light *light, float picture)
{
    const size_t tiles = (size_t)light->columns * (size_t)light->rows;
    const int16_t *ratios = light->ratios;
    const float scale = 1 / picture;
    memset(light->histograms, 0, tiles * sizeof(*light->histograms));
    memset(light->samples, 0, tiles * sizeof(*light->samples));
    for (int y = 0; y < light->height; y += STEP_Y) {
        const int row = y * light->rows / light->height * light->columns;
        for (int column = 0, x = 0; column < light->columns; column++) {
            const int end = (column + 1) * light->width / light->columns;
            uint32_t *bins = light->histograms[row + column];
            for (; x < end; x += STEP_X) {
                const int ratio = *ratios++;
                const int bin = (int)((float)ratio * scale + 0.5F) - TILE_BIN_FIRST;
                light->samples[row + column]++;
                if (ratio >= 0 && bin >= 0 && bin < TILE_BINS)
                    bins[bin]++;
            }
        }
    }
}

// What each tile has beside the factor of the picture. A tile of which too little shows follows
// the picture. True if any of them differs.
static bool estimate_tiles(struct scrim_light *light, float picture)
{
    bool any = false;
    count_tiles(light, picture);
    for (int tile = 0; tile < light->columns * light->rows; tile++) {
        uint32_t count = 0;
        for (int bin = 0; bin < TILE_BINS; bin++)
            count += light->histograms[tile][bin];
        float factor = 1;
        if (count > 0 && count * SHARE_MIN >= light->samples[tile])
            factor = (median_of(light->histograms[tile], count) + TILE_BIN_FIRST) / BIN_ONE;
        const bool differs = factor < 1 - TILE_UNCHANGED || factor > 1 + TILE_UNCHANGED;
        light->factors[tile] = differs ? factor : 1;
        any = any || differs;
    }
    return any;
}

// --- applying ----------------------------------------------------------------------------------

static void fill_line(struct scrim_light *light, int y, float picture)
{
    const struct between row = between_tiles(y, light->height, light->rows);
    const float *above = light->factors + row.first * light->columns;
    const float *below = light->factors + row.second * light->columns;
    float column[TILES_MAX]; // factors of this row at the middles of the tiles
    for (int i = 0; i < light->columns; i++)
        column[i] = picture * FACTOR_ONE * (above[i] + (below[i] - above[i]) * row.share);
    for (int x = 0; x < light->width; x++) {
        const struct between *at = &light->across[x];
        const float left = column[at->first];
        light->line[x] = (uint16_t)(left + (column[at->second] - left) * at->share + 0.5F);
    }
}

// Written for the vectoriser.
static void adapt_line(const uint16_t *restrict factors, const uint8_t *restrict luma,
                       uint16_t *restrict mean, int width, int black)
{
    for (int x = 0; x < width; x++) {
        const int above = mean[x] - black * SCRIM_LEVEL;
        const int lit = above * factors[x] / FACTOR_ONE + black * SCRIM_LEVEL; // fits: factors < 6
        const int seen = luma[x] * SCRIM_LEVEL;
        const int known = mean[x] >= WHITE * SCRIM_LEVEL && seen > lit ? seen : lit;
        mean[x] = (uint16_t)(known < 0 ? 0 : known > 255 * SCRIM_LEVEL ? 255 * SCRIM_LEVEL : known);
    }
}

float scrim_light_follow(struct scrim_light *light, const struct scrim_light_view *view)
{
    const float found = estimate_picture(light, view);
    const bool moved = found < 1 - UNCHANGED || found > 1 + UNCHANGED;
    const float picture = moved ? found : 1;
    const bool tiles = picture > 0 && estimate_tiles(light, picture);
    if (!moved && !tiles)
        return found;
    for (int y = 0; y < light->height; y++) {
        const size_t line = (size_t)y * (size_t)light->width;
        if (y == 0 || tiles)
            fill_line(light, y, picture);
        adapt_line(light->line, view->luma + line, view->mean + line, light->width, black_of(view));
    }
    return found;
}
