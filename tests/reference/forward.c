// Runs a model on raw numbers: float32 input (NHWC) on stdin, float32 outputs in order on stdout.
// For tests/reference/nanodet.py.
#include "detect/network.h"

#include <stdio.h>

static int fail(const char *what)
{
    fprintf(stderr, "forward: %s\n", what);
    return 1;
}

static bool write_output(const struct scrim_tensor *output)
{
    for (size_t i = 0; i < (size_t)output->height * output->width; i++)
        if (fwrite(output->data + i * output->pitch, sizeof(float), output->channels, stdout) !=
            output->channels)
            return false;
    return true;
}

static int forward(const struct scrim_model *model, struct scrim_network *network)
{
    const struct scrim_tensor input = scrim_network_input(network);
    const size_t count = (size_t)input.height * input.width * input.channels;
    if (fread(input.data, sizeof(float), count, stdin) != count)
        return fail("the input is too short");
    if (scrim_network_run(network) < 0)
        return fail("XNNPACK refuses to run");
    for (unsigned i = 0; i < model->outputs_count; i++) {
        const struct scrim_tensor output = scrim_network_output(network, i);
        if (!write_output(&output))
            return fail("cannot write");
    }
    return fflush(stdout) == 0 ? 0 : fail("cannot write");
}

int main(int argc, char **argv)
{
    struct scrim_model *model = NULL;
    struct scrim_network *network = NULL;
    struct scrim_error error = {0};
    if (argc != 2)
        return fail("usage: forward MODEL.nvm <in >out");
    int result = scrim_model_load(argv[1], &model, &error);
    if (result >= 0)
        result = scrim_network_create(model, SCRIM_PRECISION_FLOAT, &network, &error);
    result = result < 0 ? fail(error.text) : forward(model, network);
    scrim_network_destroy(network);
    scrim_model_destroy(model);
    return result;
}
