// The mask itself: what the grid says, the rectangles it gives out, and what the renderer leaves.
#include "test.h"
#include "veil/grid.h"
#include "veil/load.h"
#include "veil/reason.h"
#include "veil/render.h"
#include "veil/schedule.h"
#include "veil_scene.h"

#include <math.h>

static bool covered(const struct scrim_grid *grid, int x, int y)
{
    return grid->cells[y / SCRIM_CELL * grid->columns + x / SCRIM_CELL] & SCRIM_COVER_MASK;
}

static void random_cover(struct scrim_grid *grid, uint32_t seed)
{
    struct scene random = {.random = seed};
    for (int i = 0; i < grid->columns * grid->rows; i++)
        grid->cells[i] = (uint8_t)(scene_random(&random) % 3 ? scene_random(&random) % 5 : 0);
}

static void cover_touches(void)
{
    struct scrim_grid grid;
    REQUIRE(scrim_grid_init(&grid, 100, 50) == SCRIM_OK);
    CHECK_INT(grid.columns, 13);
    CHECK_INT(grid.rows, 7);
    scrim_grid_cover(&grid, 8, 8, 16, 16, SCRIM_COVER_PERSON); // exactly one cell
    CHECK_INT(scrim_grid_permille(&grid), 1000 / (13 * 7));
    CHECK(covered(&grid, 8, 8));
    scrim_grid_cover(&grid, 15.5F, 8, 16.5F, 16, SCRIM_COVER_MOTION);
    CHECK(covered(&grid, 16, 8));
    CHECK_INT(grid.cells[grid.columns + 1], SCRIM_COVER_PERSON); // the larger stays
    scrim_grid_fill(&grid, 0);
    scrim_grid_cover(&grid, -50, -50, 0, 500, SCRIM_COVER_PERSON); // outside
    scrim_grid_cover(&grid, 40, 20, 30, 10, SCRIM_COVER_PERSON);   // inside out
    scrim_grid_cover(&grid, NAN, 0, 10, 10, SCRIM_COVER_PERSON);
    CHECK_INT(scrim_grid_permille(&grid), 0);
    scrim_grid_cover(&grid, -1e9F, -1e9F, 1e9F, 1e9F, SCRIM_COVER_PERSON);
    CHECK_INT(scrim_grid_permille(&grid), 1000);
    scrim_grid_finish(&grid);
}

static void rects_cover_exactly(void)
{
    static const int sizes[][2] = {{16, 16}, {17, 19}, {640, 480}, {101, 33}, {8, 8}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        const int width = sizes[s][0], height = sizes[s][1];
        struct scrim_grid grid;
        REQUIRE(scrim_grid_init(&grid, width, height) == SCRIM_OK);
        random_cover(&grid, (uint32_t)s + 7);
        const size_t max = (size_t)(grid.columns * grid.rows);
        struct scrim_region *rects = calloc(max, sizeof(*rects));
        uint8_t *times = calloc((size_t)(width * height), 1);
        const size_t count = scrim_grid_rects(&grid, rects, max);
        CHECK(count <= max);
        CHECK_INT(scrim_grid_rects(&grid, NULL, 0), count);
        for (size_t i = 0; i < count; i++) {
            CHECK(rects[i].width > 0 && rects[i].height > 0);
            CHECK(rects[i].x + rects[i].width <= width && rects[i].y + rects[i].height <= height);
            for (int y = rects[i].y; y < rects[i].y + rects[i].height; y++)
                for (int x = rects[i].x; x < rects[i].x + rects[i].width; x++)
                    times[y * width + x]++;
        }
        int wrong = 0;
        for (int y = 0; y < height; y++)
            for (int x = 0; x < width; x++)
                wrong += times[y * width + x] != covered(&grid, x, y);
        CHECK_INT(wrong, 0);
        free(times);
        free(rects);
        scrim_grid_finish(&grid);
    }
}

static struct scrim_canvas canvas_of(const struct scene *scene)
{
    const int half = (scene->width + 1) / 2;
    return (struct scrim_canvas){{scene->planes[0], scene->planes[1], scene->planes[2]},
                                 {scene->width, half, half},
                                 scene->width,
                                 scene->height,
                                 false};
}

// Boxes in, across and beyond the picture, going anywhere; some are no boxes at all.
#define MARKS 40
static struct scrim_marks random_marks(const struct scene *scene, uint32_t seed)
{
    static struct scrim_place places[MARKS];
    struct scene random = {.random = seed};
    for (int i = 0; i < MARKS; i++) {
        const float x = (float)(scene_random(&random) % (uint32_t)scene->width);
        const float y = (float)(scene_random(&random) % (uint32_t)scene->height);
        const float width = (float)(scene_random(&random) % 90);
        const float height = (float)(scene_random(&random) % 90);
        places[i].box =
            (struct scrim_box){x - 20,          y - 20, x + width - 20,
                               y + height - 20, 0.5F,   (enum scrim_class)(i % SCRIM_CLASS_COUNT)};
        places[i].heading = (struct scrim_heading){(float)(scene_random(&random) % 200) - 100,
                                                   (float)(scene_random(&random) % 200) - 100};
    }
    places[0].box.x0 = NAN;
    places[4].box = (struct scrim_box){-1e30F, -1e30F, 1e30F, 1e30F, 1, SCRIM_CLASS_PERSON};
    places[8].box = (struct scrim_box){30, 30, 10, 10, 1, SCRIM_CLASS_PERSON};
    places[12].heading = (struct scrim_heading){NAN, INFINITY};
    return (struct scrim_marks){places, MARKS};
}

// Draws the same mask over two different pictures: under the mask they must be the same afterwards,
// outside it each must be what it was.
static void nothing_left_under_the_mask(void)
{
    static const int sizes[][2] = {{64, 48}, {65, 47}, {33, 31}, {640, 480}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct scene a, b, before;
        struct scrim_grid grid;
        scene_init(&a, sizes[s][0], sizes[s][1]);
        scene_init(&b, sizes[s][0], sizes[s][1]);
        scene_init(&before, sizes[s][0], sizes[s][1]);
        REQUIRE(scrim_grid_init(&grid, a.width, a.height) == SCRIM_OK);
        random_cover(&grid, 3);
        scene_ground(&a, 0);
        scene_ground(&before, 0);
        scene_ground(&b, 1);
        memset(b.planes[1], 1, (size_t)((b.width + 1) / 2 * ((b.height + 1) / 2)));
        memset(b.planes[2], 2, (size_t)((b.width + 1) / 2 * ((b.height + 1) / 2)));
        const struct scrim_canvas on_a = canvas_of(&a), on_b = canvas_of(&b);
        scrim_render_mask(&on_a, &grid, random_marks(&a, (uint32_t)s + 1));
        scrim_render_mask(&on_b, &grid, random_marks(&a, (uint32_t)s + 1));
        int left = 0, touched = 0;
        for (int plane = 0; plane < 3; plane++) {
            const int shift = plane > 0, width = (a.width + shift) >> shift;
            for (int y = 0; y < (a.height + shift) >> shift; y++)
                for (int x = 0; x < width; x++) {
                    const int i = y * width + x;
                    if (covered(&grid, x << shift, y << shift))
                        left += a.planes[plane][i] != b.planes[plane][i];
                    else
                        touched += a.planes[plane][i] != before.planes[plane][i];
                }
        }
        CHECK_INT(left, 0);
        CHECK_INT(touched, 0);
        scene_finish(&a);
        scene_finish(&b);
        scene_finish(&before);
        scrim_grid_finish(&grid);
    }
}

static void opaque_hides_all(void)
{
    static const int sizes[][2] = {{16, 16}, {65, 47}, {640, 480}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct scene a, b;
        scene_init(&a, sizes[s][0], sizes[s][1]);
        scene_init(&b, sizes[s][0], sizes[s][1]);
        scene_ground(&a, 0);
        scene_ground(&b, 1);
        const struct scrim_canvas on_a = canvas_of(&a), on_b = canvas_of(&b);
        scrim_render_opaque(&on_a,
                            "decoder error, and a text that is much longer than the picture");
        scrim_render_opaque(&on_b,
                            "decoder error, and a text that is much longer than the picture");
        const size_t luma = (size_t)(a.width * a.height);
        const size_t chroma = (size_t)((a.width + 1) / 2 * ((a.height + 1) / 2));
        CHECK(memcmp(a.planes[0], b.planes[0], luma) == 0);
        CHECK(memcmp(a.planes[1], b.planes[1], chroma) == 0);
        CHECK(memcmp(a.planes[2], b.planes[2], chroma) == 0);
        scene_finish(&a);
        scene_finish(&b);
    }
}

// Each in its own words, large enough to be seen in a small picture: other pixels than those of any
// other reason, and of none.
static void every_reason_is_written(void)
{
    static const int sizes[][2] = {{640, 480}, {176, 144}};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct scene pictures[SCRIM_REASON_COUNT];
        const size_t luma = (size_t)(sizes[s][0] * sizes[s][1]);
        for (int i = 0; i < SCRIM_REASON_COUNT; i++) {
            scene_init(&pictures[i], sizes[s][0], sizes[s][1]);
            const struct scrim_canvas canvas = canvas_of(&pictures[i]);
            scrim_render_opaque(&canvas, scrim_reason_text((enum scrim_reason)i));
            size_t written = 0;
            for (size_t at = 0; at < luma; at++)
                written += pictures[i].planes[0][at] != pictures[0].planes[0][at];
            CHECK(i == 0 || written * 400 > luma);
            for (int j = 0; j < i; j++)
                CHECK(memcmp(pictures[i].planes[0], pictures[j].planes[0], luma) != 0);
        }
        for (int i = 0; i < SCRIM_REASON_COUNT; i++)
            scene_finish(&pictures[i]);
    }
}

static void schedule_shares(void)
{
    // 500 permille of a core at 50 ms a run: 10 runs a second for 20 cameras that would like 2
    // each.
    struct scrim_schedule *schedule = scrim_schedule_create(500, 50000, true);
    struct scrim_turn turns[20] = {0};
    int runs[20] = {0}, all = 0;
    for (int64_t now = 0; now < 20000000; now += 100000)
        for (int i = 0; i < 20; i++)
            if (scrim_turn_due(schedule, &turns[i], now + i * 1000, 500000, 5000000)) {
                scrim_turn_ran(schedule, &turns[i], now + i * 1000, 50000);
                runs[i]++;
                all++;
            }
    CHECK(all >= 190 && all <= 230);
    for (int i = 0; i < 20; i++)
        CHECK(runs[i] >= 9 && runs[i] <= 12); // fair
    // The floor is granted whatever the load.
    CHECK(scrim_turn_due(schedule, &turns[0], 30000000, 500000, 600000));
    for (int i = 0; i < 20; i++)
        scrim_turn_leave(schedule, &turns[i]);
    struct scrim_turn alone = {0};
    CHECK(scrim_turn_due(schedule, &alone, 0, 500000, 1000000));
    scrim_turn_ran(schedule, &alone, 0, 50000);
    CHECK(!scrim_turn_due(schedule, &alone, 400000, 500000, 1000000));
    CHECK(scrim_turn_due(schedule, &alone, 500000, 500000, 1000000));
    scrim_schedule_destroy(schedule);
}

static void load_sheds_rate_first(void)
{
    struct scrim_load *load = scrim_load_create(3);
    int64_t now = 0;
    CHECK_INT(scrim_load_divisor(load), 1);
    unsigned last = 1;
    int dark_before_rate = 0, dark[3] = {0}, most = 0;
    for (int i = 0; i < 1000; i++, now += 200000) { // 200 s too slow
        scrim_load_report(load, now, 3000000);
        int now_dark = 0;
        for (unsigned c = 0; c < 3; c++) {
            dark[c] += scrim_load_dark(load, c);
            now_dark += scrim_load_dark(load, c);
        }
        most = now_dark > most ? now_dark : most;
        dark_before_rate += now_dark > 0 && scrim_load_divisor(load) < 4;
        CHECK(scrim_load_divisor(load) >= last);
        last = scrim_load_divisor(load);
    }
    CHECK_INT(dark_before_rate, 0);
    CHECK_INT(scrim_load_divisor(load), 4);
    CHECK_INT(most, 3);
    for (int i = 0; i < 300; i++, now += 200000)
        scrim_load_report(load, now, 0);
    CHECK_INT(scrim_load_divisor(load), 1);
    CHECK(!scrim_load_dark(load, 0) && !scrim_load_dark(load, 1) && !scrim_load_dark(load, 2));
    scrim_load_destroy(load);
}

static void lag_knows_the_best_moment(void)
{
    struct scrim_lag lag = {0};
    CHECK_INT(scrim_lag_update(&lag, 5000000, 1000000), 0);
    CHECK_INT(scrim_lag_update(&lag, 5100000, 1100000), 0);
    CHECK(scrim_lag_update(&lag, 7200000, 1200000) > 1900000);
    CHECK_INT(scrim_lag_update(&lag, 7200000, 3300000), 0); // better than ever
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){{"cover touches", cover_touches},
                                    {"rects cover exactly", rects_cover_exactly},
                                    {"nothing left under the mask", nothing_left_under_the_mask},
                                    {"opaque hides all", opaque_hides_all},
                                    {"every reason is written", every_reason_is_written},
                                    {"schedule shares", schedule_shares},
                                    {"load sheds rate first", load_sheds_rate_first},
                                    {"lag knows the best moment", lag_knows_the_best_moment},
                                    {0}});
}
