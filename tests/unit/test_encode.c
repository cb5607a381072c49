// The encoder shows what it is given: parts that stand still are not sent, parts that change are,
// at once; and both ways to tell them apart agree.
#include "media/decode.h"
#include "media/encode.h"
#include "media/still.h"

#include "test.h"

#include <stdlib.h>
#include <string.h>

#define WIDTH 320
#define HEIGHT 200 // not a multiple of 16
#define FPS 10
#define STRIDE (WIDTH + 16)

static uint32_t seed = 4711;

// xorshift32 (Marsaglia, 2003): the same numbers in every run.
static uint32_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

struct scene {
    uint8_t luma[STRIDE * HEIGHT], cb[STRIDE * HEIGHT / 2], cr[STRIDE * HEIGHT / 2];
};

static struct scrim_picture picture_of(const struct scene *scene, int width, int height)
{
    return (struct scrim_picture){
        .planes = {scene->luma, scene->cb, scene->cr},
        .strides = {STRIDE, STRIDE, STRIDE},
        .width = width,
        .height = height,
    };
}

// A slope, with so many levels of noise.
static void draw_scene(struct scene *scene, unsigned noise)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < STRIDE; x++)
            scene->luma[y * STRIDE + x] =
                (uint8_t)(40 + x / 4 + y / 4 + (int)(draw() % (noise + 1)));
    memset(scene->cb, 120, sizeof scene->cb);
    memset(scene->cr, 132, sizeof scene->cr);
}

static void fill(struct scene *scene, int left, int top, int size, uint8_t level)
{
    for (int y = top; y < top + size; y++)
        memset(scene->luma + y * STRIDE + left, level, (size_t)size);
}

static struct scrim_encoder *new_encoder(int width, int height)
{
    struct scrim_encoder *encoder = NULL;
    const struct scrim_encoder_params params = {
        .width = width,
        .height = height,
        .time_base_num = 1,
        .time_base_den = FPS,
        .fps = FPS,
        .key_interval = 250,
        .effort = SCRIM_EFFORT_LEAST,
    };
    struct scrim_error error;
    if (scrim_encoder_create(&params, &encoder, &error) < 0) {
        printf("  %s\n", error.text);
        abort();
    }
    return encoder;
}

struct pair {
    struct scrim_encoder *encoder;
    struct scrim_decoder *decoder;
    int64_t pts;
    size_t bytes; // of the last picture
};

static struct pair new_pair(int width, int height)
{
    struct pair pair = {.encoder = new_encoder(width, height)};
    const uint8_t *sets;
    size_t count;
    scrim_encoder_extradata(pair.encoder, &sets, &count);
    if (scrim_decoder_create(SCRIM_CODEC_H264, sets, count, 0, 0, &pair.decoder, NULL) < 0)
        abort();
    return pair;
}

static void drop_pair(struct pair *pair)
{
    scrim_encoder_destroy(pair->encoder);
    scrim_decoder_destroy(pair->decoder);
}

// What a viewer sees of it.
static struct scrim_picture show(struct pair *pair, const struct scrim_picture *picture, bool key)
{
    struct scrim_encoded encoded;
    struct scrim_decoded decoded = {0};
    struct scrim_error error;
    if (scrim_encoder_encode(pair->encoder, picture, pair->pts++, key, &encoded, &error) < 0 ||
        scrim_decoder_send(pair->decoder, encoded.data, encoded.count, pair->pts) < 0 ||
        scrim_decoder_receive(pair->decoder, &decoded, &error) != 1)
        abort();
    CHECK(!key || encoded.key);
    CHECK(!decoded.damaged);
    pair->bytes = encoded.count;
    return decoded.picture;
}

// The largest mean difference of 8×8 pixels of luma, in levels.
static int worst_block(const struct scrim_picture *a, const struct scrim_picture *b)
{
    int worst = 0;
    for (int y = 0; y + 8 <= a->height; y += 8)
        for (int x = 0; x + 8 <= a->width; x += 8) {
            int sum = 0;
            for (int k = 0; k < 64; k++)
                sum += a->planes[0][(y + k / 8) * a->strides[0] + x + k % 8] -
                       b->planes[0][(y + k / 8) * b->strides[0] + x + k % 8];
            worst = abs(sum) / 64 > worst ? abs(sum) / 64 : worst;
        }
    return worst;
}

static void stands_still(void)
{
    static struct scene scene;
    struct pair pair = new_pair(WIDTH, HEIGHT);
    size_t key = 0, rest = 0;
    for (int i = 0; i < 20; i++) {
        draw_scene(&scene, 6);
        const struct scrim_picture picture = picture_of(&scene, WIDTH, HEIGHT);
        const struct scrim_picture shown = show(&pair, &picture, i == 0);
        CHECK(worst_block(&picture, &shown) <= 3);
        *(i == 0 ? &key : &rest) += pair.bytes;
    }
    CHECK(rest / 19 < key / 10);
    drop_pair(&pair);
}

// Something small, of little contrast, in the middle of noise; and it leaves no trace.
static void moves(void)
{
    static struct scene scene;
    struct pair pair = new_pair(WIDTH, HEIGHT);
    for (int i = 0; i < 30; i++) {
        draw_scene(&scene, 6);
        fill(&scene, 8 * i, 64, 8, 140);
        const struct scrim_picture picture = picture_of(&scene, WIDTH, HEIGHT);
        const struct scrim_picture shown = show(&pair, &picture, i == 0);
        CHECK(worst_block(&picture, &shown) <= 3);
    }
    drop_pair(&pair);
}

// Slower than any threshold from one picture to the next.
static void fades(void)
{
    static struct scene scene;
    struct pair pair = new_pair(WIDTH, HEIGHT);
    for (int i = 0; i < 60; i++) {
        draw_scene(&scene, 2);
        for (size_t at = 0; at < sizeof scene.luma; at++)
            scene.luma[at] = (uint8_t)(scene.luma[at] + i);
        const struct scrim_picture picture = picture_of(&scene, WIDTH, HEIGHT);
        const struct scrim_picture shown = show(&pair, &picture, i == 0);
        CHECK(worst_block(&picture, &shown) <= 3);
    }
    drop_pair(&pair);
}

static void colour_changes(void)
{
    static struct scene scene;
    struct pair pair = new_pair(WIDTH, HEIGHT);
    draw_scene(&scene, 0);
    const struct scrim_picture picture = picture_of(&scene, WIDTH, HEIGHT);
    (void)show(&pair, &picture, true);
    for (int y = 16; y < 24; y++)
        memset(scene.cr + y * STRIDE + 40, 150, 8);
    const struct scrim_picture shown = show(&pair, &picture, false);
    CHECK(abs(shown.planes[2][20 * shown.strides[2] + 44] - 150) <= 4);
    CHECK(abs(shown.planes[1][20 * shown.strides[1] + 44] - 120) <= 4);
    drop_pair(&pair);
}

// Nothing but noise, which no coding makes small: pictures get coarser until they fit.
static void keeps_rate(void)
{
    static struct scene scene;
    struct pair pair = new_pair(WIDTH, HEIGHT);
    size_t bytes = 0;
    for (int i = 0; i < 60; i++) {
        draw_scene(&scene, 80);
        const struct scrim_picture picture = picture_of(&scene, WIDTH, HEIGHT);
        (void)show(&pair, &picture, i == 0);
        bytes += i >= 20 ? pair.bytes : 0;
    }
    CHECK(bytes * 8 * FPS / 40 < WIDTH * HEIGHT * FPS * 35 / 100 * 3 / 2);
    drop_pair(&pair);
}

static void odd_size(void)
{
    static struct scene scene;
    struct pair pair = new_pair(301, 199);
    for (int i = 0; i < 3; i++) {
        draw_scene(&scene, 2);
        const struct scrim_picture picture = picture_of(&scene, 301, 199);
        const struct scrim_picture shown = show(&pair, &picture, i == 0);
        CHECK_INT(shown.width, 301);
        CHECK_INT(shown.height, 199);
        CHECK(worst_block(&picture, &shown) <= 3);
    }
    drop_pair(&pair);
}

static void measures_agree(void)
{
    static struct scene scene;
    static uint8_t luma[WIDTH * HEIGHT], chroma[WIDTH * HEIGHT / 2];
    const struct scrim_shown shown = {luma, chroma, WIDTH, WIDTH};
    const struct scrim_picture picture = picture_of(&scene, WIDTH, HEIGHT);
    for (int round = 0; round < 60; round++) {
        const uint32_t mask = round % 3 == 0 ? 0xFF : round % 3 == 1 ? 0x07 : 0x80;
        for (size_t i = 0; i < sizeof scene; i++)
            ((uint8_t *)&scene)[i] = (uint8_t)(draw() & mask);
        for (size_t i = 0; i < sizeof luma; i++)
            luma[i] = (uint8_t)(round % 5 == 0 ? 255 : draw() & mask);
        for (size_t i = 0; i < sizeof chroma; i++)
            chroma[i] = (uint8_t)(round % 5 == 1 ? 255 : draw() & mask);
        struct scrim_difference ours[WIDTH / 16], theirs[WIDTH / 16];
        const int row = round % (HEIGHT / 16);
        scrim_still_measure_plain(&picture, &shown, row, WIDTH / 16, ours);
        scrim_still_measure_best()(&picture, &shown, row, WIDTH / 16, theirs);
        REQUIRE(memcmp(ours, theirs, sizeof ours) == 0);
    }
}

static void measures_are_right(void)
{
    static struct scene scene;
    static uint8_t luma[WIDTH * HEIGHT], chroma[WIDTH * HEIGHT / 2];
    const struct scrim_shown shown = {luma, chroma, WIDTH, WIDTH};
    const struct scrim_picture picture = picture_of(&scene, WIDTH, HEIGHT);
    struct scrim_difference differences[2];
    memset(&scene, 100, sizeof scene);
    memset(luma, 100, sizeof luma);
    memset(chroma, 100, sizeof chroma);
    luma[17 * WIDTH + 20] = 110; // both in the second macroblock of the second row
    scene.luma[18 * STRIDE + 21] = 103;
    scene.cr[9 * STRIDE + 3] = 105; // in the first
    scrim_still_measure_plain(&picture, &shown, 1, 2, differences);
    CHECK_INT(differences[1].noise, 13);
    CHECK_INT(differences[1].shift, 7);
    CHECK_INT(differences[0].noise, 10);
    CHECK_INT(differences[0].shift, 10);
}

int main(int argc, char **argv)
{
    return test_run(argc, argv,
                    (struct test[]){
                        {"what stands still is not sent", stands_still},
                        {"what moves is", moves},
                        {"what fades is", fades},
                        {"what changes its colour is", colour_changes},
                        {"noise gets coarser, not more", keeps_rate},
                        {"odd sizes", odd_size},
                        {"differences are measured", measures_are_right},
                        {"both measures agree", measures_agree},
                        {0},
                    });
}
