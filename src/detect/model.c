#include "detect/model.h"

#include "base/alloc.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#define VERSION 1
#define DIGEST 32 // SHA-256 of all before it, at the end of the file

#define SIDE_MAX 4096U                // pixels or cells
#define CHANNELS_MAX 2048U            // of one value
#define FLOATS_MAX ((size_t)32 << 20) // of all values together: 128 MiB
#define STRIDE_MIN 4U
#define STRIDE_MAX 64U
#define BINS_MAX 32U

static const char magic[8] = {'s', 'c', 'r', 'i', 'm', 'n', 'v', 'm'};

struct parser {
    struct scrim_reader reader;
    struct scrim_model *model;
    size_t floats; // of all values so far
    struct scrim_error *error;
};

static int truncated(struct parser *parser)
{
    return scrim_fail(parser->error, SCRIM_EFORMAT, "ends too early");
}

// --- numbers -----------------------------------------------------------------------------------

static bool read_u8(struct parser *parser, uint32_t *ret)
{
    uint8_t value;
    if (!scrim_read_u8(&parser->reader, &value))
        return false;
    *ret = value;
    return true;
}

static bool read_u16(struct parser *parser, uint32_t *ret)
{
    uint16_t value;
    if (!scrim_read_u16(&parser->reader, &value))
        return false;
    *ret = value;
    return true;
}

// False also for infinities and NaN: no field may hold them.
static bool read_f32(struct parser *parser, float *ret)
{
    uint32_t bits;
    if (!scrim_read_u32(&parser->reader, &bits))
        return false;
    memcpy(ret, &bits, sizeof(bits));
    return isfinite(*ret);
}

// IEEE 754 binary16. Infinities and NaN come out as such.
static float float_of_half(uint16_t half)
{
    const int exponent = half >> 10 & 31;
    const float fraction = (float)(half & 1023);
    float magnitude;
    if (exponent == 31)
        magnitude = fraction > 0 ? NAN : INFINITY;
    else if (exponent == 0)
        magnitude = ldexpf(fraction, -24);
    else
        magnitude = ldexpf(1024 + fraction, exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
}

static int read_half_array(struct parser *parser, size_t count, float **ret)
{
    const uint8_t *bytes =
        count <= parser->reader.left / 2 ? scrim_read_view(&parser->reader, count * 2) : NULL;
    if (!bytes)
        return truncated(parser);
    float *values = scrim_alloc(count * sizeof(float));
    if (!values)
        return scrim_fail(parser->error, SCRIM_ENOMEM, "no memory for the weights");
    for (size_t i = 0; i < count; i++) {
        values[i] = float_of_half((uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]));
        if (!isfinite(values[i])) {
            scrim_free_pointer(&values);
            return scrim_fail(parser->error, SCRIM_EFORMAT, "a weight is not a number");
        }
    }
    *ret = values;
    return SCRIM_OK;
}

static int read_float_array(struct parser *parser, size_t count, float **ret)
{
    if (count > parser->reader.left / 4)
        return truncated(parser);
    float *values = scrim_alloc(count * sizeof(float));
    if (!values)
        return scrim_fail(parser->error, SCRIM_ENOMEM, "no memory for the biases");
    for (size_t i = 0; i < count; i++)
        if (!read_f32(parser, &values[i])) {
            scrim_free_pointer(&values);
            return scrim_fail(parser->error, SCRIM_EFORMAT, "a bias is not a number");
        }
    *ret = values;
    return SCRIM_OK;
}

// --- operations --------------------------------------------------------------------------------

static int read_op_head(struct parser *parser, unsigned index, struct scrim_model_op *op)
{
    uint32_t kind, activation, inputs;
    if (!read_u8(parser, &kind) || !read_u8(parser, &activation) || !read_f32(parser, &op->slope) ||
        !read_u8(parser, &inputs))
        return truncated(parser);
    if (kind < SCRIM_OP_CONV || kind > SCRIM_OP_RESIZE)
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "operation %u is of kind %u", index,
                          kind);
    op->kind = (enum scrim_op_kind)kind;
    const bool weighted = op->kind == SCRIM_OP_CONV || op->kind == SCRIM_OP_DEPTHWISE;
    if (activation > SCRIM_ACTIVATION_LEAKY || (activation != SCRIM_ACTIVATION_NONE && !weighted))
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "operation %u has activation %u",
                          index, activation);
    op->activation = (enum scrim_activation)activation;
    const uint32_t least = op->kind == SCRIM_OP_ADD || op->kind == SCRIM_OP_CONCAT ? 2 : 1;
    const uint32_t most = op->kind == SCRIM_OP_CONCAT ? SCRIM_MODEL_INPUTS_MAX : least;
    if (inputs < least || inputs > most)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "operation %u has %u inputs", index,
                          inputs);
    op->inputs_count = inputs;
    for (unsigned i = 0; i < inputs; i++) {
        if (!scrim_read_u16(&parser->reader, &op->inputs[i]))
            return truncated(parser);
        if (op->inputs[i] > index)
            return scrim_fail(parser->error, SCRIM_EFORMAT,
                              "operation %u needs value %u, which does not exist yet", index,
                              op->inputs[i]);
    }
    return SCRIM_OK;
}

// Kernel, stride and padding; `ret` gets rows and columns of the result.
static int read_window(struct parser *parser, unsigned index, struct scrim_model_op *op,
                       const struct scrim_model_shape *input, struct scrim_model_shape *ret)
{
    if (!read_u8(parser, &op->kernel_height) || !read_u8(parser, &op->kernel_width) ||
        !read_u8(parser, &op->stride) || !read_u8(parser, &op->pad_top) ||
        !read_u8(parser, &op->pad_left) || !read_u8(parser, &op->pad_bottom) ||
        !read_u8(parser, &op->pad_right))
        return truncated(parser);
    const bool padded_too_far =
        op->pad_top >= op->kernel_height || op->pad_bottom >= op->kernel_height ||
        op->pad_left >= op->kernel_width || op->pad_right >= op->kernel_width;
    if (op->kernel_height < 1 || op->kernel_height > 7 || op->kernel_width < 1 ||
        op->kernel_width > 7 || op->stride < 1 || op->stride > 4 || padded_too_far)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "operation %u has an odd window", index);
    const uint32_t height = input->height + op->pad_top + op->pad_bottom;
    const uint32_t width = input->width + op->pad_left + op->pad_right;
    if (height < op->kernel_height || width < op->kernel_width)
        return scrim_fail(parser->error, SCRIM_EFORMAT,
                          "operation %u has a window larger than its input", index);
    ret->height = (height - op->kernel_height) / op->stride + 1;
    ret->width = (width - op->kernel_width) / op->stride + 1;
    ret->channels = input->channels;
    return SCRIM_OK;
}

static int read_weights(struct parser *parser, unsigned index, struct scrim_model_op *op,
                        uint32_t input_channels, struct scrim_model_shape *ret)
{
    uint32_t channels = input_channels;
    if (op->kind == SCRIM_OP_CONV && !read_u16(parser, &channels))
        return truncated(parser);
    if (channels < 1 || channels > CHANNELS_MAX)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "operation %u makes %u channels", index,
                          channels);
    size_t count = (size_t)op->kernel_height * op->kernel_width * channels;
    if (op->kind == SCRIM_OP_CONV)
        count *= input_channels;
    int result = read_half_array(parser, count, &op->weights);
    if (result >= 0)
        result = read_float_array(parser, channels, &op->bias);
    ret->channels = channels;
    return result;
}

static bool same_grid(const struct scrim_model_shape *a, const struct scrim_model_shape *b)
{
    return a->height == b->height && a->width == b->width;
}

static int join_shapes(struct parser *parser, unsigned index, const struct scrim_model_op *op,
                       struct scrim_model_shape *ret)
{
    const struct scrim_model_shape *shapes = parser->model->shapes;
    *ret = shapes[op->inputs[0]];
    for (unsigned i = 1; i < op->inputs_count; i++) {
        const struct scrim_model_shape *other = &shapes[op->inputs[i]];
        if (!same_grid(ret, other) ||
            (op->kind == SCRIM_OP_ADD && ret->channels != other->channels))
            return scrim_fail(parser->error, SCRIM_EFORMAT,
                              "operation %u joins values of different shape", index);
        if (op->kind == SCRIM_OP_CONCAT)
            ret->channels += other->channels;
    }
    return SCRIM_OK;
}

static int read_resize(struct parser *parser, unsigned index, struct scrim_model_op *op,
                       struct scrim_model_shape *ret)
{
    if (!read_u8(parser, &op->up) || !read_u8(parser, &op->down))
        return truncated(parser);
    *ret = parser->model->shapes[op->inputs[0]];
    const bool doubles = op->up == 2 && op->down == 1;
    const bool halves = op->up == 1 && op->down == 2 && ret->height % 2 == 0 && ret->width % 2 == 0;
    if (!doubles && !halves)
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "operation %u resizes by %u/%u", index,
                          op->up, op->down);
    ret->height = ret->height * op->up / op->down;
    ret->width = ret->width * op->up / op->down;
    return SCRIM_OK;
}

static int read_op(struct parser *parser, unsigned index)
{
    struct scrim_model_op *op = &parser->model->ops[index];
    struct scrim_model_shape *shape = &parser->model->shapes[index + 1];
    int result = read_op_head(parser, index, op);
    if (result < 0)
        return result;
    const struct scrim_model_shape *input = &parser->model->shapes[op->inputs[0]];
    switch (op->kind) {
    case SCRIM_OP_CONV:
    case SCRIM_OP_DEPTHWISE:
        result = read_window(parser, index, op, input, shape);
        if (result >= 0)
            result = read_weights(parser, index, op, input->channels, shape);
        break;
    case SCRIM_OP_MAX_POOL: result = read_window(parser, index, op, input, shape); break;
    case SCRIM_OP_ADD:
    case SCRIM_OP_CONCAT: result = join_shapes(parser, index, op, shape); break;
    case SCRIM_OP_RESIZE: result = read_resize(parser, index, op, shape); break;
    }
    if (result < 0)
        return result;
    if (shape->height > SIDE_MAX || shape->width > SIDE_MAX || shape->channels > CHANNELS_MAX)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "operation %u makes a value of %u×%u×%u",
                          index, shape->height, shape->width, shape->channels);
    parser->floats += (size_t)shape->height * shape->width * shape->channels;
    if (parser->floats > FLOATS_MAX)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "needs more than %zu MiB to run",
                          FLOATS_MAX * sizeof(float) >> 20);
    return SCRIM_OK;
}

static int read_ops(struct parser *parser)
{
    struct scrim_model *model = parser->model;
    uint32_t count;
    if (!read_u16(parser, &count))
        return truncated(parser);
    if (count < 1 || count > SCRIM_MODEL_OPS_MAX)
        return scrim_fail(parser->error, SCRIM_EFORMAT, "has %u operations", count);
    model->ops_count = count;
    model->ops = scrim_new_array(count, struct scrim_model_op);
    for (unsigned i = 0; i < count; i++) {
        const int result = read_op(parser, i);
        if (result < 0)
            return result;
    }
    return SCRIM_OK;
}

// --- the head ----------------------------------------------------------------------------------

static int read_classes(struct parser *parser)
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

static int read_outputs(struct parser *parser)
{
    struct scrim_model *model = parser->model;
    uint32_t bins, count;
    if (!read_u8(parser, &bins) || !read_u8(parser, &count))
        return truncated(parser);
    if (bins < 2 || bins > BINS_MAX)
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "has %u bins a distance", bins);
    if (count < 1 || count > SCRIM_MODEL_OUTPUTS_MAX)
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "has %u outputs", count);
    model->bins = bins;
    model->outputs_count = count;
    for (unsigned i = 0; i < count; i++) {
        struct scrim_model_output *output = &model->outputs[i];
        if (!scrim_read_u16(&parser->reader, &output->value) || !read_u16(parser, &output->stride))
            return truncated(parser);
        for (unsigned k = 0; k < i; k++)
            if (model->outputs[k].value == output->value)
                return scrim_fail(parser->error, SCRIM_EFORMAT, "names output %u twice",
                                  output->value);
    }
    return SCRIM_OK;
}

static int read_header(struct parser *parser)
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
    if (head != SCRIM_HEAD_GFL)
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

// --- the guard ---------------------------------------------------------------------------------

static bool is_output(const struct scrim_model *model, unsigned value)
{
    for (unsigned i = 0; i < model->outputs_count; i++)
        if (model->outputs[i].value == value)
            return true;
    return false;
}

// One grid over the whole input whose cells hold the scores of the classes and one box.
static int check_output(const struct scrim_model *model, const struct scrim_model_output *output,
                        struct scrim_error *error)
{
    const uint32_t stride = output->stride;
    if (output->value == 0 || output->value > model->ops_count)
        return scrim_fail(error, SCRIM_EFORMAT, "names output %u, which does not exist",
                          output->value);
    if (stride < STRIDE_MIN || stride > STRIDE_MAX || (stride & (stride - 1)) != 0)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "output %u has a stride of %u", output->value,
                          stride);
    const struct scrim_model_shape *input = &model->shapes[0];
    const struct scrim_model_shape *shape = &model->shapes[output->value];
    const uint32_t channels = model->classes_count + 4 * model->bins;
    if (shape->height != input->height / stride || shape->width != input->width / stride ||
        shape->channels != channels)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "output %u is %u×%u×%u where box, class and score take %u×%u×%u",
                          output->value, shape->height, shape->width, shape->channels,
                          input->height / stride, input->width / stride, channels);
    return SCRIM_OK;
}

// Nothing may leave the network but through a declared output: a value that is neither consumed nor
// an output would be one that somebody could start to read.
static int check_loose_ends(const struct scrim_model *model, struct scrim_error *error)
{
    bool used[SCRIM_MODEL_OPS_MAX + 1] = {false};
    for (unsigned i = 0; i < model->ops_count; i++)
        for (unsigned k = 0; k < model->ops[i].inputs_count; k++)
            used[model->ops[i].inputs[k]] = true;
    for (unsigned value = 0; value <= model->ops_count; value++)
        if (!used[value] && !is_output(model, value))
            return scrim_fail(error, SCRIM_EUNSUPPORTED,
                              "makes value %u beside box, class and score", value);
    return SCRIM_OK;
}

static int check_guard(const struct scrim_model *model, struct scrim_error *error)
{
    for (unsigned i = 0; i < model->outputs_count; i++) {
        const int result = check_output(model, &model->outputs[i], error);
        if (result < 0)
            return result;
    }
    return check_loose_ends(model, error);
}

// --- the file ----------------------------------------------------------------------------------

static int parse(struct parser *parser)
{
    int result = read_header(parser);
    if (result >= 0)
        result = read_classes(parser);
    if (result >= 0)
        result = read_outputs(parser);
    if (result >= 0)
        result = read_ops(parser);
    if (result >= 0 && parser->reader.left > 0)
        result =
            scrim_fail(parser->error, SCRIM_EFORMAT, "has %zu bytes too many", parser->reader.left);
    if (result >= 0)
        result = check_guard(parser->model, parser->error);
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
    struct parser parser = {scrim_reader_of(bytes, body), model, 0, error};
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
    scrim_free_pointer(&model);
}
