// Inside of network*.c only: what every executor gives network.c.
#pragma once

#include "detect/network.h"

struct scrim_network_impl {
    int (*run)(struct scrim_network *network);
    void (*destroy)(struct scrim_network *network); // half-built ones too
};

// The first member of each executor's own struct. The values it points at belong to the executor.
struct scrim_network {
    const struct scrim_network_impl *impl;
    struct scrim_tensor input;
    struct scrim_tensor outputs[SCRIM_MODEL_OUTPUTS_MAX];
};

SCRIM_MUST_CHECK int scrim_network_int8_create(const struct scrim_model *model,
                                               struct scrim_network **ret,
                                               struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_network_float_create(const struct scrim_model *model,
                                                struct scrim_network **ret,
                                                struct scrim_error *error);
