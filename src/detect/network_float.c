// float32, on XNNPACK's operators: every processor can, and every kind of operation.
#include "detect/network_impl.h"

#include "base/alloc.h"
#include "detect/layout.h"

#include <math.h>
#include <string.h>
#include <xnnpack.h>

#define ALIGNMENT ((size_t)64) // bytes: a cache line, and the widest vector

// One operation, ready to run. Convolutions, pooling and resizing are XNNPACK operators; addition
// and the rare copy for a concatenation are loops of ours, because they are bound by memory anyway
// and XNNPACK's addition does not take pitches.
struct step {
    xnn_operator_t operator;
    xnn_operator_t activation; // works in place on the result; NULL: none, or fused into `operator`
    enum scrim_op_kind kind;
    struct scrim_tensor inputs[SCRIM_MODEL_INPUTS_MAX];
    unsigned inputs_count;
    struct scrim_tensor output;
    float low; // of a sum: smaller ones become this
};

struct network {
    struct scrim_network base;
    void *block; // holds every value
    struct step *steps;
    unsigned steps_count;
};

// --- where values lie --------------------------------------------------------------------------

// A value that goes into a concatenation is computed right where the concatenation wants it: inside
// the other value's memory, with that value's pitch.
struct place {
    unsigned parent; // 0: has memory of its own
    size_t offset;   // floats; into the parent's cell, or into the block
};

static void adopt(const struct scrim_model *model, struct place *places)
{
    for (unsigned i = model->ops_count; i-- > 0;) {
        const struct scrim_model_op *op = &model->ops[i];
        size_t offset = 0;
        for (unsigned k = 0; op->kind == SCRIM_OP_CONCAT && k < op->inputs_count; k++) {
            const unsigned value = op->inputs[k];
            if (value != 0 && places[value].parent == 0)
                places[value] = (struct place){i + 1, offset};
            offset += model->shapes[value].channels;
        }
    }
}

static size_t round_up(size_t floats)
{
    const size_t unit = ALIGNMENT / sizeof(float);
    return (floats + unit - 1) / unit * unit;
}

// Gives the values without a parent their place in the block; returns its size in floats.
static size_t lay_out(const struct scrim_model *model, struct place *places)
{
    struct scrim_span spans[SCRIM_MODEL_OPS_MAX + 1];
    scrim_layout_spans(model, spans);
    spans[0].last = spans[model->outputs[0].value].last; // what was filled in stays
    for (unsigned value = 0; value <= model->ops_count; value++) {
        const struct scrim_model_shape *shape = &model->shapes[value];
        // XNNPACK reads, and never writes, a little beyond the end.
        spans[value].size = round_up((size_t)shape->height * shape->width * shape->channels +
                                     XNN_EXTRA_BYTES / sizeof(float));
    }
    // A parent is made later than its children, and may have one itself.
    for (unsigned value = 0; value <= model->ops_count; value++)
        if (places[value].parent != 0)
            scrim_layout_merge(&spans[places[value].parent], &spans[value]);
    const size_t used = scrim_layout(spans, model->ops_count + 1);
    for (unsigned value = 0; value <= model->ops_count; value++)
        if (places[value].parent == 0)
            places[value].offset = spans[value].offset;
    return used;
}

static void make_tensors(const struct scrim_model *model, const struct place *places, float *block,
                         struct scrim_tensor *tensors)
{
    for (unsigned value = model->ops_count + 1; value-- > 0;) {
        const struct scrim_model_shape *shape = &model->shapes[value];
        const struct place *place = &places[value];
        struct scrim_tensor *tensor = &tensors[value];
        // A parent is made later than its children, so it has been visited already.
        const struct scrim_tensor *parent = place->parent ? &tensors[place->parent] : NULL;
        tensor->data = (parent ? parent->data : block) + place->offset;
        tensor->pitch = parent ? parent->pitch : shape->channels;
        tensor->height = shape->height;
        tensor->width = shape->width;
        tensor->channels = shape->channels;
    }
}

static int allocate(const struct scrim_model *model, struct network *network,
                    struct scrim_tensor *tensors, struct scrim_error *error)
{
    struct place places[SCRIM_MODEL_OPS_MAX + 1] = {0};
    adopt(model, places);
    const size_t floats = lay_out(model, places);
    network->block = scrim_alloc_zero(floats * sizeof(float) + ALIGNMENT, 1);
    if (!network->block)
        return scrim_fail(error, SCRIM_ENOMEM, "no memory for %zu MiB of network values",
                          floats * sizeof(float) >> 20);
    const uintptr_t address = (uintptr_t)network->block;
    const size_t skip = (ALIGNMENT - address % ALIGNMENT) % ALIGNMENT;
    make_tensors(model, places, (float *)(void *)((char *)network->block + skip), tensors);
    return SCRIM_OK;
}

// --- operators ---------------------------------------------------------------------------------

static int check(enum xnn_status status, struct scrim_error *error)
{
    switch (status) {
    case xnn_status_success: return SCRIM_OK;
    case xnn_status_out_of_memory: return scrim_fail(error, SCRIM_ENOMEM, "XNNPACK has no memory");
    case xnn_status_unsupported_hardware:
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "XNNPACK does not know this processor");
    default:
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "XNNPACK refuses an operation (status %d)",
                          (int)status);
    }
}

static int set_up_convolution(const struct scrim_model_op *op, struct step *step,
                              struct scrim_error *error)
{
    const struct scrim_tensor *in = &step->inputs[0], *out = &step->output;
    const bool depthwise = op->kind == SCRIM_OP_DEPTHWISE;
    const bool clamped =
        op->activation == SCRIM_ACTIVATION_RELU || op->activation == SCRIM_ACTIVATION_RELU6;
    const float low = clamped ? 0.0F : -INFINITY;
    const float high = op->activation == SCRIM_ACTIVATION_RELU6 ? 6.0F : INFINITY;
    enum xnn_status status = xnn_create_convolution2d_nhwc_f32(
        op->pad_top, op->pad_right, op->pad_bottom, op->pad_left, op->kernel_height,
        op->kernel_width, op->stride, op->stride, 1, 1, depthwise ? in->channels : 1,
        depthwise ? 1 : in->channels, depthwise ? 1 : out->channels, in->pitch, out->pitch,
        op->weights, op->bias, low, high, depthwise ? XNN_FLAG_DEPTHWISE_CONVOLUTION : 0,
        &step->operator);
    if (status == xnn_status_success)
        status = xnn_setup_convolution2d_nhwc_f32(step->operator, 1, in->height, in->width,
                                                  in->data, out->data, NULL);
    if (status == xnn_status_success && op->activation == SCRIM_ACTIVATION_LEAKY) {
        status = xnn_create_leaky_relu_nc_f32(out->channels, out->pitch, out->pitch, op->slope, 0,
                                              &step->activation);
        if (status == xnn_status_success)
            status = xnn_setup_leaky_relu_nc_f32(step->activation, (size_t)out->height * out->width,
                                                 out->data, out->data, NULL);
    }
    return check(status, error);
}

static int set_up_pooling(const struct scrim_model_op *op, struct step *step,
                          struct scrim_error *error)
{
    const struct scrim_tensor *in = &step->inputs[0], *out = &step->output;
    enum xnn_status status = xnn_create_max_pooling2d_nhwc_f32(
        op->pad_top, op->pad_right, op->pad_bottom, op->pad_left, op->kernel_height,
        op->kernel_width, op->stride, op->stride, 1, 1, in->channels, in->pitch, out->pitch,
        -INFINITY, INFINITY, 0, &step->operator);
    if (status == xnn_status_success)
        status = xnn_setup_max_pooling2d_nhwc_f32(step->operator, 1, in->height, in->width,
                                                  in->data, out->data, NULL);
    return check(status, error);
}

static int set_up_resize(struct step *step, struct scrim_error *error)
{
    const struct scrim_tensor *in = &step->inputs[0], *out = &step->output;
    enum xnn_status status = xnn_create_resize_bilinear2d_nhwc_f32(in->channels, in->pitch,
                                                                   out->pitch, 0, &step->operator);
    if (status == xnn_status_success)
        status = xnn_setup_resize_bilinear2d_nhwc_f32(step->operator, 1, in->height, in->width,
                                                      out->height, out->width, in->data, out->data,
                                                      NULL);
    return check(status, error);
}

static int set_up(const struct scrim_model_op *op, struct step *step, struct scrim_error *error)
{
    switch (op->kind) {
    case SCRIM_OP_CONV:
    case SCRIM_OP_DEPTHWISE: return set_up_convolution(op, step, error);
    case SCRIM_OP_MAX_POOL: return set_up_pooling(op, step, error);
    case SCRIM_OP_RESIZE: return set_up_resize(step, error);
    case SCRIM_OP_ADD:
    case SCRIM_OP_CONCAT: break;
    }
    return SCRIM_OK;
}

// --- running -----------------------------------------------------------------------------------

static float at_least(float low, float value)
{
    return value > low ? value : low;
}

static void add(const struct step *step)
{
    const struct scrim_tensor *out = &step->output;
    const bool second = step->inputs[1].channels > step->inputs[0].channels;
    const struct scrim_tensor *longer = &step->inputs[second], *shorter = &step->inputs[!second];
    const size_t cells = (size_t)out->height * out->width;
    const float low = step->low;
    for (size_t i = 0; i < cells; i++) {
        const float *restrict from_a = longer->data + i * longer->pitch;
        const float *restrict from_b = shorter->data + i * shorter->pitch;
        float *restrict to = out->data + i * out->pitch;
        for (uint32_t c = 0; c < shorter->channels; c++)
            to[c] = at_least(low, from_a[c] + from_b[c]);
        for (uint32_t c = shorter->channels; c < longer->channels; c++)
            to[c] = at_least(low, from_a[c]);
    }
}

// Copies the inputs that could not be computed in place: a value that two concatenations want.
static void concatenate(const struct step *step)
{
    const struct scrim_tensor *out = &step->output;
    const size_t cells = (size_t)out->height * out->width;
    size_t offset = 0;
    for (unsigned k = 0; k < step->inputs_count; k++) {
        const struct scrim_tensor *in = &step->inputs[k];
        for (size_t i = 0; in->data != out->data + offset && i < cells; i++)
            memcpy(out->data + i * out->pitch + offset, in->data + i * in->pitch,
                   in->channels * sizeof(float));
        offset += in->channels;
    }
}

static int run(struct scrim_network *base)
{
    const struct network *network = (struct network *)base;
    for (unsigned i = 0; i < network->steps_count; i++) {
        const struct step *step = &network->steps[i];
        if (step->kind == SCRIM_OP_ADD)
            add(step);
        else if (step->kind == SCRIM_OP_CONCAT)
            concatenate(step);
        else if (xnn_run_operator(step->operator, NULL) != xnn_status_success)
            return SCRIM_EINTERNAL;
        if (step->activation && xnn_run_operator(step->activation, NULL) != xnn_status_success)
            return SCRIM_EINTERNAL;
    }
    return SCRIM_OK;
}

// --- putting it together -----------------------------------------------------------------------

static void destroy(struct scrim_network *base)
{
    struct network *network = (struct network *)base;
    for (unsigned i = 0; i < network->steps_count; i++) {
        xnn_delete_operator(network->steps[i].operator);
        xnn_delete_operator(network->steps[i].activation);
    }
    scrim_free_pointer(&network->steps);
    scrim_free_pointer(&network->block);
    scrim_free_pointer(&network);
}

int scrim_network_float_create(const struct scrim_model *model, struct scrim_network **ret,
                               struct scrim_error *error)
{
    static const struct scrim_network_impl impl = {run, destroy};
    struct scrim_tensor tensors[SCRIM_MODEL_OPS_MAX + 1];
    struct network *network = scrim_new(struct network);
    network->base.impl = &impl;
    int result = check(xnn_initialize(NULL), error);
    if (result >= 0)
        result = allocate(model, network, tensors, error);
    if (result < 0)
        goto out;
    network->base.input = tensors[0];
    for (unsigned i = 0; i < model->outputs_count; i++)
        network->base.outputs[i] = tensors[model->outputs[i].value];
    network->steps = scrim_new_array(model->ops_count, struct step);
    network->steps_count = model->ops_count;
    for (unsigned i = 0; i < model->ops_count && result >= 0; i++) {
        struct step *step = &network->steps[i];
        step->kind = model->ops[i].kind;
        step->inputs_count = model->ops[i].inputs_count;
        for (unsigned k = 0; k < step->inputs_count; k++)
            step->inputs[k] = tensors[model->ops[i].inputs[k]];
        step->output = tensors[i + 1];
        step->low = model->ops[i].activation == SCRIM_ACTIVATION_RELU ? 0 : -INFINITY;
        result = set_up(&model->ops[i], step, error);
    }
out:
    if (result < 0)
        destroy(&network->base);
    else
        *ret = &network->base;
    return result;
}
