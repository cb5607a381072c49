#include "detect/boxes.h"

#include <math.h>

float scrim_boxes_score(float logit)
{
    return 1 / (1 + expf(-logit));
}

float scrim_boxes_logit(float score)
{
    return logf(score / (1 - score));
}

void scrim_boxes_collect(struct scrim_boxes *found, const struct scrim_box *box)
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

float scrim_box_area(const struct scrim_box *box)
{
    return (box->x1 - box->x0) * (box->y1 - box->y0);
}

float scrim_box_shared(const struct scrim_box *a, const struct scrim_box *b)
{
    const float width = fminf(a->x1, b->x1) - fmaxf(a->x0, b->x0);
    const float height = fminf(a->y1, b->y1) - fmaxf(a->y0, b->y0);
    return width > 0 && height > 0 ? width * height : 0;
}

float scrim_box_overlap(const struct scrim_box *a, const struct scrim_box *b)
{
    const float both = scrim_box_shared(a, b);
    return both > 0 ? both / (scrim_box_area(a) + scrim_box_area(b) - both) : 0;
}

size_t scrim_boxes_read(const struct scrim_model *model, const struct scrim_network *network,
                        scrim_boxes_decode *decode, float threshold, struct scrim_box *boxes,
                        size_t max)
{
    struct scrim_boxes found = {boxes, 0, max};
    const float least = scrim_boxes_logit(threshold);
    for (unsigned i = 0; i < model->outputs_count; i++) {
        const struct scrim_tensor grid = scrim_network_output(network, i);
        for (uint32_t y = 0; y < grid.height; y++)
            for (uint32_t x = 0; x < grid.width; x++)
                decode(model, &model->outputs[i],
                       grid.data + ((size_t)y * grid.width + x) * grid.pitch, (float)x, (float)y,
                       least, &found);
    }
    return found.count;
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
            if (boxes[i].class != box.class || scrim_box_overlap(&boxes[i], &box) <= overlap)
                boxes[left++] = boxes[i];
        count = left;
    }
    return count;
}

size_t scrim_boxes_merge(struct scrim_box *boxes, size_t first, size_t second, float overlap)
{
    size_t kept = first;
    for (size_t i = first; i < first + second; i++) {
        size_t twin = 0;
        while (twin < first && (boxes[twin].class != boxes[i].class ||
                                scrim_box_overlap(&boxes[twin], &boxes[i]) <= overlap))
            twin++;
        if (twin == first)
            boxes[kept++] = boxes[i];
    }
    return kept;
}
