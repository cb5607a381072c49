// A holder's share file. Without a passphrase, so that no input spends Argon2id.
#include "vault/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_share share;
    struct scrim_error error;
    if (scrim_share_parse(data, size, NULL, &share, &error) >= 0)
        scrim_share_wipe(&share);
    return 0;
}
