// The machine's list of time zones. It is the system's, yet read like anything from outside.
#include "people/zones.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_zones *zones = scrim_zones_parse((const char *)data, size);
    if (!scrim_zones_have(zones, "UTC") || scrim_zones_have(zones, ""))
        abort();
    scrim_zones_free(zones);
    return 0;
}
