#include "detect/network_impl.h"

int scrim_network_create(const struct scrim_model *model, enum scrim_precision precision,
                         struct scrim_network **ret, struct scrim_error *error)
{
    if (precision == SCRIM_PRECISION_BEST)
        precision = model->ranges && scrim_network_int8_pays() ? SCRIM_PRECISION_INT8
                                                               : SCRIM_PRECISION_FLOAT;
    return precision == SCRIM_PRECISION_INT8 ? scrim_network_int8_create(model, ret, error)
                                             : scrim_network_float_create(model, ret, error);
}

void scrim_network_destroy(struct scrim_network *network)
{
    if (network)
        network->impl->destroy(network);
}

struct scrim_tensor scrim_network_input(const struct scrim_network *network)
{
    return network->input;
}

struct scrim_tensor scrim_network_output(const struct scrim_network *network, unsigned index)
{
    return network->outputs[index];
}

int scrim_network_run(struct scrim_network *network)
{
    return network->impl->run(network);
}
