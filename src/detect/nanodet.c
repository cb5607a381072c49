#include "detect/nanodet.h"

#include "detect/boxes.h"

#include <math.h>

// The mean of the distribution whose logits are given, in bins.
static float expectation(const float *logits, unsigned bins)
{
    float highest = logits[0], total = 0, weighted = 0;
    for (unsigned i = 1; i < bins; i++)
        highest = fmaxf(highest, logits[i]);
    for (unsigned i = 0; i < bins; i++) {
        const float share = expf(logits[i] - highest);
        total += share;
        weighted += share * (float)i;
    }
    return weighted / total;
}

static struct scrim_box decode_box(const struct scrim_model *model, const float *cell, float x,
                                   float y, float stride)
{
    const float *logits = cell + model->classes_count;
    float sides[4]; // left, top, right, bottom
    for (unsigned i = 0; i < 4; i++)
        sides[i] = expectation(logits + i * model->bins, model->bins) * stride;
    x = (x + 0.5F) * stride;
    y = (y + 0.5F) * stride;
    return (struct scrim_box){x - sides[0], y - sides[1], x + sides[2], y + sides[3], 0, 0};
}

// One box for every class of ours that reaches the threshold here: a rider's cell may be both
// person and two-wheeler. Several channels can stand for one class (car, bus, truck); the best one
// counts.
static void decode_cell(const struct scrim_model *model, const struct scrim_model_output *output,
                        const float *cell, float x, float y, float least, struct scrim_boxes *found)
{
    float best[SCRIM_CLASS_COUNT];
    float highest = -INFINITY;
    for (unsigned class = 0; class < SCRIM_CLASS_COUNT; class ++)
        best[class] = -INFINITY;
    for (unsigned i = 0; i < model->classes_count; i++) {
        best[model->classes[i]] = fmaxf(best[model->classes[i]], cell[i]);
        highest = fmaxf(highest, cell[i]);
    }
    if (!(highest >= least))
        return;
    struct scrim_box box = decode_box(model, cell, x, y, (float)output->stride);
    for (unsigned class = 0; class < SCRIM_CLASS_COUNT; class ++) {
        if (best[class] < least)
            continue;
        box.class = (enum scrim_class) class;
        box.score = scrim_boxes_score(best[class]);
        scrim_boxes_collect(found, &box);
    }
}

size_t scrim_nanodet_decode(const struct scrim_model *model, const struct scrim_network *network,
                            float threshold, struct scrim_box *boxes, size_t max)
{
    return scrim_boxes_read(model, network, decode_cell, threshold, boxes, max);
}
