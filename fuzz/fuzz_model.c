// Model files. The checksum is put right first, so that what lies behind it is reached; small
// models are also set up and run, because their shapes decide what XNNPACK reads and writes.
#include "base/alloc.h"
#include "detect/network.h"

#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_small(const struct scrim_model *model)
{
    return model->shapes[0].width <= 64 && model->shapes[0].height <= 64 && model->ops_count <= 16;
}

static void run(const struct scrim_model *model)
{
    struct scrim_network *network = NULL;
    if (is_small(model) && scrim_network_create(model, SCRIM_PRECISION_BEST, &network, NULL) >= 0 &&
        scrim_network_run(network) < 0)
        __builtin_trap(); // set up but does not run
    scrim_network_destroy(network);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_model *model = NULL;
    uint8_t *file = scrim_alloc(size + crypto_hash_sha256_BYTES);
    if (!file)
        return 0;
    if (size > 0)
        memcpy(file, data, size);
    crypto_hash_sha256(file + size, file, size);
    if (scrim_model_parse(file, size + crypto_hash_sha256_BYTES, &model, NULL) >= 0)
        run(model);
    scrim_model_destroy(model);
    scrim_free_pointer(&file);
    return 0;
}
