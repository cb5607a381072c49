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

static void decode_cell(const struct scrim_model *model, const struct scrim_model_output *output,
                        const float *cell, float x, float y, float least, struct scrim_boxes *found)
{
    (void)model;
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
    return scrim_boxes_read(model, network, decode_cell, threshold, boxes, max);
}
