#include "detect/face.h"

#include "detect/boxes.h"

// From the face to the head, as shares of the face's box.
#define GROW_TOP 0.70F
#define GROW_BOTTOM 0.25F
#define GROW_SIDES 0.35F

// `place`: centre, from (x, y), then size.
static struct scrim_box head_of(const float *place, float x, float y, float score)
{
    const float width = place[2], height = place[3];
    const float left = x + place[0] - width / 2, top = y + place[1] - height / 2;
    return (struct scrim_box){
        .x0 = left - width * GROW_SIDES,
        .y0 = top - height * GROW_TOP,
        .x1 = left + width * (1 + GROW_SIDES),
        .y1 = top + height * (1 + GROW_BOTTOM),
        .score = score,
        .class = SCRIM_CLASS_FACE,
    };
}

static void decode_cell(const struct scrim_model_output *output, const float *cell, float x,
                        float y, float least, struct scrim_boxes *found)
{
    const float stride = (float)output->stride;
    const float *places = cell + output->boxes;
    for (uint32_t i = 0; i < output->boxes; i++) {
        if (!(cell[i] >= least))
            continue;
        const struct scrim_box box = head_of(places + (size_t)i * 4, (x + 0.5F) * stride,
                                             (y + 0.5F) * stride, scrim_boxes_score(cell[i]));
        if (box.x0 < box.x1 && box.y0 < box.y1)
            scrim_boxes_collect(found, &box);
    }
}

size_t scrim_face_decode(const struct scrim_model *model, const struct scrim_network *network,
                         float threshold, struct scrim_box *boxes, size_t max)
{
    struct scrim_boxes found = {boxes, 0, max};
    const float least = scrim_boxes_logit(threshold);
    for (unsigned i = 0; i < model->outputs_count; i++) {
        const struct scrim_tensor grid = scrim_network_output(network, i);
        for (uint32_t y = 0; y < grid.height; y++)
            for (uint32_t x = 0; x < grid.width; x++)
                decode_cell(&model->outputs[i],
                            grid.data + ((size_t)y * grid.width + x) * grid.pitch, (float)x,
                            (float)y, least, &found);
    }
    return found.count;
}
