// scrim bench kernels: what the inner loops of motion detection (src/veil/kernels.h) and of the
// encoder (src/media/still.h) cost for a picture, in plain C and in the widest instructions of this
// machine.
#include "base/alloc.h"
#include "base/opt.h"
#include "cli/bench.h"
#include "cli/bench_report.h"
#include "cli/commands.h"
#include "media/still.h"
#include "veil/kernels.h"
#include "veil/motion.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define WIDTH 640
#define HEIGHT 480
#define SHIFT 1    // as motion.c has it for this width
#define WARM 20    // pictures, before anything counts
#define BATCHES 21 // of which the median counts
#define BATCH 25   // pictures
#define PICTURE_US 100000
#define NAME_MAX_BYTES 32

struct args {
    const char *out;
};

static const struct scrim_opt options[] = {
    {"out", 'o', SCRIM_OPT_TEXT, offsetof(struct args, out), "FILE", "figures for programs", 0, 0},
    {0},
};

// Two noisy pictures of one scene, and the background that is learnt from them.
struct scene {
    uint8_t *pictures[2]; // WIDTH × HEIGHT of luma, and as much again as chroma
    unsigned turn;
    uint8_t *luma, *before, *foreground, *sums;
    uint16_t *mean, *deviation;
    int16_t *rates;
    struct scrim_motion *motion;
    uint8_t *claimed, *levels;
};

static struct scene *new_scene(void)
{
    const size_t pixels = (size_t)(WIDTH >> SHIFT) * (HEIGHT >> SHIFT);
    const size_t cells = (size_t)(WIDTH / SCRIM_CELL) * (HEIGHT / SCRIM_CELL);
    struct scene *scene = scrim_new(struct scene);
    uint32_t noise = 1;
    for (int i = 0; i < 2; i++) {
        scene->pictures[i] = scrim_new_bytes((size_t)2 * WIDTH * HEIGHT);
        for (size_t at = 0; at < (size_t)2 * WIDTH * HEIGHT; at++) {
            noise = noise * 1664525 + 1013904223; // Knuth
            scene->pictures[i][at] = (uint8_t)(at / 3000 % 200 + 20 + (noise >> 29));
        }
    }
    scene->luma = scrim_new_bytes(pixels);
    scene->before = scrim_new_bytes(pixels);
    scene->foreground = scrim_new_bytes(pixels);
    scene->sums = scrim_new_bytes((size_t)2 * WIDTH);
    scene->mean = scrim_new_array(pixels, uint16_t);
    scene->deviation = scrim_new_array(pixels, uint16_t);
    scene->rates = scrim_new_array(2 * WIDTH, int16_t);
    scene->claimed = scrim_new_bytes(cells);
    scene->levels = scrim_new_bytes(cells);
    for (int x = 0; x < 2 * WIDTH; x++)
        scene->rates[x] = x < WIDTH ? 546 : 109; // of 6 s and 30 s, ten pictures a second
    return scene;
}

static void drop_scene(struct scene *scene)
{
    free(scene->pictures[0]);
    free(scene->pictures[1]);
    free(scene->luma);
    free(scene->before);
    free(scene->foreground);
    free(scene->sums);
    free(scene->mean);
    free(scene->deviation);
    free(scene->rates);
    free(scene->claimed);
    free(scene->levels);
    scrim_motion_destroy(scene->motion);
    free(scene);
}

static void reduce_picture(struct scene *scene, const struct scrim_kernels *kernels)
{
    const int width = WIDTH >> SHIFT;
    const uint8_t *from = scene->pictures[scene->turn++ % 2];
    for (int y = 0; y < HEIGHT >> SHIFT; y++)
        kernels->reduce(from + (ptrdiff_t)(y << SHIFT) * WIDTH, WIDTH, SHIFT, width,
                        scene->luma + (ptrdiff_t)y * width);
}

static void learn_picture(struct scene *scene, const struct scrim_kernels *kernels)
{
    const int width = WIDTH >> SHIFT;
    for (int y = 0; y < HEIGHT >> SHIFT; y++) {
        const ptrdiff_t line = (ptrdiff_t)y * width;
        const struct scrim_background_row row = {
            .luma = scene->luma + line,
            .before = scene->before + line,
            .rate_same = scene->rates,
            .rate_other = scene->rates + WIDTH,
            .mean = scene->mean + line,
            .deviation = scene->deviation + line,
            .foreground = scene->foreground + line,
            .foreground_sums = scene->sums,
            .changed_sums = scene->sums + WIDTH,
        };
        kernels->learn(&row, width);
    }
}

static struct scrim_picture picture_of(const uint8_t *luma)
{
    const uint8_t *chroma = luma + (size_t)WIDTH * HEIGHT;
    return (struct scrim_picture){
        .planes = {luma, chroma, chroma},
        .strides = {WIDTH, WIDTH / 2, WIDTH / 2},
        .width = WIDTH,
        .height = HEIGHT,
    };
}

// One of the two pictures is shown, the other one is new.
static void measure_still(struct scene *scene, scrim_still_measure *function)
{
    const struct scrim_picture picture = picture_of(scene->pictures[scene->turn % 2]);
    const uint8_t *luma = scene->pictures[++scene->turn % 2];
    const struct scrim_shown shown = {luma, luma + (size_t)WIDTH * HEIGHT, WIDTH, WIDTH};
    struct scrim_difference differences[WIDTH / SCRIM_STILL_SIZE];
    for (int row = 0; row < HEIGHT / SCRIM_STILL_SIZE; row++)
        function(&picture, &shown, row, WIDTH / SCRIM_STILL_SIZE, differences);
}

static void still_picture(struct scene *scene, const struct scrim_kernels *kernels)
{
    const bool plain = kernels == &scrim_kernels_plain;
    measure_still(scene, plain ? scrim_still_measure_plain : scrim_still_measure_best());
}

// The whole step, with this machine's kernels.
static void step_picture(struct scene *scene, const struct scrim_kernels *kernels)
{
    (void)kernels;
    const struct scrim_picture picture = picture_of(scene->pictures[scene->turn++ % 2]);
    struct scrim_motion_result ignored;
    scrim_motion_step(scene->motion, &picture, PICTURE_US, scene->claimed, scene->levels, &ignored);
}

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

typedef void picture_function(struct scene *scene, const struct scrim_kernels *kernels);

// CPU a picture, ns.
static int64_t measure(picture_function *function, const struct scrim_kernels *kernels)
{
    struct scene *scene = new_scene();
    int64_t batches[BATCHES];
    if (scrim_motion_create(WIDTH, HEIGHT, &scene->motion) < 0)
        abort(); // a few hundred kB
    for (int i = 0; i < WARM; i++)
        function(scene, kernels);
    for (int i = 0; i < BATCHES; i++) {
        const int64_t begun = cpu_ns();
        for (int k = 0; k < BATCH; k++)
            function(scene, kernels);
        batches[i] = (cpu_ns() - begun) / BATCH;
    }
    drop_scene(scene);
    qsort(batches, BATCHES, sizeof *batches, by_size);
    return batches[BATCHES / 2];
}

static void compare(json_t *figures, const char *name, picture_function *function)
{
    const struct scrim_kernels *best = scrim_kernels_best();
    char key[NAME_MAX_BYTES];
    const int64_t plain = measure(function, &scrim_kernels_plain), fast = measure(function, best);
    printf("  %-10s %8.1f µs %8.1f µs %6.1f times\n", name, (double)plain / 1000,
           (double)fast / 1000, (double)plain / (double)fast);
    snprintf(key, sizeof key, "%s_plain_ns", name);
    json_object_set_new(figures, key, json_integer(plain));
    snprintf(key, sizeof key, "%s_ns", name);
    json_object_set_new(figures, key, json_integer(fast));
}

int scrim_bench_kernels(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim bench kernels [--out FILE]",
        "Measures the inner loops of motion detection and encoding for one picture of 640×480.",
        options, 0, 0};
    struct args args = {0};
    const char *positionals[1];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("bench kernels", result, &error);
    const struct scrim_kernels *best = scrim_kernels_best();
    json_t *figures = json_object();
    json_object_set_new(figures, "instructions", json_string(best->name));
    printf("CPU for a picture of %d×%d%9s %11s\n", WIDTH, HEIGHT, "plain", best->name);
    compare(figures, "reduce", reduce_picture);
    compare(figures, "learn", learn_picture);
    compare(figures, "still", still_picture);
    const int64_t step = measure(step_picture, best);
    printf("  %-10s %22.1f µs\n", "motion", (double)step / 1000);
    json_object_set_new(figures, "motion_ns", json_integer(step));
    if (args.out)
        result = bench_report_write(figures, args.out, &error);
    else
        json_decref(figures);
    return result < 0 ? scrim_cmd_failed("bench kernels", &error) : 0;
}
