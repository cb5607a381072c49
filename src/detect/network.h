// Runs a model with XNNPACK, in the calling thread.
//
// _create packs the weights into XNNPACK's own layout (the model may be destroyed afterwards), lays
// out one block of memory for all values and sets every operator up on it; _run then only computes.
// The first _create of a process also initialises XNNPACK, which reads /proc/cpuinfo.
#pragma once

#include "detect/model.h"

struct scrim_network;

// A value in NHWC order: channel c of cell (x, y) is data[(y * width + x) * pitch + c].
struct scrim_tensor {
    float *data;
    uint32_t height, width, channels;
    size_t pitch; // floats from one cell to the next
};

// Whether this processor multiplies bytes; where it does not, int8 would gain nothing.
bool scrim_network_int8_pays(void);

// SCRIM_PRECISION_BEST: int8 where it pays and the model has ranges, else float.
SCRIM_MUST_CHECK int scrim_network_create(const struct scrim_model *model,
                                          enum scrim_precision precision,
                                          struct scrim_network **ret, struct scrim_error *error);
void scrim_network_destroy(struct scrim_network *network); // NULL is fine

// The input to fill before each run; dense, and its content survives a run.
struct scrim_tensor scrim_network_input(const struct scrim_network *network);
// Output `index` in the order of the model; valid until the next run.
struct scrim_tensor scrim_network_output(const struct scrim_network *network, unsigned index);

// SCRIM_EINTERNAL if XNNPACK refuses, which it has no reason to once _create succeeded.
SCRIM_MUST_CHECK int scrim_network_run(struct scrim_network *network);
