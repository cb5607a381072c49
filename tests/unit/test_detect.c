// The detector against slow and plain reference code: executor, picture scaling, box decoding.
#include "base/alloc.h"
#include "detect/boxes.h"
#include "detect/face.h"
#include "detect/nanodet.h"
#include "detect/preprocess.h"
#include "model_builder.h"
#include "test.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <math.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

// --- the executor ------------------------------------------------------------------------------

// One of every operation, a value that two concatenations share, and the input in a concatenation.
// `narrow`: an addition of six channels to eight, which the executor in 8 bits does not know.
static void model_of_everything(struct model_builder *model, bool narrow)
{
    static const uint8_t classes[] = {SCRIM_CLASS_PERSON, SCRIM_CLASS_VEHICLE, SCRIM_CLASS_VEHICLE};
    model_begin(model, 64, 32);
    model_classes(model, 3, classes);
    model_u8(model, 2);
    model_u8(model, 1);
    model_u16(model, 14);
    model_u16(model, 8);
    model_u16(model, 14);                               // operations
    model_conv(model, 0, 3, 5, 3, 1, true);             // 1: 32×64×5
    model_op(model, SCRIM_OP_CONCAT, false, 2, 1, 0);   // 2: 32×64×8
    model_conv(model, 2, 8, 6, 3, 2, true);             // 3: 16×32×6
    model_op(model, SCRIM_OP_MAX_POOL, false, 1, 3, 0); // 4: 8×16×6
    model_window(model, 3, 2, 1);
    model_op(model, SCRIM_OP_DEPTHWISE, true, 1, 4, 0); // 5: 4×8×6
    model_window_behind(model);
    model_weights(model, 3 * 3 * 6, 6);
    model_op(model, SCRIM_OP_CONCAT, false, 2, 5, 5); // 6: 4×8×12
    model_conv(model, 6, 12, 6, 1, 1, false);         // 7: 4×8×6
    model_op(model, SCRIM_OP_ADD, false, 2, 7, 5);    // 8: 4×8×6
    model_op(model, SCRIM_OP_RESIZE, false, 1, 8, 0); // 9: 8×16×6
    model_u8(model, 2);
    model_u8(model, 1);
    model_op(model, SCRIM_OP_RESIZE, false, 1, 9, 0); // 10: 4×8×6
    model_u8(model, 1);
    model_u8(model, 2);
    model_op(model, SCRIM_OP_CONCAT, false, 2, 10, 5); // 11: 4×8×12
    model_conv(model, 11, 12, 8, 3, 1, true);          // 12: 4×8×8
    model_add_relu(model, narrow ? 8 : 12, 12);        // 13: 4×8×8
    model_conv(model, 13, 8, 11, 1, 1, false);         // 14: 4×8×11
    model_end(model);
}

static float *values[32]; // of the reference, dense NHWC

static float at(unsigned value, const struct scrim_model_shape *shape, int64_t y, int64_t x,
                uint32_t channel, float outside)
{
    if (y < 0 || x < 0 || y >= shape->height || x >= shape->width)
        return outside;
    return values[value][((size_t)y * shape->width + (size_t)x) * shape->channels + channel];
}

// What a window operation gives at one place and channel.
static float reference_window(const struct scrim_model *model, const struct scrim_model_op *op,
                              int64_t y, int64_t x, uint32_t channel)
{
    const unsigned input = op->inputs[0];
    const struct scrim_model_shape *shape = &model->shapes[input];
    const bool pool = op->kind == SCRIM_OP_MAX_POOL, depthwise = op->kind == SCRIM_OP_DEPTHWISE;
    double sum = pool ? (double)-INFINITY : (double)op->bias[channel];
    for (uint32_t ky = 0; ky < op->kernel_height; ky++)
        for (uint32_t kx = 0; kx < op->kernel_width; kx++) {
            const int64_t from_y = y * op->stride + ky - op->pad_top;
            const int64_t from_x = x * op->stride + kx - op->pad_left;
            const size_t tap = (size_t)ky * op->kernel_width + kx;
            const size_t taps = (size_t)op->kernel_height * op->kernel_width;
            if (pool) {
                sum = fmax(sum, (double)at(input, shape, from_y, from_x, channel, -INFINITY));
            } else if (depthwise) {
                sum += (double)at(input, shape, from_y, from_x, channel, 0) *
                       (double)op->weights[tap * shape->channels + channel];
            } else {
                for (uint32_t c = 0; c < shape->channels; c++)
                    sum += (double)at(input, shape, from_y, from_x, c, 0) *
                           (double)op->weights[(channel * taps + tap) * shape->channels + c];
            }
        }
    if (op->activation == SCRIM_ACTIVATION_LEAKY && sum < 0)
        sum *= (double)op->slope;
    return (float)sum;
}

static float reference_resize(const struct scrim_model *model, const struct scrim_model_op *op,
                              int64_t y, int64_t x, uint32_t channel)
{
    const struct scrim_model_shape *shape = &model->shapes[op->inputs[0]];
    const double step = (double)op->down / op->up;
    const double from_y = fmax(0, ((double)y + 0.5) * step - 0.5);
    const double from_x = fmax(0, ((double)x + 0.5) * step - 0.5);
    const int64_t y0 = (int64_t)from_y, x0 = (int64_t)from_x;
    const int64_t y1 = y0 + 1 < shape->height ? y0 + 1 : y0;
    const int64_t x1 = x0 + 1 < shape->width ? x0 + 1 : x0;
    const double down = from_y - (double)y0, right = from_x - (double)x0;
    const unsigned input = op->inputs[0];
    const double top = (double)at(input, shape, y0, x0, channel, 0) * (1 - right) +
                       (double)at(input, shape, y0, x1, channel, 0) * right;
    const double bottom = (double)at(input, shape, y1, x0, channel, 0) * (1 - right) +
                          (double)at(input, shape, y1, x1, channel, 0) * right;
    return (float)(top * (1 - down) + bottom * down);
}

static float reference_join(const struct scrim_model *model, const struct scrim_model_op *op,
                            int64_t y, int64_t x, uint32_t channel)
{
    float sum = 0;
    for (unsigned i = 0; i < op->inputs_count; i++) {
        const struct scrim_model_shape *shape = &model->shapes[op->inputs[i]];
        if (op->kind == SCRIM_OP_ADD)
            sum += channel < shape->channels ? at(op->inputs[i], shape, y, x, channel, 0) : 0;
        else if (channel < shape->channels)
            return at(op->inputs[i], shape, y, x, channel, 0);
        else
            channel -= shape->channels;
    }
    return op->activation == SCRIM_ACTIVATION_RELU ? fmaxf(sum, 0) : sum;
}

static float reference_at(const struct scrim_model *model, const struct scrim_model_op *op,
                          int64_t y, int64_t x, uint32_t channel)
{
    switch (op->kind) {
    case SCRIM_OP_CONV:
    case SCRIM_OP_DEPTHWISE:
    case SCRIM_OP_MAX_POOL: return reference_window(model, op, y, x, channel);
    case SCRIM_OP_RESIZE: return reference_resize(model, op, y, x, channel);
    case SCRIM_OP_ADD:
    case SCRIM_OP_CONCAT: return reference_join(model, op, y, x, channel);
    }
    return NAN;
}

// Rounded to integers × scale, as an executor in 8 bits holds it.
static float rounded(float value, float range)
{
    return fminf(fmaxf(rintf(value / range * 127), -127), 127) * range / 127;
}

// `ranges`: of the values, which are rounded so but for the last one; NULL: float.
static void reference_run(const struct scrim_model *model, const float *ranges)
{
    for (unsigned i = 0; i < model->ops_count; i++) {
        const struct scrim_model_shape *shape = &model->shapes[i + 1];
        float *to = values[i + 1] =
            calloc((size_t)shape->height * shape->width * shape->channels, sizeof(float));
        if (!to)
            abort();
        for (uint32_t y = 0; y < shape->height; y++)
            for (uint32_t x = 0; x < shape->width; x++)
                for (uint32_t c = 0; c < shape->channels; c++, to++) {
                    *to = reference_at(model, &model->ops[i], y, x, c);
                    if (ranges && i + 1 < model->ops_count)
                        *to = rounded(*to, ranges[i + 1]);
                }
    }
}

static void model_load_everything(bool narrow, struct scrim_model **ret)
{
    struct model_builder builder;
    struct scrim_error error = {0};
    model_of_everything(&builder, narrow);
    if (scrim_model_parse(builder.bytes.data, builder.bytes.len, ret, &error) < 0)
        printf("  %s\n", error.text);
    REQUIRE(error.code == SCRIM_OK);
    model_finish(&builder);
}

static void fill_input(const struct scrim_tensor *input)
{
    const size_t count = (size_t)input->height * input->width * input->channels;
    for (size_t i = 0; i < count; i++)
        input->data[i] = (float)((i * 37) % 101) / 101 - 0.5F;
}

// How far the network's only output is from the last value of the reference; the largest there.
static float worst_difference(const struct scrim_network *network, const struct scrim_model *model,
                              float *ret_largest)
{
    const struct scrim_tensor output = scrim_network_output(network, 0);
    float worst = 0;
    *ret_largest = 0;
    for (size_t i = 0; i < (size_t)output.height * output.width; i++)
        for (uint32_t c = 0; c < output.channels; c++) {
            const float expected = values[model->ops_count][i * output.channels + c];
            worst = fmaxf(worst, fabsf(output.data[i * output.pitch + c] - expected));
            *ret_largest = fmaxf(*ret_largest, fabsf(expected));
        }
    return worst;
}

static void free_values(const struct scrim_model *model)
{
    for (unsigned i = 1; i <= model->ops_count; i++)
        free(values[i]);
}

static void float_agrees_with_plain_loops(void)
{
    struct scrim_model *model;
    struct scrim_network *network;
    model_load_everything(true, &model);
    REQUIRE(scrim_network_create(model, SCRIM_PRECISION_FLOAT, &network, NULL) == SCRIM_OK);
    const struct scrim_tensor input = scrim_network_input(network);
    fill_input(&input);
    values[0] = input.data;
    reference_run(model, NULL);
    for (int round = 0; round < 2; round++) { // the second run must not see the first one
        float largest;
        REQUIRE(scrim_network_run(network) == SCRIM_OK);
        CHECK(worst_difference(network, model, &largest) < largest * 1e-5F);
        CHECK(largest > 0.1F);
    }
    free_values(model);
    scrim_network_destroy(network);
    scrim_model_destroy(model);
}

// One scale for each channel of the result.
static void round_weights(const struct scrim_model *model)
{
    for (unsigned i = 0; i < model->ops_count; i++) {
        const struct scrim_model_op *op = &model->ops[i];
        const bool depthwise = op->kind == SCRIM_OP_DEPTHWISE;
        const size_t taps = (size_t)op->kernel_height * op->kernel_width;
        const size_t channels = model->shapes[i + 1].channels;
        const size_t each = depthwise ? taps : taps * model->shapes[op->inputs[0]].channels;
        for (size_t c = 0; op->weights && c < channels; c++) {
            float *first = op->weights + (depthwise ? c : c * each);
            const size_t step = depthwise ? channels : 1;
            float largest = 0;
            for (size_t k = 0; k < each; k++)
                largest = fmaxf(largest, fabsf(first[k * step]));
            for (size_t k = 0; k < each; k++)
                first[k * step] = rounded(first[k * step], largest);
        }
    }
}

// The largest magnitudes of the reference's values, united as concatenations, resizes and maxima
// demand; the others are clipped a little, and two of an addition differ.
static void measure_ranges(const struct scrim_model *model, float *ranges)
{
    static const uint8_t united[] = {0, 0, 0, 3, 3, 3, 3, 7, 3, 3, 3, 3, 12, 13, 14};
    memset(ranges, 0, (model->ops_count + 1) * sizeof(float));
    for (unsigned i = 0; i <= model->ops_count; i++) {
        const struct scrim_model_shape *shape = &model->shapes[i];
        const size_t count = (size_t)shape->height * shape->width * shape->channels;
        for (size_t k = 0; k < count; k++)
            ranges[united[i]] = fmaxf(ranges[united[i]], fabsf(values[i][k]) * 0.9F);
    }
    for (unsigned i = 0; i <= model->ops_count; i++)
        ranges[i] = ranges[united[i]];
}

static void int8_agrees_with_plain_loops(void)
{
    struct scrim_model *model;
    struct scrim_network *network;
    struct scrim_error error = {0};
    float input[32 * 64 * 3], largest;
    model_load_everything(false, &model);
    const struct scrim_tensor pixels = {input, 32, 64, 3, 3};
    fill_input(&pixels);
    values[0] = input;
    reference_run(model, NULL);
    CHECK(scrim_network_create(model, SCRIM_PRECISION_INT8, &network, NULL) == SCRIM_EUNSUPPORTED);
    model->ranges = scrim_new_array(model->ops_count + 1, float);
    measure_ranges(model, model->ranges);
    free_values(model);

    if (scrim_network_create(model, SCRIM_PRECISION_INT8, &network, &error) < 0)
        printf("  %s\n", error.text);
    REQUIRE(error.code == SCRIM_OK);
    memcpy(scrim_network_input(network).data, input, sizeof(input));
    round_weights(model);
    for (size_t i = 0; i < sizeof(input) / sizeof(input[0]); i++)
        input[i] = rounded(input[i], model->ranges[0]);
    reference_run(model, model->ranges);
    for (int round = 0; round < 2; round++) {
        REQUIRE(scrim_network_run(network) == SCRIM_OK);
        CHECK(worst_difference(network, model, &largest) < largest * 0.01F);
        CHECK(largest > 0.1F);
    }
    free_values(model);
    scrim_network_destroy(network);
    scrim_model_destroy(model);
}

static double root_mean_square(const struct scrim_tensor *a, const struct scrim_tensor *b)
{
    double sum = 0;
    for (size_t i = 0; i < (size_t)a->height * a->width; i++)
        for (uint32_t c = 0; c < a->channels; c++) {
            const double from = b ? (double)b->data[i * b->pitch + c] : 0;
            const double difference = (double)a->data[i * a->pitch + c] - from;
            sum += difference * difference;
        }
    return sqrt(sum / ((double)a->height * a->width * a->channels));
}

// Soft blobs and some texture, which is what ranges were measured for; not noise.
static void draw_scene(const struct scrim_tensor *input)
{
    for (uint32_t y = 0; y < input->height; y++)
        for (uint32_t x = 0; x < input->width; x++)
            for (uint32_t c = 0; c < input->channels; c++) {
                const float wave = sinf((float)x * 0.11F + (float)c) * cosf((float)y * 0.07F);
                const float texture = (float)((x * 7 + y * 13 + c * 5) % 17) / 17 - 0.5F;
                input->data[(y * input->width + x) * input->pitch + c] = wave + 0.4F * texture;
            }
}

// Every grid of the real network in 8 bits differs from float by at most a twentieth (measured: 2
// to 8 %), as root mean squares. What that means for people is in docs/design/detector.md.
static void int8_stays_near_float(void)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_model *model;
    struct scrim_network *exact, *fast;
    if (scrim_model_find("nanodet-256x192", path, NULL) < 0) {
        printf("  skipped: no nanodet-256x192\n");
        return;
    }
    REQUIRE(scrim_model_load(path, &model, NULL) == SCRIM_OK);
    REQUIRE(scrim_network_create(model, SCRIM_PRECISION_FLOAT, &exact, NULL) == SCRIM_OK);
    REQUIRE(scrim_network_create(model, SCRIM_PRECISION_INT8, &fast, NULL) == SCRIM_OK);
    const struct scrim_tensor inputs[] = {scrim_network_input(exact), scrim_network_input(fast)};
    draw_scene(&inputs[0]);
    draw_scene(&inputs[1]);
    REQUIRE(scrim_network_run(exact) == SCRIM_OK && scrim_network_run(fast) == SCRIM_OK);
    for (unsigned i = 0; i < model->outputs_count; i++) {
        const struct scrim_tensor a = scrim_network_output(exact, i);
        const struct scrim_tensor b = scrim_network_output(fast, i);
        CHECK(root_mean_square(&a, &b) < root_mean_square(&a, NULL) / 10);
    }
    scrim_network_destroy(exact);
    scrim_network_destroy(fast);
    scrim_model_destroy(model);
}

// --- pictures ----------------------------------------------------------------------------------

struct canvas {
    uint8_t luma[120 * 200], cb[60 * 100], cr[60 * 100];
    struct scrim_picture picture;
};

static void canvas_fill(struct canvas *canvas, int y, int cb, int cr)
{
    memset(canvas->luma, y, sizeof(canvas->luma));
    memset(canvas->cb, cb, sizeof(canvas->cb));
    memset(canvas->cr, cr, sizeof(canvas->cr));
    canvas->picture = (struct scrim_picture){
        {canvas->luma, canvas->cb, canvas->cr}, {200, 100, 100}, 200, 120, false};
}

struct scaling {
    struct model_builder builder;
    struct scrim_model *model;
    struct scrim_preprocess *preprocess;
    struct scrim_tensor input;
    float pixels[32 * 64 * 3];
};

static void scaling_begin(struct scaling *scaling)
{
    model_small(&scaling->builder); // 64×32, RGB, mean 0, scale 1
    model_check(scrim_model_parse(scaling->builder.bytes.data, scaling->builder.bytes.len,
                                  &scaling->model, NULL));
    model_check(scrim_preprocess_create(scaling->model, &scaling->preprocess, NULL));
    scaling->input = (struct scrim_tensor){scaling->pixels, 32, 64, 3, 3};
}

static void scaling_end(struct scaling *scaling)
{
    scrim_preprocess_destroy(scaling->preprocess);
    scrim_model_destroy(scaling->model);
    model_finish(&scaling->builder);
}

static bool near(float a, float b, float tolerance)
{
    return fabsf(a - b) <= tolerance;
}

static void flat_pictures_keep_their_colour(void)
{
    static const struct {
        int y, cb, cr;
        bool full;
        float red, green, blue;
    } cases[] = {
        {16, 128, 128, false, 0, 0, 0},        {235, 128, 128, false, 255, 255, 255},
        {126, 128, 128, false, 128, 128, 128}, {81, 90, 240, false, 255, 0, 0},
        {145, 54, 34, false, 0, 255, 0},       {41, 240, 110, false, 0, 0, 255},
        {76, 85, 255, true, 255, 0, 0},        {0, 128, 128, true, 0, 0, 0},
        {255, 128, 128, true, 255, 255, 255},
    };
    struct scaling scaling;
    struct canvas canvas;
    struct scrim_fit fit;
    scaling_begin(&scaling);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct scrim_region whole = {0, 0, 200, 120};
        canvas_fill(&canvas, cases[i].y, cases[i].cb, cases[i].cr);
        canvas.picture.full_range = cases[i].full;
        REQUIRE(scrim_preprocess_run(scaling.preprocess, &canvas.picture, &whole, &scaling.input,
                                     &fit) == SCRIM_OK);
        const float *pixel = scaling.pixels + 3 * (10 * 64 + 20);
        CHECK(near(pixel[0], cases[i].red, 2));
        CHECK(near(pixel[1], cases[i].green, 2));
        CHECK(near(pixel[2], cases[i].blue, 2));
        // 200×120 fits 53×32; the rest is filled with the mean.
        CHECK(fit.width == 53 && fit.height == 32);
        CHECK(near(scaling.pixels[3 * 53], 0, 0) && near(scaling.pixels[3 * 63 + 2], 0, 0));
    }
    scaling_end(&scaling);
}

// A ramp stays a ramp, at the right place: catches shifts of half a pixel and wrong crops.
static void ramps_stay_in_place(void)
{
    static const struct scrim_region regions[] = {
        {0, 0, 200, 120}, {40, 20, 128, 64}, {136, 88, 64, 32}, {7, 5, 33, 17}, {0, 0, 9, 120}};
    struct scaling scaling;
    struct canvas canvas;
    struct scrim_fit fit;
    scaling_begin(&scaling);
    canvas_fill(&canvas, 0, 128, 128);
    canvas.picture.full_range = true;
    for (int y = 0; y < 120; y++)
        for (int x = 0; x < 200; x++)
            canvas.luma[y * 200 + x] = (uint8_t)(x + y / 4);
    for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
        const struct scrim_region *region = &regions[i];
        REQUIRE(scrim_preprocess_run(scaling.preprocess, &canvas.picture, region, &scaling.input,
                                     &fit) == SCRIM_OK);
        for (int y = 1; y + 1 < fit.height; y += 5)
            for (int x = 1; x + 1 < fit.width; x += 3) {
                const float from_x = (float)region->x + ((float)x + 0.5F) * fit.pixels_x - 0.5F;
                const float from_y = (float)region->y + ((float)y + 0.5F) * fit.pixels_y - 0.5F;
                CHECK(near(scaling.pixels[3 * (y * 64 + x)], from_x + from_y / 4 - 0.375F, 1.2F));
            }
    }
    scaling_end(&scaling);
}

static void absurd_reductions_are_refused(void)
{
    static uint8_t row[4096];
    const struct scrim_picture picture = {{row, row, row}, {0, 0, 0}, 4096, 16, false};
    const struct scrim_region whole = {0, 0, 4096, 16};
    struct scaling scaling;
    struct scrim_fit fit;
    scaling_begin(&scaling);
    CHECK_INT(scrim_preprocess_run(scaling.preprocess, &picture, &whole, &scaling.input, &fit),
              SCRIM_EINVAL);
    scaling_end(&scaling);
}

// --- boxes -------------------------------------------------------------------------------------

static void suppression(void)
{
    struct scrim_box boxes[] = {
        {0, 0, 10, 10, 0.5F, SCRIM_CLASS_PERSON},   {1, 0, 11, 10, 0.9F, SCRIM_CLASS_PERSON},
        {1, 0, 11, 10, 0.4F, SCRIM_CLASS_VEHICLE},  {6, 0, 16, 10, 0.6F, SCRIM_CLASS_PERSON},
        {40, 0, 50, 10, 0.95F, SCRIM_CLASS_PERSON},
    };
    const size_t kept = scrim_boxes_suppress(boxes, 5, 0.6F);
    REQUIRE(kept == 4);
    CHECK(near(boxes[0].score, 0.95F, 0) && near(boxes[1].score, 0.9F, 0));
    CHECK(near(boxes[2].score, 0.6F, 0) && near(boxes[3].score, 0.4F, 0));
    CHECK_INT(scrim_boxes_suppress(boxes, 0, 0.6F), 0);
}

// Writes one cell's numbers straight into a network's output.
static void decoding(void)
{
    struct model_builder builder;
    struct scrim_model *model;
    struct scrim_network *network;
    struct scrim_box boxes[4];
    model_small(&builder);
    model_check(scrim_model_parse(builder.bytes.data, builder.bytes.len, &model, NULL));
    model_check(scrim_network_create(model, SCRIM_PRECISION_FLOAT, &network, NULL));
    const struct scrim_tensor grid = scrim_network_output(network, 0);
    for (size_t i = 0; i < (size_t)grid.height * grid.width; i++)
        grid.data[i * grid.pitch] = -9; // no person anywhere
    float *cell = grid.data + (2 * grid.width + 3) * grid.pitch;
    cell[0] = logf(0.8F / 0.2F);
    for (int side = 0; side < 4; side++) { // distances 0.5, 1, 0, 0.25 strides
        static const float distances[] = {0.5F, 1, 0, 0.25F};
        cell[1 + 2 * side] = logf(1 - distances[side] + 1e-9F);
        cell[2 + 2 * side] = logf(distances[side] + 1e-9F);
    }
    REQUIRE(scrim_nanodet_decode(model, network, 0.5F, boxes, 4) == 1);
    CHECK(near(boxes[0].score, 0.8F, 1e-4F) && boxes[0].class == SCRIM_CLASS_PERSON);
    CHECK(near(boxes[0].x0, 24, 0.01F) && near(boxes[0].y0, 12, 0.01F));
    CHECK(near(boxes[0].x1, 28, 0.01F) && near(boxes[0].y1, 22, 0.01F));
    CHECK_INT(scrim_nanodet_decode(model, network, 0.9F, boxes, 4), 0);
    // More than fit: the best stay.
    for (size_t i = 0; i < (size_t)grid.height * grid.width; i++)
        grid.data[i * grid.pitch] = (float)i * 0.1F;
    REQUIRE(scrim_nanodet_decode(model, network, 0.1F, boxes, 2) == 2);
    CHECK(boxes[0].score + boxes[1].score > 1.9F);
    scrim_network_destroy(network);
    scrim_model_destroy(model);
    model_finish(&builder);
}

// Two boxes a cell; the second one of one cell holds a face.
static void faces_are_grown_to_heads(void)
{
    struct model_builder builder;
    struct scrim_model *model;
    struct scrim_network *network;
    struct scrim_box boxes[4];
    model_small_faces(&builder, SCRIM_CLASS_FACE, 2, 10);
    model_check(scrim_model_parse(builder.bytes.data, builder.bytes.len, &model, NULL));
    model_check(scrim_network_create(model, SCRIM_PRECISION_FLOAT, &network, NULL));
    const struct scrim_tensor grid = scrim_network_output(network, 0);
    for (size_t i = 0; i < (size_t)grid.height * grid.width; i++)
        grid.data[i * grid.pitch] = grid.data[i * grid.pitch + 1] = -9;
    float *cell = grid.data + (2 * grid.width + 3) * grid.pitch; // centre (28, 20)
    static const float face[] = {2, -4, 10, 8};                  // 25…35, 12…20
    cell[1] = logf(0.7F / 0.3F);
    memcpy(cell + 2 + 4, face, sizeof(face));
    REQUIRE(scrim_face_decode(model, network, 0.5F, boxes, 4) == 1);
    CHECK(near(boxes[0].score, 0.7F, 1e-4F) && boxes[0].class == SCRIM_CLASS_FACE);
    // All of the face, and room for hair, chin and ears: more above than below.
    CHECK(boxes[0].x0 < 23 && boxes[0].x1 > 37 && near(boxes[0].x0 + boxes[0].x1, 60, 0.01F));
    CHECK(boxes[0].y0 < 8 && boxes[0].y1 > 21);
    CHECK(12 - boxes[0].y0 > boxes[0].y1 - 20);
    CHECK(boxes[0].x0 > 15 && boxes[0].x1 < 45 && boxes[0].y0 > 2 && boxes[0].y1 < 26);
    CHECK_INT(scrim_face_decode(model, network, 0.8F, boxes, 4), 0);
    memcpy(cell + 2 + 4, (const float[]){2, -4, -10, 8}, sizeof(face)); // no box at all
    CHECK_INT(scrim_face_decode(model, network, 0.5F, boxes, 4), 0);
    memcpy(cell + 2 + 4, (const float[]){NAN, 0, 8, 8}, sizeof(face));
    CHECK_INT(scrim_face_decode(model, network, 0.5F, boxes, 4), 0);
    cell[1] = NAN;
    CHECK_INT(scrim_face_decode(model, network, 0.5F, boxes, 4), 0);
    scrim_network_destroy(network);
    scrim_model_destroy(model);
    model_finish(&builder);
}

// --- the whole ---------------------------------------------------------------------------------

static void write_small_model(const char *directory, char path[SCRIM_PATH_MAX])
{
    struct model_builder builder;
    model_small(&builder);
    model_check(scrim_path_join(path, directory, "small.nvm"));
    model_check(scrim_fs_create(path, builder.bytes.data, builder.bytes.len, 0600, NULL));
    model_finish(&builder);
}

static void regions_are_checked(void)
{
    char directory[256], path[SCRIM_PATH_MAX];
    struct canvas canvas;
    struct scrim_detector *detector;
    struct scrim_box boxes[SCRIM_BOXES_MAX];
    static const struct scrim_region bad[] = {{-1, 0, 50, 50},  {0, 0, 201, 50},
                                              {190, 0, 11, 50}, {0, 100, 50, 21},
                                              {0, 0, 7, 50},    {INT32_MAX, 0, INT32_MAX, 50}};
    test_make_dir(directory);
    write_small_model(directory, path);
    canvas_fill(&canvas, 100, 128, 128);
    REQUIRE(scrim_detector_create(path, &detector, NULL) == SCRIM_OK);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CHECK_INT(scrim_detector_run(detector, &canvas.picture, &bad[i], 0.5F, boxes, 8),
                  SCRIM_EINVAL);
    CHECK_INT(scrim_detector_run(detector, &canvas.picture, NULL, 0, boxes, 8), SCRIM_EINVAL);
    const struct scrim_region corner = {150, 80, 50, 40};
    const int count = scrim_detector_run(detector, &canvas.picture, &corner, 0.001F, boxes, 8);
    CHECK(count >= 0);
    for (int i = 0; i < count; i++)
        CHECK(boxes[i].x0 >= 0 && boxes[i].x1 <= 200 && boxes[i].x0 < boxes[i].x1 &&
              boxes[i].y0 >= 0 && boxes[i].y1 <= 120 && boxes[i].y0 < boxes[i].y1);
    scrim_detector_destroy(detector);
    test_remove_dir(directory);
}

static void models_fit_the_picture(void)
{
    CHECK_TEXT(scrim_model_for_picture(640, 480), "nanodet-256x192");
    CHECK_TEXT(scrim_model_for_picture(768, 576), "nanodet-256x192");
    CHECK_TEXT(scrim_model_for_picture(480, 640), "nanodet-256x192");
    CHECK_TEXT(scrim_model_for_picture(640, 360), "nanodet-320x192");
    CHECK_TEXT(scrim_model_for_picture(1224, 370), "nanodet-320x192");
    CHECK_TEXT(scrim_face_model_for_picture(640, 480), "face-128x96");
    CHECK_TEXT(scrim_face_model_for_picture(640, 360), "face-160x96");
}

// Strict seccomp allows read, write, exit and sigreturn: a run that opened, mapped or started
// anything would be killed.
static void runs_without_any_right(void)
{
    char directory[256], path[SCRIM_PATH_MAX];
    if (scrim_model_find("nanodet-320x192", path, NULL) < 0) {
        test_make_dir(directory);
        write_small_model(directory, path);
    } else {
        directory[0] = '\0';
    }
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        static struct canvas canvas;
        static struct scrim_box boxes[SCRIM_BOXES_MAX];
        struct scrim_detector *detector;
        canvas_fill(&canvas, 100, 128, 128);
        int count = scrim_detector_create(path, &detector, NULL);
        if (count >= 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0)
            count =
                scrim_detector_run(detector, &canvas.picture, NULL, 0.001F, boxes, SCRIM_BOXES_MAX);
        syscall(SYS_exit, count >= 0 ? 0 : 1);
    }
    int status;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    if (directory[0])
        test_remove_dir(directory);
}

static void two_looks_are_one_list(void)
{
    struct scrim_box boxes[5] = {
        {0, 0, 20, 40, 0.5F, SCRIM_CLASS_PERSON},    {100, 0, 140, 30, 0.6F, SCRIM_CLASS_VEHICLE},
        {1, 1, 21, 40, 0.9F, SCRIM_CLASS_PERSON},    // the first again, with a better score
        {100, 0, 140, 30, 0.9F, SCRIM_CLASS_PERSON}, // somebody before the car
        {50, 50, 54, 60, 0.4F, SCRIM_CLASS_PERSON},
    };
    CHECK_INT(scrim_boxes_merge(boxes, 2, 3, 0.5F), 4);
    CHECK(boxes[0].x0 == 0); // the first look's place is kept
    CHECK_INT(boxes[2].class, SCRIM_CLASS_PERSON);
    CHECK(boxes[2].x0 == 100 && boxes[3].x0 == 50);
    CHECK_INT(scrim_boxes_merge(boxes, 0, 0, 0.5F), 0);
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){{"float agrees with plain loops", float_agrees_with_plain_loops},
                        {"int8 agrees with plain loops", int8_agrees_with_plain_loops},
                        {"int8 stays near float", int8_stays_near_float},
                        {"flat pictures keep their colour", flat_pictures_keep_their_colour},
                        {"ramps stay in place", ramps_stay_in_place},
                        {"absurd reductions are refused", absurd_reductions_are_refused},
                        {"suppression", suppression},
                        {"two looks are one list", two_looks_are_one_list},
                        {"decoding", decoding},
                        {"faces are grown to heads", faces_are_grown_to_heads},
                        {"regions are checked", regions_are_checked},
                        {"models fit the picture", models_fit_the_picture},
                        {"runs without any right", runs_without_any_right},
                        {0}});
}
