// Both twins of every kernel give the same bits, for any width, and what they give is right.
#include "veil/kernels.h"

#include "test.h"

#include <stdint.h>
#include <string.h>

#define WIDTH_MAX 200
#define ROUNDS 400

static uint32_t seed = 20261123;

// xorshift32 (Marsaglia, 2003): the same numbers in every run.
static uint32_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

// Often one of the ends of what is allowed.
static unsigned draw_to(unsigned most)
{
    const uint32_t how = draw() % 8;
    return how == 0 ? 0 : how == 1 ? most : draw() % (most + 1);
}

struct row {
    uint8_t luma[WIDTH_MAX], before[WIDTH_MAX], foreground[WIDTH_MAX];
    uint8_t foreground_sums[WIDTH_MAX], changed_sums[WIDTH_MAX];
    int16_t rate_same[WIDTH_MAX], rate_other[WIDTH_MAX];
    uint16_t mean[WIDTH_MAX], deviation[WIDTH_MAX];
};

static struct scrim_background_row row_of(struct row *row)
{
    return (struct scrim_background_row){
        .luma = row->luma,
        .before = row->before,
        .rate_same = row->rate_same,
        .rate_other = row->rate_other,
        .mean = row->mean,
        .deviation = row->deviation,
        .foreground = row->foreground,
        .foreground_sums = row->foreground_sums,
        .changed_sums = row->changed_sums,
    };
}

static void fill(struct row *row)
{
    for (int x = 0; x < WIDTH_MAX; x++) {
        row->luma[x] = (uint8_t)draw_to(255);
        row->before[x] = draw() % 2 ? (uint8_t)draw_to(255) : row->luma[x];
        row->rate_same[x] = (int16_t)draw_to(SCRIM_RATE_ONE);
        row->rate_other[x] = (int16_t)draw_to(SCRIM_RATE_ONE);
        row->mean[x] = (uint16_t)draw_to(255 * SCRIM_LEVEL);
        row->deviation[x] = (uint16_t)draw_to(SCRIM_DEVIATION_MAX);
        row->foreground[x] = (uint8_t)draw();
        row->foreground_sums[x] = (uint8_t)draw_to(7);
        row->changed_sums[x] = (uint8_t)draw_to(7);
    }
}

static void learn_alike(void)
{
    const struct scrim_kernels *best = scrim_kernels_best();
    if (best == &scrim_kernels_plain)
        SKIP("this processor has nothing but plain C");
    for (int round = 0; round < ROUNDS; round++) {
        static struct row ours, theirs;
        fill(&ours);
        theirs = ours;
        const int width = (int)(draw() % (WIDTH_MAX + 1));
        const struct scrim_background_row a = row_of(&ours), b = row_of(&theirs);
        scrim_kernels_plain.learn(&a, width);
        best->learn(&b, width);
        REQUIRE(memcmp(&ours, &theirs, sizeof ours) == 0);
        for (int x = 0; x < width; x++) {
            REQUIRE(ours.mean[x] <= 255 * SCRIM_LEVEL);
            REQUIRE(ours.deviation[x] <= SCRIM_DEVIATION_MAX);
        }
    }
}

static void reduce_alike(void)
{
    enum { STRIDE = 8 * WIDTH_MAX + 5 };
    static uint8_t picture[8 * STRIDE];
    const struct scrim_kernels *best = scrim_kernels_best();
    for (int round = 0; round < ROUNDS; round++) {
        uint8_t ours[WIDTH_MAX], theirs[WIDTH_MAX];
        for (size_t i = 0; i < sizeof picture; i++)
            picture[i] = (uint8_t)draw_to(255);
        memset(ours, 7, sizeof ours);
        memset(theirs, 7, sizeof theirs);
        const int width = (int)(draw() % (WIDTH_MAX + 1)), shift = round % 4;
        scrim_kernels_plain.reduce(picture, STRIDE, shift, width, ours);
        best->reduce(picture, STRIDE, shift, width, theirs);
        REQUIRE(memcmp(ours, theirs, sizeof ours) == 0);
    }
}

static void reduce_means(void)
{
    const uint8_t picture[2][4] = {{0, 1, 10, 20}, {1, 0, 30, 40}};
    uint8_t to[2];
    scrim_kernels_plain.reduce(picture[0], 4, 1, 2, to);
    CHECK_INT(to[0], 1); // 2 of 4, rounded up
    CHECK_INT(to[1], 25);
    scrim_kernels_plain.reduce(picture[0], 4, 0, 2, to);
    CHECK_INT(to[1], 1);
}

static void learn_values(void)
{
    static struct row row;
    // What agrees, what does not and is not to be learnt, what does not and is, and what changed.
    const int16_t rate = SCRIM_RATE_ONE / 2;
    row = (struct row){
        .luma = {102, 140, 140, 113},
        .before = {102, 140, 140, 100},
        .rate_same = {rate, rate, rate, rate},
        .rate_other = {0, 0, rate, 0},
        .mean = {100 * SCRIM_LEVEL, 100 * SCRIM_LEVEL, 100 * SCRIM_LEVEL, 113 * SCRIM_LEVEL},
        .deviation = {SCRIM_LEVEL, SCRIM_LEVEL, SCRIM_LEVEL, SCRIM_LEVEL},
    };
    const struct scrim_background_row pixels = row_of(&row);
    scrim_kernels_plain.learn(&pixels, 4);
    const int foreground[] = {0, 1, 1, 0}, changed[] = {0, 0, 0, 1}, mean[] = {101, 100, 120, 113};
    for (int x = 0; x < 4; x++) {
        CHECK_INT(row.foreground[x], foreground[x]);
        CHECK_INT(row.foreground_sums[x], foreground[x]);
        CHECK_INT(row.changed_sums[x], changed[x]);
        CHECK_INT((row.mean[x] + SCRIM_LEVEL / 2) / SCRIM_LEVEL, mean[x]);
    }
    CHECK_INT(row.deviation[1], SCRIM_LEVEL);
    CHECK_INT(row.deviation[2], SCRIM_DEVIATION_MAX);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){
                        {"a reduced row is made of means", reduce_means},
                        {"both ways to reduce a row agree", reduce_alike},
                        {"a row learns what it may", learn_values},
                        {"both ways to learn a row agree", learn_alike},
                        {0},
                    });
}
