// Inside of network_int8.c: one operation of a model as a oneDNN primitive over int8 values.
#pragma once

#include "detect/model.h"

#include <oneapi/dnnl/dnnl.h>

#define SCRIM_INT8_LEVELS 127 // -127…127: symmetric, so that zero stays zero in paddings

// What the steps of a network share. Value `v` is `values[v]`: int8 in NHWC order that stands for
// integer × scales[v], or float where scales[v] is 0.
struct scrim_int8_values {
    const struct scrim_model *model;
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_memory_t memories[SCRIM_MODEL_OPS_MAX + 1];
    float scales[SCRIM_MODEL_OPS_MAX + 1];
    size_t scratchpad; // bytes that the greediest step needs while it runs
};

#define SCRIM_INT8_ARGS_MAX (SCRIM_MODEL_INPUTS_MAX + 4)

// Part of a concatenation: `bytes` of every cell.
struct scrim_int8_copy {
    const int8_t *from;
    int8_t *to;
    size_t bytes, pitch; // pitch: bytes from one cell of the result to the next
};

struct scrim_int8_step {
    dnnl_primitive_t primitive; // NULL: a concatenation
    struct scrim_int8_copy copies[SCRIM_MODEL_INPUTS_MAX];
    unsigned copies_count;
    size_t cells; // of every copy
    dnnl_exec_arg_t args[SCRIM_INT8_ARGS_MAX];
    int args_count;
    dnnl_memory_t weights, bias; // NULL unless it is a convolution
};

// The form of a value: NHWC, dense.
dnnl_status_t scrim_int8_describe(const struct scrim_model_shape *shape, dnnl_data_type_t type,
                                  dnnl_memory_desc_t *ret);
// int8 or float.
dnnl_data_type_t scrim_int8_type(const struct scrim_int8_values *values, unsigned value);

// Operation `index` of the model. Convolution weights are packed and no longer needed. A step that
// failed halfway is to be finished, too.
dnnl_status_t scrim_int8_step_init(struct scrim_int8_step *step, struct scrim_int8_values *values,
                                   unsigned index);
// From the float `input` to value 0.
dnnl_status_t scrim_int8_step_init_input(struct scrim_int8_step *step,
                                         struct scrim_int8_values *values, dnnl_memory_t input);
// Once all steps are initialised: the memory that they share while they run.
void scrim_int8_step_lend(struct scrim_int8_step *step, dnnl_memory_t scratchpad);
dnnl_status_t scrim_int8_step_run(const struct scrim_int8_step *step, dnnl_stream_t stream);
void scrim_int8_step_finish(struct scrim_int8_step *step);
