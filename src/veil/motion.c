#include "veil/motion.h"

#include "base/alloc.h"
#include "veil/kernels.h"
#include "veil/light.h"
#include "veil/shadow.h"

#include <stdlib.h>
#include <string.h>

#define DEVIATION_START (3 * SCRIM_LEVEL)

// Time constants of learning: what agrees with the background, and what does not but is claimed by
// nobody (a moved chair, a person's place who was there from the start).
#define LEARN_US 6000000
#define ABSORB_US 30000000

// Cells that are restless all the time (a tape in the wind, leaves, water) have that much less of a
// say; never so much less that a cell full of foreground goes unseen.
#define RESTLESS_US 15000000
#define RESTLESS_MAX 80 // level

#define CALM 64 // level; a cell below it is taken for background

struct scrim_motion {
    const struct scrim_kernels *kernels;
    struct scrim_shadows *shadows;
    struct scrim_light *light;
    int shift;                               // the reduced picture is 1/2^shift as wide and high
    int width, height;                       // of the reduced picture
    int columns, rows;                       // of cells
    int cell;                                // pixels of the reduced picture per cell and direction
    bool empty;                              // no picture seen since the reset
    uint8_t *luma, *before, *foreground;     // width × height
    uint16_t *mean, *deviation;              // width × height, grey levels × SCRIM_LEVEL
    uint32_t *known_us;                      // per cell: how long its background has been seen
    uint16_t *restless;                      // per cell: its usual level × SCRIM_LEVEL
    int16_t *rate_same, *rate_other;         // one row of learning rates
    uint8_t *foreground_sums, *changed_sums; // per column of pixels, of one row of cells
};

static int pick_shift(int width)
{
    int shift = 0;
    while (shift < 3 && width >> shift > 480)
        shift++;
    return shift;
}

int scrim_motion_create(int width, int height, struct scrim_motion **ret)
{
    struct scrim_motion *motion = scrim_new(struct scrim_motion);
    motion->kernels = scrim_kernels_best();
    motion->shift = pick_shift(width);
    motion->width = width >> motion->shift;
    motion->height = height >> motion->shift;
    motion->columns = (width + SCRIM_CELL - 1) / SCRIM_CELL;
    motion->rows = (height + SCRIM_CELL - 1) / SCRIM_CELL;
    motion->cell = SCRIM_CELL >> motion->shift;
    const size_t pixels = (size_t)motion->width * (size_t)motion->height;
    const size_t wide = (size_t)motion->width;
    motion->luma = scrim_alloc_zero(pixels, 1);
    motion->before = scrim_alloc_zero(pixels, 1);
    motion->foreground = scrim_alloc_zero(pixels, 1);
    motion->mean = scrim_alloc_zero(pixels, sizeof(uint16_t));
    motion->deviation = scrim_alloc_zero(pixels, sizeof(uint16_t));
    motion->known_us =
        scrim_alloc_zero((size_t)motion->columns * (size_t)motion->rows, sizeof(uint32_t));
    motion->restless =
        scrim_alloc_zero((size_t)motion->columns * (size_t)motion->rows, sizeof(uint16_t));
    motion->rate_same = scrim_alloc_zero(wide, sizeof(int16_t));
    motion->rate_other = scrim_alloc_zero(wide, sizeof(int16_t));
    motion->foreground_sums = scrim_alloc_zero(wide, 1);
    motion->changed_sums = scrim_alloc_zero(wide, 1);
    if (!motion->luma || !motion->before || !motion->foreground || !motion->mean ||
        !motion->deviation || !motion->known_us || !motion->restless || !motion->rate_same ||
        !motion->rate_other || !motion->foreground_sums || !motion->changed_sums ||
        scrim_light_create(motion->width, motion->height, &motion->light) < 0 ||
        scrim_shadows_create(motion->columns, motion->rows, &motion->shadows) < 0) {
        scrim_motion_destroy(motion);
        return SCRIM_ENOMEM;
    }
    scrim_motion_reset(motion);
    *ret = motion;
    return SCRIM_OK;
}

void scrim_motion_destroy(struct scrim_motion *motion)
{
    if (!motion)
        return;
    scrim_shadows_destroy(motion->shadows);
    scrim_light_destroy(motion->light);
    free(motion->luma);
    free(motion->before);
    free(motion->foreground);
    free(motion->mean);
    free(motion->deviation);
    free(motion->known_us);
    free(motion->restless);
    free(motion->rate_same);
    free(motion->rate_other);
    free(motion->foreground_sums);
    free(motion->changed_sums);
    free(motion);
}

void scrim_motion_reset(struct scrim_motion *motion)
{
    const size_t pixels = (size_t)motion->width * (size_t)motion->height;
    motion->empty = true;
    scrim_shadows_reset(motion->shadows);
    memset(motion->known_us, 0,
           (size_t)motion->columns * (size_t)motion->rows * sizeof(*motion->known_us));
    memset(motion->restless, 0,
           (size_t)motion->columns * (size_t)motion->rows * sizeof(*motion->restless));
    memset(motion->foreground, 0, pixels);
    for (size_t i = 0; i < pixels; i++)
        motion->deviation[i] = DEVIATION_START;
}

static void reduce(struct scrim_motion *motion, const struct scrim_picture *picture)
{
    uint8_t *swap = motion->before;
    motion->before = motion->luma;
    motion->luma = swap;
    for (int y = 0; y < motion->height; y++)
        motion->kernels->reduce(picture->planes[0] +
                                    (ptrdiff_t)(y << motion->shift) * picture->strides[0],
                                picture->strides[0], motion->shift, motion->width,
                                motion->luma + (size_t)y * (size_t)motion->width);
}

static int16_t rate_of(int64_t elapsed_us, int64_t constant_us)
{
    const int64_t rate = elapsed_us * SCRIM_RATE_ONE / constant_us;
    return (int16_t)(rate < SCRIM_RATE_ONE ? rate : SCRIM_RATE_ONE);
}

// Learning rates for the pixels of one column of cells. Most have those of the row above.
static void set_rates(struct scrim_motion *motion, int column, int16_t same, int16_t other)
{
    const int left = column * motion->cell, right = left + motion->cell;
    if (left >= motion->width ||
        (motion->rate_same[left] == same && motion->rate_other[left] == other))
        return;
    for (int x = left; x < right && x < motion->width; x++) {
        motion->rate_same[x] = same;
        motion->rate_other[x] = other;
    }
}

// Learning rates for the pixels of one row of cells; ages its cells.
static void row_rates(struct scrim_motion *motion, int row, int64_t elapsed_us,
                      const uint8_t *claimed)
{
    const int16_t same = rate_of(elapsed_us, LEARN_US), other = rate_of(elapsed_us, ABSORB_US);
    uint32_t *known = motion->known_us + (size_t)row * (size_t)motion->columns;
    claimed += (size_t)row * (size_t)motion->columns;
    for (int column = 0; column < motion->columns; column++) {
        int16_t cell_same = 0, cell_other = 0;
        if (claimed[column]) {
            // What little was learnt before may be the very person who is claimed now.
            if (known[column] < SCRIM_MOTION_KNOWN_US)
                known[column] = 0;
        } else {
            known[column] += known[column] < LEARN_US ? (uint32_t)elapsed_us : 0;
            cell_same = known[column] < LEARN_US ? rate_of(elapsed_us, known[column]) : same;
            cell_other = known[column] < SCRIM_MOTION_KNOWN_US ? cell_same : other;
        }
        set_rates(motion, column, cell_same, cell_other);
    }
}

// Compares one row of cells with the background, pixel by pixel, and learns from it.
static void learn_row(struct scrim_motion *motion, int row)
{
    const int top = row * motion->cell;
    memset(motion->foreground_sums, 0, (size_t)motion->width);
    memset(motion->changed_sums, 0, (size_t)motion->width);
    for (int y = top; y < top + motion->cell && y < motion->height; y++) {
        const size_t line = (size_t)y * (size_t)motion->width;
        const struct scrim_background_row pixels = {
            .luma = motion->luma + line,
            .before = motion->before + line,
            .rate_same = motion->rate_same,
            .rate_other = motion->rate_other,
            .mean = motion->mean + line,
            .deviation = motion->deviation + line,
            .foreground = motion->foreground + line,
            .foreground_sums = motion->foreground_sums,
            .changed_sums = motion->changed_sums,
        };
        motion->kernels->learn(&pixels, motion->width);
    }
}

// A cell's level without what is usual there; learns what that is.
static unsigned unusual_level(uint16_t *restless, unsigned level, int rate)
{
    *restless =
        (uint16_t)(*restless +
                   ((((int)level * SCRIM_LEVEL - *restless) * rate + SCRIM_RATE_ONE / 2) >> 15));
    const unsigned usual =
        *restless / SCRIM_LEVEL < RESTLESS_MAX ? *restless / SCRIM_LEVEL : RESTLESS_MAX;
    return level > 2 * usual ? level - 2 * usual : 0;
}

static struct scrim_cell_pixels pixels_of(const struct scrim_motion *motion, int column, int row)
{
    const int left = column * motion->cell, top = row * motion->cell;
    const size_t first = (size_t)top * (size_t)motion->width + (size_t)left;
    const int width = motion->width - left, height = motion->height - top;
    return (struct scrim_cell_pixels){
        .luma = motion->luma + first,
        .mean = motion->mean + first,
        .stride = motion->width,
        .width = width < 0              ? 0
                 : width < motion->cell ? width
                                        : motion->cell,
        .height = height < motion->cell ? height : motion->cell,
    };
}

// What a cell whose ground is known has of foreground, that is neither usual there nor a shadow.
// `share` is all of it.
static unsigned level_of(struct scrim_motion *motion, int column, int row, unsigned share,
                         int64_t elapsed_us, bool claimed)
{
    const int cell = row * motion->columns + column;
    const unsigned unusual = unusual_level(&motion->restless[cell], share,
                                           claimed ? 0 : rate_of(elapsed_us, RESTLESS_US));
    if (!claimed)
        scrim_shadows_learn(motion->shadows, cell,
                            rate_of(elapsed_us, share < CALM ? LEARN_US : ABSORB_US));
    const struct scrim_cell_pixels pixels = pixels_of(motion, column, row);
    if (unusual <= SCRIM_MOTION_UNKNOWN || scrim_shadows_is(motion->shadows, cell, &pixels))
        return 0;
    return unusual;
}

// Shares of foreground and of change in each cell of a row of cells.
static void count_cells(struct scrim_motion *motion, int row, int64_t elapsed_us,
                        const uint8_t *claimed, uint8_t *levels, struct scrim_motion_result *sums)
{
    const int cell = motion->cell, top = row * cell;
    const int bottom = top + cell < motion->height ? top + cell : motion->height;
    const uint32_t *known = motion->known_us + (size_t)row * (size_t)motion->columns;
    for (int column = 0; column < motion->columns; column++) {
        const int left = column * cell;
        const int right = left + cell < motion->width ? left + cell : motion->width;
        const unsigned pixels = right > left ? (unsigned)((right - left) * (bottom - top)) : 0;
        unsigned foreground = 0, changed = 0;
        for (int x = left; x < right; x++) {
            foreground += motion->foreground_sums[x];
            changed += motion->changed_sums[x];
        }
        const unsigned share = pixels ? foreground * 255 / pixels : 0;
        const unsigned level =
            known[column] < SCRIM_MOTION_KNOWN_US
                ? SCRIM_MOTION_UNKNOWN
                : level_of(motion, column, row, share, elapsed_us, claimed[column]);
        levels[column] = (uint8_t)level;
        sums->foreground_permille += level >= CALM;
        sums->changed_permille += changed * 4 > pixels;
    }
}

void scrim_motion_step(struct scrim_motion *motion, const struct scrim_picture *picture,
                       int64_t elapsed_us, const uint8_t *claimed, uint8_t *levels,
                       struct scrim_motion_result *ret)
{
    struct scrim_motion_result result = {.gain = 1};
    reduce(motion, picture);
    scrim_shadows_look(motion->shadows, picture);
    if (motion->empty) {
        const size_t pixels = (size_t)motion->width * (size_t)motion->height;
        for (size_t i = 0; i < pixels; i++)
            motion->mean[i] = (uint16_t)(motion->luma[i] * SCRIM_LEVEL);
        memcpy(motion->before, motion->luma, pixels);
        motion->empty = false;
    } else {
        const struct scrim_light_view view = {motion->luma, motion->foreground, motion->mean,
                                              picture->full_range};
        result.gain = scrim_light_follow(motion->light, &view);
    }
    for (int row = 0; row < motion->rows; row++) {
        row_rates(motion, row, elapsed_us, claimed);
        learn_row(motion, row);
        const size_t cells = (size_t)row * (size_t)motion->columns;
        count_cells(motion, row, elapsed_us, claimed + cells, levels + cells, &result);
    }
    const unsigned cells = (unsigned)motion->columns * (unsigned)motion->rows;
    result.foreground_permille = result.foreground_permille * 1000 / cells;
    result.changed_permille = result.changed_permille * 1000 / cells;
    *ret = result;
}
