// The promise that no model with an output other than box, class and score is ever loaded, and the
// strictness of the loader around it.
#include "model_builder.h"
#include "test.h"

#include <math.h>

// The parts of a small model that a test may get wrong on purpose.
struct plan {
    unsigned head, classes, class, bins, value, stride, channels;
    bool loose; // one more convolution that nothing consumes
};

static const struct plan good = {SCRIM_HEAD_GFL, 1, SCRIM_CLASS_PERSON, 2, 2, 8, 9, false};

static void build(struct model_builder *model, const struct plan *plan)
{
    model_begin(model, 64, 32);
    model->bytes.data[10] = (uint8_t)(plan->head >> 8);
    model->bytes.data[11] = (uint8_t)plan->head;
    model_u8(model, plan->classes);
    for (unsigned i = 0; i < plan->classes; i++)
        model_u8(model, plan->class);
    model_u8(model, plan->bins);
    model_u8(model, 1);
    model_u16(model, plan->value);
    model_u16(model, plan->stride);
    model_u16(model, plan->loose ? 3 : 2);
    model_conv(model, 0, 3, 4, 3, 4, true);
    model_conv(model, 1, 4, plan->channels, 1, 2, false);
    if (plan->loose)
        model_conv(model, 1, 4, 128, 1, 2, false);
    model_end(model);
}

static int load(const struct plan *plan, struct scrim_error *error)
{
    struct model_builder builder;
    struct scrim_model *model = NULL;
    build(&builder, plan);
    const int result = scrim_model_parse(builder.bytes.data, builder.bytes.len, &model, error);
    scrim_model_destroy(model);
    model_finish(&builder);
    return result;
}

// Box and score of a person, several times over for each cell: numbers that are no boxes.
static void one_grid_many_times_is_refused(void)
{
    struct model_builder builder;
    struct scrim_model *model = NULL;
    struct scrim_error error = {0};
    const unsigned times = SCRIM_MODEL_OUTPUTS_MAX;
    for (unsigned count = 1; count <= times; count += times - 1) {
        model_begin(&builder, 64, 32);
        builder.bytes.data[11] = SCRIM_HEAD_GFL;
        model_u8(&builder, 1);
        model_u8(&builder, SCRIM_CLASS_PERSON);
        model_u8(&builder, 2);
        model_u8(&builder, count);
        for (unsigned i = 0; i < count; i++) {
            model_u16(&builder, 2 + i);
            model_u16(&builder, 8);
        }
        model_u16(&builder, 1 + count);
        model_conv(&builder, 0, 3, 4, 3, 4, true);
        for (unsigned i = 0; i < count; i++)
            model_conv(&builder, 1, 4, 9, 1, 2, false);
        model_end(&builder);
        CHECK_INT(scrim_model_parse(builder.bytes.data, builder.bytes.len, &model, &error),
                  count == 1 ? SCRIM_OK : SCRIM_EUNSUPPORTED);
        scrim_model_destroy(model);
        model = NULL;
        model_finish(&builder);
    }
}

static void detector_is_loaded(void)
{
    struct scrim_error error = {0};
    CHECK_INT(load(&good, &error), SCRIM_OK);
}

// A face or person template is a vector of some hundred numbers. In whatever way a file may declare
// it, it does not get in.
static void embeddings_are_refused(void)
{
    static const struct {
        const char *what;
        struct plan plan;
    } cases[] = {
        {"an unknown head", {7, 1, SCRIM_CLASS_PERSON, 2, 2, 8, 9, false}},
        {"128 numbers a cell", {SCRIM_HEAD_GFL, 1, SCRIM_CLASS_PERSON, 2, 2, 8, 128, false}},
        {"128 numbers behind box and score",
         {SCRIM_HEAD_GFL, 1, SCRIM_CLASS_PERSON, 2, 2, 8, 9 + 128, false}},
        {"128 numbers called classes",
         {SCRIM_HEAD_GFL, 120, SCRIM_CLASS_PERSON, 2, 2, 8, 128, false}},
        {"128 numbers called bins", {SCRIM_HEAD_GFL, 1, SCRIM_CLASS_PERSON, 127, 2, 8, 509, false}},
        {"an output beside the declared one",
         {SCRIM_HEAD_GFL, 1, SCRIM_CLASS_PERSON, 2, 2, 8, 9, true}},
        {"a class nobody masks", {SCRIM_HEAD_GFL, 1, SCRIM_CLASS_COUNT, 2, 2, 8, 9, false}},
        {"one cell for the whole picture",
         {SCRIM_HEAD_GFL, 1, SCRIM_CLASS_PERSON, 2, 2, 32, 9, false}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct scrim_error error = {0};
        if (load(&cases[i].plan, &error) != SCRIM_EUNSUPPORTED)
            printf("  %s: %s\n", cases[i].what, error.text);
        CHECK_INT(load(&cases[i].plan, &error), SCRIM_EUNSUPPORTED);
    }
}

// Published face detectors say 16 numbers a box: besides the box, where eyes, nose, mouth and ears
// are.
static void points_on_a_face_are_refused(void)
{
    static const struct {
        unsigned class, boxes, channels;
        int result;
    } cases[] = {
        {SCRIM_CLASS_FACE, 1, 1 + 4, SCRIM_OK},
        {SCRIM_CLASS_FACE, 6, 6 * (1 + 4), SCRIM_OK},
        {SCRIM_CLASS_FACE, 1, 1 + 16, SCRIM_EUNSUPPORTED},
        {SCRIM_CLASS_FACE, 2, 2 * (1 + 16), SCRIM_EUNSUPPORTED},
        {SCRIM_CLASS_FACE, 6, 6 * (1 + 16), SCRIM_EUNSUPPORTED},
        {SCRIM_CLASS_FACE, 1, 2 * (1 + 4), SCRIM_EUNSUPPORTED},
        {SCRIM_CLASS_FACE, 1, 128, SCRIM_EUNSUPPORTED},
        {SCRIM_CLASS_FACE, 0, 1, SCRIM_EUNSUPPORTED},
        {SCRIM_CLASS_FACE, 26, 26 * (1 + 4), SCRIM_EUNSUPPORTED},
        {SCRIM_CLASS_PERSON, 1, 1 + 4, SCRIM_EUNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model_builder builder;
        struct scrim_model *model = NULL;
        struct scrim_error error = {0};
        model_small_faces(&builder, cases[i].class, cases[i].boxes, cases[i].channels);
        CHECK_INT(scrim_model_parse(builder.bytes.data, builder.bytes.len, &model, &error),
                  cases[i].result);
        scrim_model_destroy(model);
        model_finish(&builder);
    }
}

static void sentence_says_what(void)
{
    struct scrim_error error = {0};
    struct plan plan = good;
    plan.channels = 128;
    CHECK_INT(load(&plan, &error), SCRIM_EUNSUPPORTED);
    CHECK_TEXT(error.text, "output 2 is 4×8×128 where box, class and score take 4×8×9");
}

static void damage_is_caught(void)
{
    struct model_builder builder;
    struct scrim_model *model = NULL;
    model_small(&builder);
    for (size_t i = 0; i < builder.bytes.len; i++) {
        builder.bytes.data[i] ^= 0x40;
        CHECK_INT(scrim_model_parse(builder.bytes.data, builder.bytes.len, &model, NULL),
                  SCRIM_EFORMAT);
        builder.bytes.data[i] ^= 0x40;
    }
    CHECK_INT(scrim_model_parse(builder.bytes.data, builder.bytes.len, &model, NULL), SCRIM_OK);
    scrim_model_destroy(model);
    model_finish(&builder);
}

// Every prefix, with a checksum that fits: none is a model, and none is read beyond its end.
static void truncation_is_caught(void)
{
    struct model_builder builder;
    model_small(&builder);
    const size_t body = builder.bytes.len - crypto_hash_sha256_BYTES;
    for (size_t length = 0; length < body; length++) {
        struct scrim_model *model = NULL;
        uint8_t *copy = malloc(length + crypto_hash_sha256_BYTES); // exact, for AddressSanitizer
        REQUIRE(copy);
        memcpy(copy, builder.bytes.data, length);
        crypto_hash_sha256(copy + length, copy, length);
        CHECK(scrim_model_parse(copy, length + crypto_hash_sha256_BYTES, &model, NULL) < 0);
        free(copy);
    }
    model_finish(&builder);
}

static void trailing_bytes_are_refused(void)
{
    struct model_builder builder;
    struct scrim_model *model = NULL;
    model_small(&builder);
    builder.bytes.len -= crypto_hash_sha256_BYTES;
    model_u8(&builder, 0);
    model_seal(&builder);
    CHECK_INT(scrim_model_parse(builder.bytes.data, builder.bytes.len, &model, NULL),
              SCRIM_EFORMAT);
    model_finish(&builder);
}

static void ranges_are_checked(void)
{
    static const struct {
        unsigned kind, count;
        float range;
        int result;
    } cases[] = {
        {0, 0, 0, SCRIM_OK},         {1, 3, 2.5F, SCRIM_OK},      {1, 2, 2.5F, SCRIM_EFORMAT},
        {1, 4, 2.5F, SCRIM_EFORMAT}, {1, 3, 0, SCRIM_EFORMAT},    {1, 3, -1, SCRIM_EFORMAT},
        {1, 3, 1e7F, SCRIM_EFORMAT}, {1, 3, NAN, SCRIM_EFORMAT},  {1, 3, INFINITY, SCRIM_EFORMAT},
        {2, 3, 2.5F, SCRIM_EFORMAT}, {0, 3, 2.5F, SCRIM_EFORMAT},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct model_builder builder;
        struct scrim_model *model = NULL;
        model_small(&builder);
        builder.bytes.len -= 1 + crypto_hash_sha256_BYTES; // what model_end() wrote
        model_u8(&builder, cases[i].kind);
        for (unsigned k = 0; k < cases[i].count; k++)
            model_f32(&builder, cases[i].range);
        model_seal(&builder);
        CHECK_INT(scrim_model_parse(builder.bytes.data, builder.bytes.len, &model, NULL),
                  cases[i].result);
        CHECK(!model || (model->ranges != NULL) == (cases[i].kind == 1));
        scrim_model_destroy(model);
        model_finish(&builder);
    }
}

// Loads every model that was built for the product, if there are any here.
static void our_models_pass(void)
{
    static const struct {
        const char *name;
        unsigned outputs, classes;
    } models[] = {
        {"nanodet-320x192", 3, 7}, {"nanodet-384x288", 3, 7}, {"nanodet-640x384", 3, 7},
        {"face-128x96", 1, 1},     {"face-160x96", 1, 1},
    };
    for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        char path[SCRIM_PATH_MAX];
        struct scrim_model *model;
        struct scrim_error error;
        if (scrim_model_find(models[i].name, path, &error) < 0)
            SKIP(error.text);
        REQUIRE(scrim_model_load(path, &model, &error) == SCRIM_OK);
        CHECK_INT(model->outputs_count, models[i].outputs);
        CHECK_INT(model->classes_count, models[i].classes);
        scrim_model_destroy(model);
    }
}

int main(int argc, char **argv)
{
    return test_run(
        argc, argv,
        (struct test[]){{"detector is loaded", detector_is_loaded},
                        {"embeddings are refused", embeddings_are_refused},
                        {"one grid many times is refused", one_grid_many_times_is_refused},
                        {"points on a face are refused", points_on_a_face_are_refused},
                        {"sentence says what", sentence_says_what},
                        {"damage is caught", damage_is_caught},
                        {"truncation is caught", truncation_is_caught},
                        {"trailing bytes are refused", trailing_bytes_are_refused},
                        {"ranges are checked", ranges_are_checked},
                        {"our models pass", our_models_pass},
                        {0}});
}
