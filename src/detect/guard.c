#include "detect/guard.h"

#define STRIDE_MIN 4U
#define STRIDE_MAX 64U

static bool is_output(const struct scrim_model *model, unsigned value)
{
    for (unsigned i = 0; i < model->outputs_count; i++)
        if (model->outputs[i].value == value)
            return true;
    return false;
}

// How many channels a cell takes that holds boxes and their scores: any more would say more.
static uint32_t channels_of(const struct scrim_model *model,
                            const struct scrim_model_output *output)
{
    if (model->head == SCRIM_HEAD_FACE)
        return output->boxes * (1 + 4);
    return model->classes_count + 4 * model->bins;
}

static int check_faces(const struct scrim_model *model, struct scrim_error *error)
{
    if (model->classes_count != 1 || model->classes[0] != SCRIM_CLASS_FACE)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "has outputs for faces whose class is something else");
    for (unsigned i = 0; i < model->outputs_count; i++)
        if (model->outputs[i].boxes < 1 || model->outputs[i].boxes > SCRIM_MODEL_BOXES_MAX)
            return scrim_fail(error, SCRIM_EUNSUPPORTED, "output %u has %u boxes a cell",
                              model->outputs[i].value, model->outputs[i].boxes);
    return SCRIM_OK;
}

// One grid over the whole input whose cells hold scores and boxes.
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
    const uint32_t channels = channels_of(model, output);
    if (shape->height != input->height / stride || shape->width != input->width / stride ||
        shape->channels != channels)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "output %u is %u×%u×%u where box, class and score take %u×%u×%u",
                          output->value, shape->height, shape->width, shape->channels,
                          input->height / stride, input->width / stride, channels);
    return SCRIM_OK;
}

// A grid that comes twice would be a longer vector for each cell.
static int check_strides(const struct scrim_model *model, struct scrim_error *error)
{
    for (unsigned i = 0; i < model->outputs_count; i++)
        for (unsigned k = 0; k < i; k++)
            if (model->outputs[i].stride == model->outputs[k].stride)
                return scrim_fail(error, SCRIM_EUNSUPPORTED, "has two outputs with a stride of %u",
                                  model->outputs[i].stride);
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

int scrim_guard_check(const struct scrim_model *model, struct scrim_error *error)
{
    if (model->head == SCRIM_HEAD_FACE) {
        const int result = check_faces(model, error);
        if (result < 0)
            return result;
    }
    for (unsigned i = 0; i < model->outputs_count; i++) {
        const int result = check_output(model, &model->outputs[i], error);
        if (result < 0)
            return result;
    }
    const int result = check_strides(model, error);
    return result < 0 ? result : check_loose_ends(model, error);
}
