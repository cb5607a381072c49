// 8-bit integers, on oneDNN, for processors that multiply bytes (VNNI, AMX): several times as fast
// as float32 there. Values and weights are symmetric, value = integer × scale; weights have a scale
// for each channel of the result, values one, from the range that the model's file gives for them.
// Sums are exact in 32 bits, so processors differ by a rounding at most. The outputs leave the last
// convolutions as float.
#include "detect/int8_step.h"
#include "detect/network_impl.h"

#include "base/alloc.h"

#include <limits.h>
#include <math.h>

#define ALIGNMENT ((size_t)64) // bytes: a cache line, and the widest vector

// oneDNN as Debian builds it divides its work among OpenMP's threads; <omp.h> comes with gcc only.
extern void omp_set_num_threads(int count);

struct network {
    struct scrim_network base;
    struct scrim_int8_values values;
    void *block;         // holds every value
    dnnl_memory_t input; // float, becomes value 0
    dnnl_memory_t scratchpad;
    struct scrim_int8_step *steps; // the first one makes value 0
    unsigned steps_count;
};

bool scrim_network_int8_pays(void)
{
    const unsigned isa = (unsigned)dnnl_get_effective_cpu_isa();
    const unsigned vnni = dnnl_cpu_isa_avx512_core_vnni, avx2_vnni = dnnl_cpu_isa_avx2_vnni;
    return (isa & vnni) == vnni || (isa & avx2_vnni) == avx2_vnni;
}

// --- scales ------------------------------------------------------------------------------------

static bool is_output(const struct scrim_model *model, unsigned value)
{
    for (unsigned i = 0; i < model->outputs_count; i++)
        if (model->outputs[i].value == value)
            return true;
    return false;
}

// Outputs are float, so a convolution must make them and nothing may use them.
static int check_op(const struct scrim_model *model, unsigned index, struct scrim_error *error)
{
    const struct scrim_model_op *op = &model->ops[index];
    const struct scrim_model_shape *shapes = model->shapes;
    if (is_output(model, index + 1) && op->kind != SCRIM_OP_CONV)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "output %u does not come from a convolution",
                          index + 1);
    for (unsigned k = 0; k < op->inputs_count; k++)
        if (is_output(model, op->inputs[k]))
            return scrim_fail(error, SCRIM_EUNSUPPORTED, "output %u is used again", op->inputs[k]);
    if (op->kind == SCRIM_OP_ADD &&
        shapes[op->inputs[0]].channels != shapes[op->inputs[1]].channels)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "operation %u adds values of different width",
                          index);
    return SCRIM_OK;
}

static int check_model(const struct scrim_model *model, struct scrim_error *error)
{
    int result = SCRIM_OK;
    if (!model->ranges)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "has no ranges to run in 8 bits with");
    for (unsigned i = 0; i < model->ops_count && result >= 0; i++)
        result = check_op(model, i, error);
    return result;
}

// Widens the scales of a value and of what it is made of to the widest of them; false if they are
// one already.
static bool unite(const struct scrim_model_op *op, float *result, float *scales)
{
    bool changed = false;
    float widest = *result;
    for (unsigned k = 0; k < op->inputs_count; k++)
        widest = fmaxf(widest, scales[op->inputs[k]]);
    for (unsigned k = 0; k < op->inputs_count; k++) {
        changed |= scales[op->inputs[k]] < widest;
        scales[op->inputs[k]] = widest;
    }
    changed |= *result < widest;
    *result = widest;
    return changed;
}

// Values that are copied or averaged into one another share a scale.
static void choose_scales(const struct scrim_model *model, float *scales)
{
    for (unsigned value = 0; value <= model->ops_count; value++)
        scales[value] = is_output(model, value) ? 0 : model->ranges[value] / SCRIM_INT8_LEVELS;
    for (bool changed = true; changed;) {
        changed = false;
        for (unsigned i = 0; i < model->ops_count; i++) {
            const enum scrim_op_kind kind = model->ops[i].kind;
            if (kind == SCRIM_OP_CONCAT || kind == SCRIM_OP_RESIZE || kind == SCRIM_OP_MAX_POOL)
                changed |= unite(&model->ops[i], &scales[i + 1], scales);
        }
    }
}

// --- memory ------------------------------------------------------------------------------------

static int check(dnnl_status_t status, struct scrim_error *error)
{
    switch (status) {
    case dnnl_success: return SCRIM_OK;
    case dnnl_out_of_memory: return scrim_fail(error, SCRIM_ENOMEM, "oneDNN has no memory");
    default:
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "oneDNN refuses an operation (status %d)",
                          (int)status);
    }
}

static size_t bytes_of(const struct scrim_model_shape *shape, dnnl_data_type_t type)
{
    const size_t numbers = (size_t)shape->height * shape->width * shape->channels;
    const size_t bytes = numbers * (type == dnnl_s8 ? 1 : sizeof(float));
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

// Where a value lies, and until when: `last` is the operation that reads it last.
struct place {
    size_t offset, bytes;
    unsigned last;
};

static void find_last_uses(const struct scrim_model *model, struct place *places)
{
    for (unsigned i = 0; i < model->ops_count; i++)
        for (unsigned k = 0; k < model->ops[i].inputs_count; k++)
            places[model->ops[i].inputs[k]].last = i;
    for (unsigned i = 0; i < model->outputs_count; i++)
        places[model->outputs[i].value].last = UINT_MAX;
}

// The lowest offset from which the value overlaps none that operation `value - 1` or a later one
// still reads.
static size_t free_offset(const struct place *places, unsigned value)
{
    size_t offset = 0;
    for (unsigned other = 0; other < value;) {
        const struct place *place = &places[other];
        const bool needed = place->last + 1 >= value || place->last == UINT_MAX;
        if (needed && place->offset < offset + places[value].bytes &&
            offset < place->offset + place->bytes) {
            offset = place->offset + place->bytes;
            other = 0;
        } else {
            other++;
        }
    }
    return offset;
}

// A network's values take a third of the memory if those that are no longer read make room: then
// they stay in the processor's cache. Returns the bytes of all.
static size_t lay_out(const struct scrim_int8_values *values, struct place *places)
{
    const struct scrim_model *model = values->model;
    size_t used = 0;
    find_last_uses(model, places);
    for (unsigned value = 0; value <= model->ops_count; value++) {
        places[value].bytes = bytes_of(&model->shapes[value], scrim_int8_type(values, value));
        places[value].offset = free_offset(places, value);
        if (places[value].offset + places[value].bytes > used)
            used = places[value].offset + places[value].bytes;
    }
    return used;
}

static dnnl_status_t place_at(const struct scrim_int8_values *values,
                              const struct scrim_model_shape *shape, dnnl_data_type_t type,
                              char *at, dnnl_memory_t *ret)
{
    dnnl_memory_desc_t form;
    const dnnl_status_t status = scrim_int8_describe(shape, type, &form);
    return status == dnnl_success ? dnnl_memory_create(ret, &form, values->engine, at) : status;
}

static struct scrim_tensor float_tensor(const struct scrim_model_shape *shape, char *at)
{
    return (struct scrim_tensor){(float *)(void *)at, shape->height, shape->width, shape->channels,
                                 shape->channels};
}

// The float input, and behind it the values.
static dnnl_status_t place_all(struct network *network, const struct place *places, char *at)
{
    struct scrim_int8_values *values = &network->values;
    const struct scrim_model *model = values->model;
    dnnl_status_t status = place_at(values, &model->shapes[0], dnnl_f32, at, &network->input);
    network->base.input = float_tensor(&model->shapes[0], at);
    at += bytes_of(&model->shapes[0], dnnl_f32);
    for (unsigned value = 0; value <= model->ops_count && status == dnnl_success; value++)
        status = place_at(values, &model->shapes[value], scrim_int8_type(values, value),
                          at + places[value].offset, &values->memories[value]);
    for (unsigned i = 0; i < model->outputs_count; i++) {
        const unsigned value = model->outputs[i].value;
        network->base.outputs[i] = float_tensor(&model->shapes[value], at + places[value].offset);
    }
    return status;
}

static int allocate(struct network *network, struct scrim_error *error)
{
    const struct scrim_model *model = network->values.model;
    struct place places[SCRIM_MODEL_OPS_MAX + 1] = {0};
    const size_t bytes =
        lay_out(&network->values, places) + bytes_of(&model->shapes[0], dnnl_f32) + ALIGNMENT;
    network->block = scrim_alloc_zero(bytes, 1);
    if (!network->block)
        return scrim_fail(error, SCRIM_ENOMEM, "no memory for %zu MiB of network values",
                          bytes >> 20);
    const size_t skip = ALIGNMENT - (uintptr_t)network->block % ALIGNMENT;
    return check(place_all(network, places, (char *)network->block + skip), error);
}

// --- steps -------------------------------------------------------------------------------------

static dnnl_status_t lend_scratchpad(struct network *network)
{
    const dnnl_dims_t size = {(dnnl_dim_t)network->values.scratchpad};
    dnnl_memory_desc_t form;
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(&form, 1, size, dnnl_u8, dnnl_a);
    if (status == dnnl_success)
        status = dnnl_memory_create(&network->scratchpad, &form, network->values.engine,
                                    DNNL_MEMORY_ALLOCATE);
    for (unsigned i = 0; i < network->steps_count && status == dnnl_success; i++)
        scrim_int8_step_lend(&network->steps[i], network->scratchpad);
    return status;
}

static dnnl_status_t make_steps(struct network *network)
{
    struct scrim_int8_values *values = &network->values;
    const unsigned count = values->model->ops_count;
    network->steps = scrim_new_array(count + 1, struct scrim_int8_step);
    network->steps_count = count + 1;
    dnnl_status_t status = scrim_int8_step_init_input(&network->steps[0], values, network->input);
    for (unsigned i = 0; i < count && status == dnnl_success; i++)
        status = scrim_int8_step_init(&network->steps[i + 1], values, i);
    return status == dnnl_success ? lend_scratchpad(network) : status;
}

static int run(struct scrim_network *base)
{
    const struct network *network = (struct network *)base;
    dnnl_status_t status = dnnl_success;
    omp_set_num_threads(1); // of this thread, whichever made the network
    for (unsigned i = 0; i < network->steps_count && status == dnnl_success; i++)
        status = scrim_int8_step_run(&network->steps[i], network->values.stream);
    if (status == dnnl_success)
        status = dnnl_stream_wait(network->values.stream);
    return status == dnnl_success ? SCRIM_OK : SCRIM_EINTERNAL;
}

static void destroy(struct scrim_network *base)
{
    struct network *network = (struct network *)base;
    for (unsigned i = 0; i < network->steps_count; i++)
        scrim_int8_step_finish(&network->steps[i]);
    for (unsigned value = 0; value <= SCRIM_MODEL_OPS_MAX; value++)
        dnnl_memory_destroy(network->values.memories[value]);
    dnnl_memory_destroy(network->input);
    dnnl_memory_destroy(network->scratchpad);
    dnnl_stream_destroy(network->values.stream);
    dnnl_engine_destroy(network->values.engine);
    scrim_free_pointer(&network->steps);
    scrim_free_pointer(&network->block);
    scrim_free_pointer(&network);
}

static dnnl_status_t start(struct scrim_int8_values *values)
{
    omp_set_num_threads(1);
    // Primitives live in the steps; oneDNN would keep those of every network there ever was.
    dnnl_status_t status = dnnl_set_primitive_cache_capacity(0);
    if (status == dnnl_success)
        status = dnnl_engine_create(&values->engine, dnnl_cpu, 0);
    if (status == dnnl_success)
        status = dnnl_stream_create(&values->stream, values->engine, dnnl_stream_default_flags);
    return status;
}

int scrim_network_int8_create(const struct scrim_model *model, struct scrim_network **ret,
                              struct scrim_error *error)
{
    static const struct scrim_network_impl impl = {run, destroy};
    int result = check_model(model, error);
    if (result < 0)
        return result;
    struct network *network = scrim_new(struct network);
    network->base.impl = &impl;
    network->values.model = model;
    choose_scales(model, network->values.scales);
    result = check(start(&network->values), error);
    if (result >= 0)
        result = allocate(network, error);
    if (result >= 0)
        result = check(make_steps(network), error);
    network->values.model = NULL; // the caller's
    if (result < 0)
        destroy(&network->base);
    else
        *ret = &network->base;
    return result;
}
