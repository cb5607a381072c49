// state/vault.json: comes from a disk that others may write.
#include "vault/files.h"
#include "vault/tdh2_impl.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_vault vault;
    struct scrim_error error;
    if (scrim_vault_parse(data, size, &vault, &error) >= 0 &&
        scrim_vault_validate(&vault, &error) < 0)
        abort();
    return 0;
}
