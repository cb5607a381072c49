#include "detect/nanodet.h"

#include <math.h>

static float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

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

// The list while it is collected; once full, a new box has to beat the weakest.
struct collection {
    struct scrim_box *boxes;
    size_t count, max;
};

static void collect(struct collection *found, const struct scrim_box *box)
{
    if (found->count < found->max) {
        found->boxes[found->count++] = *box;
        return;
    }
    size_t weakest = 0;
    for (size_t i = 1; i < found->count; i++)
        if (found->boxes[i].score < found->boxes[weakest].score)
            weakest = i;
    if (found->count > 0 && box->score > found->boxes[weakest].score)
        found->boxes[weakest] = *box;
}

// One box for every class of ours that reaches the threshold here: a rider's cell may be both
// person and two-wheeler. Several channels can stand for one class (car, bus, truck); the best one
// counts.
static void decode_cell(const struct scrim_model *model, const float *cell, float x, float y,
                        float stride, float least, struct collection *found)
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
    struct scrim_box box = decode_box(model, cell, x, y, stride);
    for (unsigned class = 0; class < SCRIM_CLASS_COUNT; class ++) {
        if (best[class] < least)
            continue;
        box.class = (enum scrim_class) class;
        box.score = sigmoid(best[class]);
        collect(found, &box);
    }
}

size_t scrim_nanodet_decode(const struct scrim_model *model, const struct scrim_network *network,
                            float threshold, struct scrim_box *boxes, size_t max)
{
    struct collection found = {boxes, 0, max};
    const float least = logf(threshold / (1 - threshold)); // before the sigmoid
    for (unsigned i = 0; i < model->outputs_count; i++) {
        const struct scrim_tensor grid = scrim_network_output(network, i);
        const float stride = (float)model->outputs[i].stride;
        for (uint32_t y = 0; y < grid.height; y++)
            for (uint32_t x = 0; x < grid.width; x++)
                decode_cell(model, grid.data + ((size_t)y * grid.width + x) * grid.pitch, (float)x,
                            (float)y, stride, least, &found);
    }
    return found.count;
}

// --- suppression -------------------------------------------------------------------------------

static float area(const struct scrim_box *box)
{
    return (box->x1 - box->x0) * (box->y1 - box->y0);
}

static float overlap_of(const struct scrim_box *a, const struct scrim_box *b)
{
    const float width = fminf(a->x1, b->x1) - fmaxf(a->x0, b->x0);
    const float height = fminf(a->y1, b->y1) - fmaxf(a->y0, b->y0);
    if (width <= 0 || height <= 0)
        return 0;
    const float both = width * height;
    return both / (area(a) + area(b) - both);
}

static size_t best_of(const struct scrim_box *boxes, size_t from, size_t count)
{
    size_t best = from;
    for (size_t i = from + 1; i < count; i++)
        if (boxes[i].score > boxes[best].score)
            best = i;
    return best;
}

// Repeated selection instead of qsort(), which allocates: this runs inside the sandbox.
size_t scrim_boxes_suppress(struct scrim_box *boxes, size_t count, float overlap)
{
    for (size_t kept = 0; kept < count; kept++) {
        const size_t best = best_of(boxes, kept, count);
        const struct scrim_box box = boxes[best];
        boxes[best] = boxes[kept];
        boxes[kept] = box;
        size_t left = kept + 1;
        for (size_t i = kept + 1; i < count; i++)
            if (boxes[i].class != box.class || overlap_of(&boxes[i], &box) <= overlap)
                boxes[left++] = boxes[i];
        count = left;
    }
    return count;
}
