#include "detect/model.h"

#include "base/alloc.h"
#include "detect/guard.h"
#include "detect/model_parser.h"

#include <sodium.h>
#include <string.h>

#define VERSION 2
#define DIGEST 32 // SHA-256 of all before it, at the end of the file
#define BINS_MAX 32U
#define RANGE_MIN 1e-6F // their quotients stay far from infinity
#define RANGE_MAX 1e6F

static const char magic[8] = {'s', 'c', 'r', 'i', 'm', 'n', 'v', 'm'};

static int read_classes(struct scrim_model_parser *parser)
{
    struct scrim_model *model = parser->model;
    uint32_t count, class;
    if (!read_u8(parser, &count))
        return truncated(parser);
    if (count < 1 || count > SCRIM_MODEL_CLASSES_MAX)
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "has %u classes", count);
    model->classes_count = count;
    for (unsigned i = 0; i < count; i++) {
        if (!read_u8(parser, &class))
            return truncated(parser);
        if (class >= SCRIM_CLASS_COUNT)
            return scrim_fail(parser->error, SCRIM_EUNSUPPORTED,
                              "has class %u, which is none that Scrim masks", class);
        model->classes[i] = (enum scrim_class) class;
    }
    return SCRIM_OK;
}

static int read_outputs(struct scrim_model_parser *parser)
{
    struct scrim_model *model = parser->model;
    const bool faces = model->head == SCRIM_HEAD_FACE;
    uint32_t bins = 0, count;
    if ((!faces && !read_u8(parser, &bins)) || !read_u8(parser, &count))
        return truncated(parser);
    if (!faces && (bins < 2 || bins > BINS_MAX))
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "has %u bins a distance", bins);
    if (count < 1 || count > SCRIM_MODEL_OUTPUTS_MAX)
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "has %u outputs", count);
    model->bins = bins;
    model->outputs_count = count;
    for (unsigned i = 0; i < count; i++) {
        struct scrim_model_output *output = &model->outputs[i];
        if (!scrim_read_u16(&parser->reader, &output->value) ||
            !read_u16(parser, &output->stride) || (faces && !read_u8(parser, &output->boxes)))
            return truncated(parser);
        for (unsigned k = 0; k < i; k++)
            if (model->outputs[k].value == output->value)
                return scrim_fail(parser->error, SCRIM_EFORMAT, "names output %u twice",
                                  output->value);
    }
    return SCRIM_OK;
}

static int read_ranges(struct scrim_model_parser *parser)
{
    struct scrim_model *model = parser->model;
    uint32_t present;
    if (!read_u8(parser, &present))
        return truncated(parser);
    if (present > 1)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "has ranges of kind %u", present);
    if (present == 0)
        return SCRIM_OK;
    model->ranges = scrim_new_array(model->ops_count + 1, float);
    for (unsigned value = 0; value <= model->ops_count; value++)
        if (!read_f32(parser, &model->ranges[value]) ||
            !(model->ranges[value] >= RANGE_MIN && model->ranges[value] <= RANGE_MAX))
            return scrim_fail(parser->error, SCRIM_EFORMAT, "has no usable range for value %u",
                              value);
    return SCRIM_OK;
}

static int read_header(struct scrim_model_parser *parser)
{
    struct scrim_model *model = parser->model;
    char start[sizeof(magic)];
    uint32_t version, head, width, height, order;
    if (!scrim_read_bytes(&parser->reader, start, sizeof(start)) ||
        memcmp(start, magic, sizeof(magic)) != 0)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "is not a Scrim model");
    if (!read_u16(parser, &version) || !read_u16(parser, &head) || !read_u16(parser, &width) ||
        !read_u16(parser, &height) || !read_u8(parser, &order))
        return truncated(parser);
    if (version != VERSION)
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "is of version %u, this reads %d",
                          version, VERSION);
    if (head != SCRIM_HEAD_GFL && head != SCRIM_HEAD_FACE)
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED,
                          "has outputs of kind %u; only box, class and score are allowed", head);
    if (width < 32 || width > 2048 || width % 32 || height < 32 || height > 2048 || height % 32)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "has an input of %u×%u", width, height);
    if (order > 1)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "has channel order %u", order);
    model->head = (enum scrim_head_kind)head;
    model->bgr = order == 0;
    model->shapes = scrim_new_array(SCRIM_MODEL_OPS_MAX + 1, struct scrim_model_shape);
    model->shapes[0] = (struct scrim_model_shape){height, width, 3};
    parser->floats = (size_t)height * width * 3;
    for (int i = 0; i < 6; i++)
        if (!read_f32(parser, i < 3 ? &model->mean[i] : &model->scale[i - 3]))
            return scrim_fail(parser->error, SCRIM_EFORMAT, "has no usable mean and scale");
    return SCRIM_OK;
}

static int parse(struct scrim_model_parser *parser)
{
    int result = read_header(parser);
    if (result >= 0)
        result = read_classes(parser);
    if (result >= 0)
        result = read_outputs(parser);
    if (result >= 0)
        result = scrim_model_read_ops(parser);
    if (result >= 0)
        result = read_ranges(parser);
    if (result >= 0 && parser->reader.left > 0)
        result =
            scrim_fail(parser->error, SCRIM_EFORMAT, "has %zu bytes too many", parser->reader.left);
    if (result >= 0)
        result = scrim_guard_check(parser->model, parser->error);
    return result;
}

int scrim_model_parse(const void *bytes, size_t count, struct scrim_model **ret,
                      struct scrim_error *error)
{
    uint8_t digest[DIGEST];
    _Static_assert(DIGEST == crypto_hash_sha256_BYTES, "SHA-256");
    if (count < DIGEST + sizeof(magic) || memcmp(bytes, magic, sizeof(magic)) != 0)
        return scrim_fail(error, SCRIM_EFORMAT, "is not a Scrim model");
    const size_t body = count - DIGEST;
    crypto_hash_sha256(digest, bytes, body);
    if (memcmp(digest, (const uint8_t *)bytes + body, DIGEST) != 0)
        return scrim_fail(error, SCRIM_EFORMAT, "is damaged (checksum differs)");

    struct scrim_model *model = scrim_new(struct scrim_model);
    struct scrim_model_parser parser = {scrim_reader_of(bytes, body), model, 0, error};
    const int result = parse(&parser);
    if (result < 0)
        scrim_model_destroy(model);
    else
        *ret = model;
    return result;
}

int scrim_model_load(const char *path, struct scrim_model **ret, struct scrim_error *error)
{
    struct scrim_buf content;
    scrim_buf_init(&content, SCRIM_MODEL_FILE_MAX);
    int result = scrim_fs_read(path, &content, error);
    if (result >= 0) {
        result = scrim_model_parse(content.data, content.len, ret, error);
        if (result < 0)
            scrim_fail_prefix(error, "model %s", path);
    }
    scrim_buf_finish(&content);
    return result;
}

void scrim_model_drop_weights(struct scrim_model *model)
{
    for (unsigned i = 0; i < model->ops_count; i++) {
        scrim_free_pointer(&model->ops[i].weights);
        scrim_free_pointer(&model->ops[i].bias);
        model->ops[i].weights = NULL;
        model->ops[i].bias = NULL;
    }
}

void scrim_model_destroy(struct scrim_model *model)
{
    if (!model)
        return;
    scrim_model_drop_weights(model);
    scrim_free_pointer(&model->ops);
    scrim_free_pointer(&model->shapes);
    scrim_free_pointer(&model->ranges);
    scrim_free_pointer(&model);
}
