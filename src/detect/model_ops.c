#include "base/alloc.h"
#include "detect/model_parser.h"

#define SIDE_MAX 4096U                // pixels or cells
#define CHANNELS_MAX 2048U            // of one value
#define FLOATS_MAX ((size_t)32 << 20) // of all values together: 128 MiB

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

static int read_half_array(struct scrim_model_parser *parser, size_t count, float **ret)
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

static int read_float_array(struct scrim_model_parser *parser, size_t count, float **ret)
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

static bool may_activate(enum scrim_op_kind kind, uint32_t activation)
{
    switch (kind) {
    case SCRIM_OP_CONV:
    case SCRIM_OP_DEPTHWISE: return activation <= SCRIM_ACTIVATION_LEAKY;
    case SCRIM_OP_ADD: return activation <= SCRIM_ACTIVATION_RELU;
    default: return activation == SCRIM_ACTIVATION_NONE;
    }
}

static int read_op_head(struct scrim_model_parser *parser, unsigned index,
                        struct scrim_model_op *op)
{
    uint32_t kind, activation, inputs;
    if (!read_u8(parser, &kind) || !read_u8(parser, &activation) || !read_f32(parser, &op->slope) ||
        !read_u8(parser, &inputs))
        return truncated(parser);
    if (kind < SCRIM_OP_CONV || kind > SCRIM_OP_RESIZE)
        return scrim_fail(parser->error, SCRIM_EUNSUPPORTED, "operation %u is of kind %u", index,
                          kind);
    op->kind = (enum scrim_op_kind)kind;
    if (!may_activate(op->kind, activation))
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
static int read_window(struct scrim_model_parser *parser, unsigned index, struct scrim_model_op *op,
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

static int read_weights(struct scrim_model_parser *parser, unsigned index,
                        struct scrim_model_op *op, uint32_t input_channels,
                        struct scrim_model_shape *ret)
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

static int join_shapes(struct scrim_model_parser *parser, unsigned index,
                       const struct scrim_model_op *op, struct scrim_model_shape *ret)
{
    const struct scrim_model_shape *shapes = parser->model->shapes;
    *ret = shapes[op->inputs[0]];
    for (unsigned i = 1; i < op->inputs_count; i++) {
        const struct scrim_model_shape *other = &shapes[op->inputs[i]];
        if (!same_grid(ret, other))
            return scrim_fail(parser->error, SCRIM_EFORMAT,
                              "operation %u joins values of different shape", index);
        if (op->kind == SCRIM_OP_CONCAT)
            ret->channels += other->channels;
        else if (other->channels > ret->channels)
            ret->channels = other->channels;
    }
    return SCRIM_OK;
}

static int read_resize(struct scrim_model_parser *parser, unsigned index, struct scrim_model_op *op,
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

static int read_op(struct scrim_model_parser *parser, unsigned index)
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

int scrim_model_read_ops(struct scrim_model_parser *parser)
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
