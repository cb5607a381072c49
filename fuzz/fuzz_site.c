// scrim.yaml: an administrator's file, and later the body of an API call.
#include "site/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_site_config *config = NULL;
    struct scrim_error error;
    if (scrim_site_parse("fuzz", (const char *)data, size, &config, &error) >= 0)
        scrim_site_config_free(config);
    return 0;
}
