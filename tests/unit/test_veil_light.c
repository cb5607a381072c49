// The background follows the light, and nobody who walks through it.
#include "veil/light.h"

#include "test.h"
#include "veil/kernels.h"

#include <string.h>

#define W 384
#define H 288

struct stage {
    struct scrim_light *light;
    uint8_t luma[W * H], foreground[W * H];
    uint16_t mean[W * H];
};

// A textured background of 60 to 160 grey levels, and a picture that shows just that.
static void stage_init(struct stage *stage)
{
    memset(stage, 0, sizeof(*stage));
    REQUIRE(scrim_light_create(W, H, &stage->light) >= 0);
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            stage->luma[y * W + x] = (uint8_t)(60 + (x * 7 + y * 13) % 101);
            stage->mean[y * W + x] = (uint16_t)(stage->luma[y * W + x] * SCRIM_LEVEL);
        }
}

static float follow(struct stage *stage)
{
    const struct scrim_light_view view = {stage->luma, stage->foreground, stage->mean, false};
    return scrim_light_follow(stage->light, &view);
}

static uint8_t lit(uint8_t luma, float factor)
{
    const float value = 16 + (float)(luma - 16) * factor;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value + 0.5F);
}

// The picture in another light, by a factor that may differ from place to place.
static void light_up(struct stage *stage, float (*factor)(int x, int y))
{
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            stage->luma[y * W + x] = lit(stage->luma[y * W + x], factor(x, y));
}

// Largest distance of picture and background, in grey levels.
static int furthest(const struct stage *stage, int left, int top, int right, int bottom)
{
    int most = 0;
    for (int y = top; y < bottom; y++)
        for (int x = left; x < right; x++) {
            const int distance =
                stage->luma[y * W + x] - (stage->mean[y * W + x] + SCRIM_LEVEL / 2) / SCRIM_LEVEL;
            most = distance > most ? distance : -distance > most ? -distance : most;
        }
    return most;
}

static float half(int x, int y)
{
    (void)x;
    (void)y;
    return 0.5F;
}

static float bright(int x, int y)
{
    (void)x;
    (void)y;
    return 1.4F;
}

static float cloud(int x, int y)
{
    (void)y;
    const float dark = x < 100 ? 1 : x > 300 ? 0 : (float)(300 - x) / 200;
    return 1 - 0.3F * dark;
}

static void follows_the_whole_picture(void)
{
    static float (*const lights[])(int, int) = {half, bright};
    for (size_t i = 0; i < sizeof(lights) / sizeof(*lights); i++) {
        struct stage stage;
        stage_init(&stage);
        light_up(&stage, lights[i]);
        const float factor = follow(&stage), wanted = lights[i](0, 0);
        CHECK(factor > wanted - 0.02F && factor < wanted + 0.02F);
        CHECK(furthest(&stage, 0, 0, W, H) <= 3);
        scrim_light_destroy(stage.light);
    }
}

static void follows_a_cloud(void)
{
    struct stage stage;
    stage_init(&stage);
    light_up(&stage, cloud);
    follow(&stage);
    CHECK(furthest(&stage, 0, 0, W, H) <= 8); // below any threshold of motion
    scrim_light_destroy(stage.light);
}

static void leaves_a_background_that_fits(void)
{
    static uint16_t before[W * H];
    struct stage stage;
    stage_init(&stage);
    memcpy(before, stage.mean, sizeof(before));
    CHECK(follow(&stage) > 0.99F);
    CHECK(memcmp(before, stage.mean, sizeof(before)) == 0);
    scrim_light_destroy(stage.light);
}

static void paint(struct stage *stage, int left, int top, int right, int bottom, uint8_t luma)
{
    for (int y = top; y < bottom; y++)
        memset(stage->luma + y * W + left, luma, (size_t)(right - left));
}

// Somebody steps in, over two fifths of a tile: they do not become the light of it.
static void leaves_people_alone(void)
{
    struct stage stage;
    stage_init(&stage);
    paint(&stage, 204, 100, 230, 170, 200);
    follow(&stage);
    CHECK(furthest(&stage, 204, 100, 230, 170) >= 40);
    CHECK(furthest(&stage, 231, 0, W, H) <= 1);
    scrim_light_destroy(stage.light);
}

// When somebody covers nearly all, what is left of the ground has no say over it.
static void nearly_covered(void)
{
    struct stage stage;
    stage_init(&stage);
    paint(&stage, 0, 0, W, H - 20, 220);
    memset(stage.foreground, 1, (size_t)W * (H - 40));
    CHECK(follow(&stage) > 0.99F);
    CHECK(furthest(&stage, 0, 0, W, H - 60) >= 50);
    scrim_light_destroy(stage.light);
}

// White is at least white: what comes back from there is taken as it is, if it is bright enough.
static void white_comes_back(void)
{
    struct stage stage;
    stage_init(&stage);
    for (int y = 0; y < 60; y++)
        for (int x = 0; x < W; x++) {
            stage.luma[y * W + x] = 240; // of which 144 is left in half the light
            stage.mean[y * W + x] = 255 * SCRIM_LEVEL;
        }
    light_up(&stage, half);
    paint(&stage, 0, 0, 50, 60, 170);   // was whiter still
    paint(&stage, 200, 0, 220, 40, 60); // somebody who came with the change
    follow(&stage);
    CHECK(furthest(&stage, 0, 0, 50, 60) <= 1);
    CHECK(furthest(&stage, 60, 0, 190, 60) <= 9);
    CHECK(furthest(&stage, 200, 0, 220, 40) >= 60);
    scrim_light_destroy(stage.light);
}

static void too_dark_to_say(void)
{
    struct stage stage;
    stage_init(&stage);
    memset(stage.luma, 16, sizeof(stage.luma));
    CHECK(follow(&stage) == 1); // NOLINT: exactly
    scrim_light_destroy(stage.light);
}

static void odd_sizes(void)
{
    static const int sizes[][2] = {{16, 16}, {17, 900}, {480, 16}, {479, 3000}};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        const int width = sizes[i][0], height = sizes[i][1];
        const size_t pixels = (size_t)width * (size_t)height;
        uint8_t *luma = malloc(pixels), *foreground = calloc(pixels, 1);
        uint16_t *mean = malloc(pixels * sizeof(*mean));
        struct scrim_light *light;
        REQUIRE(luma && foreground && mean && scrim_light_create(width, height, &light) >= 0);
        memset(luma, 60, pixels);
        for (size_t k = 0; k < pixels; k++)
            mean[k] = 104 * SCRIM_LEVEL;
        const struct scrim_light_view view = {luma, foreground, mean, false};
        const float factor = scrim_light_follow(light, &view);
        if (pixels > 1000) {
            CHECK(factor > 0.49F && factor < 0.51F);
            CHECK(mean[pixels - 1] / SCRIM_LEVEL >= 59 && mean[pixels - 1] / SCRIM_LEVEL <= 61);
        } else {
            CHECK(factor == 1); // NOLINT: too few pixels to say
        }
        scrim_light_destroy(light);
        free(luma);
        free(foreground);
        free(mean);
    }
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){{"follows the whole picture", follows_the_whole_picture},
                        {"follows a cloud", follows_a_cloud},
                        {"leaves a background that fits", leaves_a_background_that_fits},
                        {"leaves people alone", leaves_people_alone},
                        {"nearly covered", nearly_covered},
                        {"white comes back", white_comes_back},
                        {"too dark to say", too_dark_to_say},
                        {"odd sizes", odd_sizes},
                        {0}});
}
