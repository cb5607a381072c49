#include "detect/layout.h"

#include <limits.h>
#include <stdlib.h>

void scrim_layout_spans(const struct scrim_model *model, struct scrim_span *spans)
{
    for (unsigned value = 0; value <= model->ops_count; value++)
        spans[value] = (struct scrim_span){.first = value, .last = value};
    for (unsigned i = 0; i < model->ops_count; i++)
        for (unsigned k = 0; k < model->ops[i].inputs_count; k++)
            spans[model->ops[i].inputs[k]].last = i + 1;
    for (unsigned i = 0; i < model->outputs_count; i++)
        spans[model->outputs[i].value].last = UINT_MAX;
}

void scrim_layout_merge(struct scrim_span *to, struct scrim_span *from)
{
    to->first = from->first < to->first ? from->first : to->first;
    to->last = from->last > to->last ? from->last : to->last;
    from->size = 0;
}

static int larger_first(const void *a, const void *b)
{
    const struct scrim_span *x = *(struct scrim_span *const *)a,
                            *y = *(struct scrim_span *const *)b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return x->first < y->first ? -1 : x->first > y->first;
}

// One that is needed while `span` is and lies within its size of `offset`.
static const struct scrim_span *in_the_way(struct scrim_span *const *placed, unsigned count,
                                           const struct scrim_span *span, size_t offset)
{
    for (unsigned i = 0; i < count; i++) {
        const struct scrim_span *other = placed[i];
        if (other->first <= span->last && span->first <= other->last &&
            other->offset < offset + span->size && offset < other->offset + other->size)
            return other;
    }
    return NULL;
}

size_t scrim_layout(struct scrim_span *spans, unsigned count)
{
    struct scrim_span *order[SCRIM_MODEL_OPS_MAX + 1];
    unsigned wanted = 0;
    size_t size = 0;
    for (unsigned i = 0; i < count; i++)
        if (spans[i].size > 0)
            order[wanted++] = &spans[i];
    qsort(order, wanted, sizeof(struct scrim_span *), larger_first);
    for (unsigned i = 0; i < wanted; i++) {
        size_t offset = 0;
        const struct scrim_span *other;
        while ((other = in_the_way(order, i, order[i], offset)))
            offset = other->offset + other->size;
        order[i]->offset = offset;
        const size_t end = offset + order[i]->size;
        size = end > size ? end : size;
    }
    return size;
}
