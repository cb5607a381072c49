// A holder's share file: without a passphrase, so that no input spends Argon2id, and as if a token
// had answered.
#include "vault/files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t token_secret[SCRIM_TOKEN_SECRET] = {1};
    struct scrim_share share;
    struct scrim_error error;
    if (scrim_share_parse(data, size, NULL, &share, &error) >= 0)
        scrim_share_wipe(&share);
    if (scrim_share_parse_token(data, size, token_secret, &share, &error) >= 0)
        scrim_share_wipe(&share);
    return 0;
}
