#include "age/hkdf.h"

#include <sodium.h>

void scrim_hkdf_sha256(const void *ikm, size_t ikm_count, const void *salt, size_t salt_count,
                       const void *info, size_t info_count, uint8_t ret[SCRIM_HKDF_OUTPUT])
{
    uint8_t pseudorandom_key[crypto_auth_hmacsha256_BYTES];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, salt_count > 0 ? salt : (const uint8_t *)"", salt_count);
    crypto_auth_hmacsha256_update(&state, ikm, ikm_count);
    crypto_auth_hmacsha256_final(&state, pseudorandom_key);

    // 32 bytes are one block of Expand: T(1) = HMAC(PRK, info ‖ 0x01).
    const uint8_t block = 1;
    crypto_auth_hmacsha256_init(&state, pseudorandom_key, sizeof pseudorandom_key);
    crypto_auth_hmacsha256_update(&state, info, info_count);
    crypto_auth_hmacsha256_update(&state, &block, sizeof block);
    crypto_auth_hmacsha256_final(&state, ret);

    sodium_memzero(pseudorandom_key, sizeof pseudorandom_key);
    sodium_memzero(&state, sizeof state);
}
