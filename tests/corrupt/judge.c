#include "judge.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define WAITING_MAX 256
#define FILMS_MAX 16
#define PEOPLE_MAX 24

// The wrong cells of a picture that waits in the look-ahead.
struct pending {
    int64_t pts_us;
    size_t wrong;
    uint8_t *cells; // 1: wrong
};

struct people {
    const struct film *film;
    struct scrim_box (*boxes)[PEOPLE_MAX]; // by time
    size_t *counts;
};

static struct {
    const struct film *film;
    int64_t base_us;
    struct judge_figures *figures;
    bool learn;
    struct pending pending[WAITING_MAX]; // a ring: by (pts - base) / STEP
    struct people people[FILMS_MAX];
} judge;

static struct people *people_of(const struct film *film)
{
    for (size_t i = 0; i < FILMS_MAX; i++) {
        struct people *people = &judge.people[i];
        if (people->film == film)
            return people;
        if (people->film)
            continue;
        people->film = film;
        people->boxes = scrim_new_bytes(film->count * sizeof *people->boxes);
        people->counts = scrim_new_array(film->count, size_t);
        return people;
    }
    abort();
}

void judge_begin(const struct film *film, int64_t base_us, struct judge_figures *figures)
{
    judge.film = film;
    judge.base_us = base_us;
    judge.figures = figures;
    for (size_t i = 0; i < WAITING_MAX; i++)
        judge.pending[i].pts_us = INT64_MIN;
}

void judge_learn_people(bool learn)
{
    judge.learn = learn;
}

// Its place in the film, or -1.
static long place_of(int64_t pts_us)
{
    const int64_t place = (pts_us - judge.base_us) / STEP_US;
    return pts_us >= judge.base_us && place < (int64_t)judge.film->count ? (long)place : -1;
}

static bool is_wrong(const struct scrim_picture *picture, const uint8_t *clean, int x0, int y0)
{
    const int x1 = x0 + SCRIM_CELL < picture->width ? x0 + SCRIM_CELL : picture->width;
    const int y1 = y0 + SCRIM_CELL < picture->height ? y0 + SCRIM_CELL : picture->height;
    int sum = 0;
    for (int y = y0; y < y1; y++)
        for (int x = x0; x < x1; x++)
            sum += abs(picture->planes[0][(ptrdiff_t)y * picture->strides[0] + x] -
                       clean[(ptrdiff_t)y * picture->width + x]);
    return sum > WRONG_MEAN * (x1 - x0) * (y1 - y0);
}

// A picture of another size, or of a time that the film does not have, is wrong all over.
static void compare(const struct scrim_picture *picture, int64_t pts_us)
{
    const struct film *film = judge.film;
    const long place = place_of(pts_us);
    const bool comparable = place >= 0 && film->luma[place] && picture->width == film->width &&
                            picture->height == film->height;
    const int columns = (picture->width + SCRIM_CELL - 1) / SCRIM_CELL;
    const int rows = (picture->height + SCRIM_CELL - 1) / SCRIM_CELL;
    struct pending *pending = &judge.pending[(size_t)(pts_us / STEP_US) % WAITING_MAX];
    free(pending->cells);
    pending->cells = scrim_new_bytes((size_t)columns * (size_t)rows);
    pending->pts_us = pts_us;
    pending->wrong = 0;
    for (int i = 0; i < columns * rows; i++) {
        pending->cells[i] =
            !comparable || is_wrong(picture, film->luma[place], i % columns * SCRIM_CELL,
                                    i / columns * SCRIM_CELL);
        pending->wrong += pending->cells[i];
    }
}

static bool is_covered(const struct scrim_grid *grid, int column, int row)
{
    return column < 0 || row < 0 || column >= grid->columns || row >= grid->rows ||
           (grid->cells[row * grid->columns + column] & SCRIM_COVER_MASK) != SCRIM_COVER_CLEAR;
}

// The middle half of the box, by width and by height.
static bool is_bare(const struct scrim_grid *grid, const struct scrim_box *box)
{
    const float dx = (box->x1 - box->x0) / 4, dy = (box->y1 - box->y0) / 4;
    const int first_column = (int)((box->x0 + dx) / SCRIM_CELL);
    const int last_column = (int)((box->x1 - dx) / SCRIM_CELL);
    const int first_row = (int)((box->y0 + dy) / SCRIM_CELL);
    const int last_row = (int)((box->y1 - dy) / SCRIM_CELL);
    int cells = 0, covered = 0;
    for (int row = first_row; row <= last_row; row++)
        for (int column = first_column; column <= last_column; column++) {
            cells++;
            covered += is_covered(grid, column, row);
        }
    return covered * 10 < cells * 8;
}

static void look_for_people(const struct scrim_veiled *veiled, long place)
{
    struct people *people = people_of(judge.film);
    if (judge.learn) {
        size_t count = veiled->places_count < PEOPLE_MAX ? veiled->places_count : PEOPLE_MAX;
        people->counts[place] = count;
        for (size_t i = 0; i < count; i++)
            people->boxes[place][i] = veiled->places[i].box;
    }
    for (size_t i = 0; i < people->counts[place]; i++) {
        const struct scrim_box *box = &people->boxes[place][i];
        judge.figures->people++;
        judge.figures->bare += is_bare(veiled->mask, box);
    }
}

static size_t shown_of(const struct pending *pending, const struct scrim_grid *grid)
{
    size_t shown = 0;
    for (int i = 0; i < grid->columns * grid->rows; i++)
        shown += pending->cells[i] && !is_covered(grid, i % grid->columns, i / grid->columns);
    return shown;
}

static void judge_frame(const struct scrim_veiled *veiled)
{
    struct judge_figures *figures = judge.figures;
    const struct pending *pending =
        &judge.pending[(size_t)(veiled->pts_us / STEP_US) % WAITING_MAX];
    const bool opaque = veiled->reason != SCRIM_REASON_NONE;
    const long place = place_of(veiled->pts_us);
    figures->frames++;
    figures->cells = (size_t)veiled->mask->columns * (size_t)veiled->mask->rows;
    figures->opaque += opaque;
    if (!opaque && place >= 0)
        look_for_people(veiled, place);
    if (pending->pts_us != veiled->pts_us || pending->wrong <= SPOT_CELLS)
        return;
    const size_t shown = opaque ? 0 : shown_of(pending, veiled->mask);
    figures->damaged++;
    figures->damaged_opaque += opaque;
    figures->damaged_masked += !opaque && shown == 0;
    figures->exposed += shown > SPOT_CELLS;
    if (shown > figures->most_shown)
        figures->most_shown = shown;
}

int __real_scrim_redactor_push(struct scrim_redactor *redactor, const struct scrim_picture *picture,
                               int64_t pts_us, int64_t tag, struct scrim_error *error);
int __wrap_scrim_redactor_push(struct scrim_redactor *redactor, const struct scrim_picture *picture,
                               int64_t pts_us, int64_t tag, struct scrim_error *error);
bool __real_scrim_redactor_pop(struct scrim_redactor *redactor, struct scrim_veiled *ret);
bool __wrap_scrim_redactor_pop(struct scrim_redactor *redactor, struct scrim_veiled *ret);

int __wrap_scrim_redactor_push(struct scrim_redactor *redactor, const struct scrim_picture *picture,
                               int64_t pts_us, int64_t tag, struct scrim_error *error)
{
    compare(picture, pts_us);
    return __real_scrim_redactor_push(redactor, picture, pts_us, tag, error);
}

bool __wrap_scrim_redactor_pop(struct scrim_redactor *redactor, struct scrim_veiled *ret)
{
    const bool got = __real_scrim_redactor_pop(redactor, ret);
    if (got)
        judge_frame(ret);
    return got;
}
