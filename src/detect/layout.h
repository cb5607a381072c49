// Where the values of a network lie in one block of memory: values that are never needed at the
// same time share their place. Largest first, each as low as it fits (greedy by size; Pisarchyk and
// Lee, "Efficient Memory Management for Deep Neural Net Inference", 2020).
#pragma once

#include "detect/model.h"

#include <stddef.h>

// Needed from step `first` to step `last`, both included. Operation n of a model is step n + 1;
// step 0 fills the input.
struct scrim_span {
    size_t size; // 0: has no place of its own
    unsigned first, last;
    size_t offset; // filled in by scrim_layout; in units of `size`
};

// The steps at which a value of a model is needed; outputs to the end and beyond. Sizes and offsets
// are 0. `spans` has a place for each value.
void scrim_layout_spans(const struct scrim_model *model, struct scrim_span *spans);
// What lies in `from` now lies in `to`, which has to be there for as long.
void scrim_layout_merge(struct scrim_span *to, struct scrim_span *from);
// Returns the size of the block. Offsets are sums of sizes.
size_t scrim_layout(struct scrim_span *spans, unsigned count);
