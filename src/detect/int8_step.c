#include "detect/int8_step.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

dnnl_status_t scrim_int8_describe(const struct scrim_model_shape *shape, dnnl_data_type_t type,
                                  dnnl_memory_desc_t *ret)
{
    const dnnl_dims_t sizes = {1, shape->channels, shape->height, shape->width};
    return dnnl_memory_desc_init_by_tag(ret, 4, sizes, type, dnnl_nhwc);
}

dnnl_data_type_t scrim_int8_type(const struct scrim_int8_values *values, unsigned value)
{
    return values->scales[value] > 0 ? dnnl_s8 : dnnl_f32;
}

static dnnl_status_t describe(const struct scrim_int8_values *values, unsigned value,
                              dnnl_memory_desc_t *ret)
{
    return scrim_int8_describe(&values->model->shapes[value], scrim_int8_type(values, value), ret);
}

static void argument(struct scrim_int8_step *step, int name, dnnl_memory_t memory)
{
    step->args[step->args_count++] = (dnnl_exec_arg_t){name, memory};
}

// A step takes its scratch memory from outside, so that running allocates nothing.
static dnnl_status_t attributes_create(dnnl_primitive_attr_t *ret)
{
    dnnl_status_t status = dnnl_primitive_attr_create(ret);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scratchpad_mode(*ret, dnnl_scratchpad_mode_user);
    return status;
}

static dnnl_status_t make_primitive(struct scrim_int8_step *step, struct scrim_int8_values *values,
                                    const_dnnl_primitive_desc_t description)
{
    const dnnl_memory_desc_t *scratchpad =
        dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
    const size_t size = scratchpad ? dnnl_memory_desc_get_size(scratchpad) : 0;
    if (size > values->scratchpad)
        values->scratchpad = size;
    return dnnl_primitive_create(&step->primitive, description);
}

static dnnl_status_t make_operation(struct scrim_int8_step *step, struct scrim_int8_values *values,
                                    const_dnnl_op_desc_t operation,
                                    const_dnnl_primitive_attr_t attributes)
{
    dnnl_primitive_desc_t description = NULL;
    dnnl_status_t status =
        dnnl_primitive_desc_create(&description, operation, attributes, values->engine, NULL);
    if (status == dnnl_success)
        status = make_primitive(step, values, description);
    dnnl_primitive_desc_destroy(description);
    return status;
}

// --- convolution -------------------------------------------------------------------------------

// The weights in the order of oneDNN: [out][in][kh][kw], depthwise [channels][1][1][kh][kw].
struct kernel {
    int8_t *weights;
    float *bias;   // in units of the sums
    float *scales; // from a sum to the result
    uint32_t outputs, inputs, taps;
};

static void kernel_finish(struct kernel *kernel)
{
    scrim_free_pointer(&kernel->weights);
    scrim_free_pointer(&kernel->bias);
    scrim_free_pointer(&kernel->scales);
}

static float weight_at(const struct scrim_model_op *op, const struct kernel *kernel, uint32_t out,
                       uint32_t in, uint32_t tap)
{
    if (op->kind == SCRIM_OP_DEPTHWISE)
        return op->weights[(size_t)tap * kernel->outputs + out];
    return op->weights[((size_t)out * kernel->taps + tap) * kernel->inputs + in];
}

// One channel of the result; returns the scale of its weights.
static float quantise(const struct scrim_model_op *op, const struct kernel *kernel, uint32_t out)
{
    float largest = 0;
    for (uint32_t in = 0; in < kernel->inputs; in++)
        for (uint32_t tap = 0; tap < kernel->taps; tap++)
            largest = fmaxf(largest, fabsf(weight_at(op, kernel, out, in, tap)));
    const float scale = largest > 0 ? largest / SCRIM_INT8_LEVELS : 1;
    int8_t *to = kernel->weights + (size_t)out * kernel->inputs * kernel->taps;
    for (uint32_t in = 0; in < kernel->inputs; in++)
        for (uint32_t tap = 0; tap < kernel->taps; tap++)
            *to++ = (int8_t)lrintf(weight_at(op, kernel, out, in, tap) / scale);
    return scale;
}

static dnnl_status_t kernel_init(struct kernel *kernel, const struct scrim_int8_values *values,
                                 unsigned index)
{
    const struct scrim_model_op *op = &values->model->ops[index];
    const float from = values->scales[op->inputs[0]], to = values->scales[index + 1];
    kernel->outputs = values->model->shapes[index + 1].channels;
    kernel->inputs =
        op->kind == SCRIM_OP_DEPTHWISE ? 1 : values->model->shapes[op->inputs[0]].channels;
    kernel->taps = op->kernel_height * op->kernel_width;
    kernel->weights = scrim_alloc((size_t)kernel->outputs * kernel->inputs * kernel->taps);
    kernel->bias = scrim_alloc(kernel->outputs * sizeof(float));
    kernel->scales = scrim_alloc(kernel->outputs * sizeof(float));
    if (!kernel->weights || !kernel->bias || !kernel->scales)
        return dnnl_out_of_memory;
    for (uint32_t out = 0; out < kernel->outputs; out++) {
        const float sum = quantise(op, kernel, out) * from; // what one unit of a sum stands for
        kernel->bias[out] = op->bias[out] / sum;
        kernel->scales[out] = to > 0 ? sum / to : sum;
    }
    return dnnl_success;
}

// Gives oneDNN a copy of `data` in the form it wants.
static dnnl_status_t pack(const struct scrim_int8_values *values, const dnnl_memory_desc_t *from,
                          const dnnl_memory_desc_t *to, void *data, dnnl_memory_t *ret)
{
    dnnl_memory_t plain = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_primitive_t reorder = NULL;
    dnnl_status_t status = dnnl_memory_create(&plain, from, values->engine, data);
    if (status == dnnl_success)
        status = dnnl_memory_create(ret, to, values->engine, DNNL_MEMORY_ALLOCATE);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(&description, from, values->engine, to,
                                                    values->engine, NULL);
    if (status == dnnl_success)
        status = dnnl_primitive_create(&reorder, description);
    if (status == dnnl_success) {
        const dnnl_exec_arg_t args[] = {{DNNL_ARG_FROM, plain}, {DNNL_ARG_TO, *ret}};
        status = dnnl_primitive_execute(reorder, values->stream, 2, args);
    }
    if (status == dnnl_success)
        status = dnnl_stream_wait(values->stream);
    dnnl_primitive_destroy(reorder);
    dnnl_primitive_desc_destroy(description);
    dnnl_memory_destroy(plain);
    return status;
}

// What follows the sums of an operation. ReLU and leaky ReLU are the same before and after scaling;
// ReLU6 ends at 6 in units of the result.
static dnnl_status_t add_activation(const struct scrim_model_op *op, float result_scale,
                                    dnnl_primitive_attr_t attributes)
{
    const float six = 6 / (result_scale > 0 ? result_scale : 1);
    dnnl_post_ops_t after = NULL;
    dnnl_status_t status = dnnl_post_ops_create(&after);
    if (status != dnnl_success)
        return status;
    switch (op->activation) {
    case SCRIM_ACTIVATION_NONE: break;
    case SCRIM_ACTIVATION_RELU:
        status = dnnl_post_ops_append_eltwise(after, 1, dnnl_eltwise_relu, 0, 0);
        break;
    case SCRIM_ACTIVATION_RELU6:
        status = dnnl_post_ops_append_eltwise(after, 1, dnnl_eltwise_clip, 0, six);
        break;
    case SCRIM_ACTIVATION_LEAKY:
        status = dnnl_post_ops_append_eltwise(after, 1, dnnl_eltwise_relu, op->slope, 0);
        break;
    }
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_post_ops(attributes, after);
    dnnl_post_ops_destroy(after);
    return status;
}

static dnnl_status_t convolution_attributes(const struct scrim_model_op *op,
                                            const struct kernel *kernel, float result_scale,
                                            dnnl_primitive_attr_t *ret)
{
    dnnl_status_t status = attributes_create(ret);
    if (status == dnnl_success)
        status =
            dnnl_primitive_attr_set_output_scales(*ret, kernel->outputs, 1 << 1, kernel->scales);
    return status == dnnl_success ? add_activation(op, result_scale, *ret) : status;
}

static dnnl_status_t describe_kernel(const struct scrim_model_op *op, const struct kernel *kernel,
                                     dnnl_format_tag_t depthwise, dnnl_format_tag_t dense,
                                     dnnl_memory_desc_t *ret)
{
    const dnnl_dims_t grouped = {kernel->outputs, 1, 1, op->kernel_height, op->kernel_width};
    const dnnl_dims_t whole = {kernel->outputs, kernel->inputs, op->kernel_height,
                               op->kernel_width};
    return op->kind == SCRIM_OP_DEPTHWISE
               ? dnnl_memory_desc_init_by_tag(ret, 5, grouped, dnnl_s8, depthwise)
               : dnnl_memory_desc_init_by_tag(ret, 4, whole, dnnl_s8, dense);
}

// What oneDNN makes of this convolution: `ret` tells the form in which it wants the weights.
static dnnl_status_t describe_convolution(const struct scrim_int8_values *values, unsigned index,
                                          const struct kernel *kernel,
                                          const dnnl_memory_desc_t *bias,
                                          dnnl_primitive_desc_t *ret)
{
    const struct scrim_model_op *op = &values->model->ops[index];
    const dnnl_dims_t strides = {op->stride, op->stride}, dilation = {0, 0};
    const dnnl_dims_t before = {op->pad_top, op->pad_left}, after = {op->pad_bottom, op->pad_right};
    dnnl_memory_desc_t from, to, weights;
    dnnl_convolution_desc_t convolution;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = describe(values, op->inputs[0], &from);
    if (status == dnnl_success)
        status = describe(values, index + 1, &to);
    if (status == dnnl_success)
        status = describe_kernel(op, kernel, dnnl_format_tag_any, dnnl_format_tag_any, &weights);
    if (status == dnnl_success)
        status = dnnl_dilated_convolution_forward_desc_init(
            &convolution, dnnl_forward_inference, dnnl_convolution_direct, &from, &weights, bias,
            &to, strides, dilation, before, after);
    if (status == dnnl_success)
        status = convolution_attributes(op, kernel, values->scales[index + 1], &attributes);
    if (status == dnnl_success)
        status = dnnl_primitive_desc_create(ret, &convolution, attributes, values->engine, NULL);
    dnnl_primitive_attr_destroy(attributes);
    return status;
}

static dnnl_status_t make_convolution(struct scrim_int8_step *step,
                                      struct scrim_int8_values *values, unsigned index,
                                      const struct kernel *kernel)
{
    const struct scrim_model_op *op = &values->model->ops[index];
    const dnnl_dims_t channels = {kernel->outputs};
    dnnl_primitive_desc_t description = NULL;
    dnnl_memory_desc_t bias, weights;
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&bias, 1, channels, dnnl_f32, dnnl_a);
    if (status == dnnl_success)
        status = describe_convolution(values, index, kernel, &bias, &description);
    if (status == dnnl_success)
        status = make_primitive(step, values, description);
    if (status == dnnl_success)
        status = pack(values, &bias, &bias, kernel->bias, &step->bias);
    if (status == dnnl_success)
        status = describe_kernel(op, kernel, dnnl_goihw, dnnl_oihw, &weights);
    if (status == dnnl_success)
        status = pack(values, &weights,
                      dnnl_primitive_desc_query_md(description, dnnl_query_weights_md, 0),
                      kernel->weights, &step->weights);
    dnnl_primitive_desc_destroy(description);
    argument(step, DNNL_ARG_SRC, values->memories[op->inputs[0]]);
    argument(step, DNNL_ARG_WEIGHTS, step->weights);
    argument(step, DNNL_ARG_BIAS, step->bias);
    argument(step, DNNL_ARG_DST, values->memories[index + 1]);
    return status;
}

static dnnl_status_t init_convolution(struct scrim_int8_step *step,
                                      struct scrim_int8_values *values, unsigned index)
{
    struct kernel kernel = {0};
    dnnl_status_t status = kernel_init(&kernel, values, index);
    if (status == dnnl_success)
        status = make_convolution(step, values, index, &kernel);
    kernel_finish(&kernel);
    return status;
}

// --- the others --------------------------------------------------------------------------------

// Operations over one value that keep its scale.
static dnnl_status_t make_unary(struct scrim_int8_step *step, struct scrim_int8_values *values,
                                unsigned index, const_dnnl_op_desc_t operation)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = attributes_create(&attributes);
    if (status == dnnl_success)
        status = make_operation(step, values, operation, attributes);
    dnnl_primitive_attr_destroy(attributes);
    argument(step, DNNL_ARG_SRC, values->memories[values->model->ops[index].inputs[0]]);
    argument(step, DNNL_ARG_DST, values->memories[index + 1]);
    return status;
}

static dnnl_status_t init_pooling(struct scrim_int8_step *step, struct scrim_int8_values *values,
                                  unsigned index)
{
    const struct scrim_model_op *op = &values->model->ops[index];
    const dnnl_dims_t strides = {op->stride, op->stride};
    const dnnl_dims_t window = {op->kernel_height, op->kernel_width};
    const dnnl_dims_t before = {op->pad_top, op->pad_left}, after = {op->pad_bottom, op->pad_right};
    dnnl_memory_desc_t from, to;
    dnnl_pooling_desc_t pooling;
    dnnl_status_t status = describe(values, op->inputs[0], &from);
    if (status == dnnl_success)
        status = describe(values, index + 1, &to);
    if (status == dnnl_success)
        status = dnnl_pooling_forward_desc_init(&pooling, dnnl_forward_inference, dnnl_pooling_max,
                                                &from, &to, strides, window, before, after);
    return status == dnnl_success ? make_unary(step, values, index, &pooling) : status;
}

static dnnl_status_t init_resize(struct scrim_int8_step *step, struct scrim_int8_values *values,
                                 unsigned index)
{
    const struct scrim_model_op *op = &values->model->ops[index];
    const float factor = (float)op->up / (float)op->down;
    const float factors[] = {factor, factor};
    dnnl_memory_desc_t from, to;
    dnnl_resampling_desc_t resampling;
    dnnl_status_t status = describe(values, op->inputs[0], &from);
    if (status == dnnl_success)
        status = describe(values, index + 1, &to);
    if (status == dnnl_success)
        status = dnnl_resampling_forward_desc_init(&resampling, dnnl_forward_inference,
                                                   dnnl_resampling_linear, factors, &from, &to);
    return status == dnnl_success ? make_unary(step, values, index, &resampling) : status;
}

static dnnl_status_t addition_attributes(const struct scrim_int8_values *values, unsigned index,
                                         dnnl_primitive_attr_t *ret)
{
    const struct scrim_model_op *op = &values->model->ops[index];
    const float a = values->scales[op->inputs[0]] / values->scales[index + 1];
    const float b = values->scales[op->inputs[1]] / values->scales[index + 1];
    dnnl_status_t status = attributes_create(ret);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scales(*ret, DNNL_ARG_SRC_0, 1, 0, &a);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_scales(*ret, DNNL_ARG_SRC_1, 1, 0, &b);
    return status == dnnl_success ? add_activation(op, values->scales[index + 1], *ret) : status;
}

static dnnl_status_t init_addition(struct scrim_int8_step *step, struct scrim_int8_values *values,
                                   unsigned index)
{
    const struct scrim_model_op *op = &values->model->ops[index];
    dnnl_memory_desc_t a, b, to;
    dnnl_binary_desc_t addition;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t status = describe(values, op->inputs[0], &a);
    if (status == dnnl_success)
        status = describe(values, op->inputs[1], &b);
    if (status == dnnl_success)
        status = describe(values, index + 1, &to);
    if (status == dnnl_success)
        status = dnnl_binary_desc_init(&addition, dnnl_binary_add, &a, &b, &to);
    if (status == dnnl_success)
        status = addition_attributes(values, index, &attributes);
    if (status == dnnl_success)
        status = make_operation(step, values, &addition, attributes);
    dnnl_primitive_attr_destroy(attributes);
    argument(step, DNNL_ARG_SRC_0, values->memories[op->inputs[0]]);
    argument(step, DNNL_ARG_SRC_1, values->memories[op->inputs[1]]);
    argument(step, DNNL_ARG_DST, values->memories[index + 1]);
    return status;
}

static dnnl_status_t data_of(const struct scrim_int8_values *values, unsigned value, int8_t **ret)
{
    void *data = NULL;
    const dnnl_status_t status = dnnl_memory_get_data_handle(values->memories[value], &data);
    *ret = data;
    return status;
}

// oneDNN cannot let a convolution write into a part of a wider value at speed, and takes its time
// to put some bytes beside others: this is a loop of ours.
static dnnl_status_t init_concatenation(struct scrim_int8_step *step,
                                        struct scrim_int8_values *values, unsigned index)
{
    const struct scrim_model_op *op = &values->model->ops[index];
    const struct scrim_model_shape *shape = &values->model->shapes[index + 1];
    int8_t *from, *to;
    dnnl_status_t status = data_of(values, index + 1, &to);
    for (unsigned i = 0; i < op->inputs_count && status == dnnl_success; i++) {
        const size_t bytes = values->model->shapes[op->inputs[i]].channels;
        status = data_of(values, op->inputs[i], &from);
        step->copies[i] = (struct scrim_int8_copy){from, to, bytes, shape->channels};
        to += bytes;
    }
    step->copies_count = op->inputs_count;
    step->cells = (size_t)shape->height * shape->width;
    return status;
}

dnnl_status_t scrim_int8_step_init_input(struct scrim_int8_step *step,
                                         struct scrim_int8_values *values, dnnl_memory_t input)
{
    const float scale = 1 / values->scales[0];
    dnnl_memory_desc_t from, to;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t description = NULL;
    dnnl_status_t status = scrim_int8_describe(&values->model->shapes[0], dnnl_f32, &from);
    if (status == dnnl_success)
        status = describe(values, 0, &to);
    if (status == dnnl_success)
        status = attributes_create(&attributes);
    if (status == dnnl_success)
        status = dnnl_primitive_attr_set_output_scales(attributes, 1, 0, &scale);
    if (status == dnnl_success)
        status = dnnl_reorder_primitive_desc_create(&description, &from, values->engine, &to,
                                                    values->engine, attributes);
    if (status == dnnl_success)
        status = make_primitive(step, values, description);
    dnnl_primitive_desc_destroy(description);
    dnnl_primitive_attr_destroy(attributes);
    argument(step, DNNL_ARG_FROM, input);
    argument(step, DNNL_ARG_TO, values->memories[0]);
    return status;
}

dnnl_status_t scrim_int8_step_init(struct scrim_int8_step *step, struct scrim_int8_values *values,
                                   unsigned index)
{
    switch (values->model->ops[index].kind) {
    case SCRIM_OP_CONV:
    case SCRIM_OP_DEPTHWISE: return init_convolution(step, values, index);
    case SCRIM_OP_MAX_POOL: return init_pooling(step, values, index);
    case SCRIM_OP_ADD: return init_addition(step, values, index);
    case SCRIM_OP_CONCAT: return init_concatenation(step, values, index);
    case SCRIM_OP_RESIZE: return init_resize(step, values, index);
    }
    return dnnl_unimplemented;
}

// --- running -----------------------------------------------------------------------------------

void scrim_int8_step_lend(struct scrim_int8_step *step, dnnl_memory_t scratchpad)
{
    argument(step, DNNL_ARG_SCRATCHPAD, scratchpad);
}

// Inlined with a known number of bytes, so that a copy is some moves and no call.
static inline void copy_by(const struct scrim_int8_copy *copy, size_t bytes, size_t cells)
{
    const int8_t *from = copy->from;
    int8_t *to = copy->to;
    for (size_t i = 0; i < cells; i++, from += bytes, to += copy->pitch)
        memcpy(to, from, bytes);
}

static void copy_cells(const struct scrim_int8_copy *copy, size_t cells)
{
    switch (copy->bytes) { // widths of values in real networks
    case 16: copy_by(copy, 16, cells); break;
    case 32: copy_by(copy, 32, cells); break;
    case 64: copy_by(copy, 64, cells); break;
    case 128: copy_by(copy, 128, cells); break;
    default: copy_by(copy, copy->bytes, cells); break;
    }
}

dnnl_status_t scrim_int8_step_run(const struct scrim_int8_step *step, dnnl_stream_t stream)
{
    for (unsigned i = 0; i < step->copies_count; i++)
        copy_cells(&step->copies[i], step->cells);
    if (!step->primitive)
        return dnnl_success;
    return dnnl_primitive_execute(step->primitive, stream, step->args_count, step->args);
}

void scrim_int8_step_finish(struct scrim_int8_step *step)
{
    dnnl_primitive_destroy(step->primitive);
    dnnl_memory_destroy(step->weights);
    dnnl_memory_destroy(step->bias);
}
