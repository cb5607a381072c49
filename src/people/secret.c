#include "people/secret.h"

#include <sodium.h>
#include <string.h>

void scrim_secret_make(char ret_text[SCRIM_SECRET_TEXT], uint8_t ret_hash[SCRIM_SECRET_HASH])
{
    uint8_t bytes[32];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(ret_text, SCRIM_SECRET_TEXT, bytes, sizeof bytes,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    crypto_hash_sha256(ret_hash, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
}

static bool decode(const char *text, uint8_t ret[32])
{
    size_t length = 0;
    return strlen(text) == SCRIM_SECRET_TEXT - 1 &&
           sodium_base642bin(ret, 32, text, SCRIM_SECRET_TEXT - 1, NULL, &length, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0 &&
           length == 32;
}

bool scrim_secret_hash(const char *text, uint8_t ret_hash[SCRIM_SECRET_HASH])
{
    uint8_t bytes[32];
    const bool valid = decode(text, bytes);
    if (valid)
        crypto_hash_sha256(ret_hash, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
    return valid;
}
