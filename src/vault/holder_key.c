#include "vault/holder_key.h"

#include "age/hkdf.h"

#include <sodium.h>
#include <string.h>

static const char domain[] = "scrim-holder-sign/v1";

void scrim_holder_key(const struct scrim_share *share, uint8_t ret_public[32],
                      uint8_t ret_secret[SCRIM_HOLDER_SECRET])
{
    uint8_t info[sizeof domain - 1 + 2], seed[SCRIM_HKDF_OUTPUT], secret[SCRIM_HOLDER_SECRET];
    memcpy(info, domain, sizeof domain - 1);
    info[sizeof info - 2] = (uint8_t)(share->index >> 8);
    info[sizeof info - 1] = (uint8_t)share->index;
    scrim_hkdf_sha256(share->secret, sizeof share->secret, share->vault_id, SCRIM_VAULT_ID, info,
                      sizeof info, seed);
    crypto_sign_seed_keypair(ret_public, secret, seed);
    if (ret_secret)
        memcpy(ret_secret, secret, sizeof secret);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(secret, sizeof secret);
}
