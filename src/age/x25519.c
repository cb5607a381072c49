// The X25519 recipient type (age.md "The X25519 recipient type").
#include "age/age.h"

#include "age/bech32.h"
#include "age/hkdf.h"
#include "age/stanza.h"
#include "base/alloc.h"
#include "base/base64.h"

#include <sodium.h>
#include <string.h>

#define BODY_BYTES (SCRIM_AGE_FILE_KEY + SCRIM_AGE_TAG)

static const char stanza_type[] = "X25519";
static const char wrap_info[] = "age-encryption.org/v1/X25519";
static const uint8_t
    zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES]; // a wrap key is used once

int scrim_age_recipient_parse(const char *text, uint8_t ret_public[32], struct scrim_error *error)
{
    if (scrim_bech32_decode(text, "age", ret_public, 32) < 0)
        return scrim_fail(error, SCRIM_EFORMAT, "not an X25519 recipient (age1…)");
    return SCRIM_OK;
}

int scrim_age_identity_parse(const char *text, uint8_t ret_secret[32], struct scrim_error *error)
{
    if (scrim_bech32_decode(text, "AGE-SECRET-KEY-", ret_secret, 32) < 0)
        return scrim_fail(error, SCRIM_EFORMAT, "not an X25519 identity (AGE-SECRET-KEY-1…)");
    return SCRIM_OK;
}

// Wraps of both directions share this: salt = share ‖ recipient, ikm = the shared secret.
// False if the shared secret is all zero, which a low-order point makes it.
static bool wrap_key(const uint8_t secret[32], const uint8_t point[32], const uint8_t share[32],
                     const uint8_t recipient[32], uint8_t ret[SCRIM_HKDF_OUTPUT])
{
    uint8_t shared[32], salt[64];
    const bool usable = crypto_scalarmult(shared, secret, point) == 0;
    memcpy(salt, share, 32);
    memcpy(salt + 32, recipient, 32);
    if (usable)
        scrim_hkdf_sha256(shared, sizeof shared, salt, sizeof salt, wrap_info, strlen(wrap_info),
                          ret);
    sodium_memzero(shared, sizeof shared);
    return usable;
}

static int fill_stanza(const uint8_t share[32], const uint8_t body[BODY_BYTES],
                       struct scrim_age_stanza *ret)
{
    char text[SCRIM_BASE64_LENGTH(32) + 1];
    sodium_bin2base64(text, sizeof text, share, 32, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    struct scrim_age_stanza stanza = {.body = scrim_new_bytes(BODY_BYTES), .body_len = BODY_BYTES};
    memcpy(stanza.body, body, BODY_BYTES);
    int result = scrim_age_stanza_add_arg(&stanza, stanza_type, strlen(stanza_type));
    if (result >= 0)
        result = scrim_age_stanza_add_arg(&stanza, text, strlen(text));
    if (result < 0)
        scrim_age_stanza_finish(&stanza);
    else
        *ret = stanza;
    return result;
}

int scrim_age_x25519_wrap(const uint8_t recipient[32], const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                          struct scrim_age_stanza *ret)
{
    uint8_t secret[32], share[32], key[SCRIM_HKDF_OUTPUT], body[BODY_BYTES];
    randombytes_buf(secret, sizeof secret);
    int result = crypto_scalarmult_base(share, secret) == 0 &&
                         wrap_key(secret, recipient, share, recipient, key)
                     ? SCRIM_OK
                     : SCRIM_EINVAL;
    if (result >= 0) {
        crypto_aead_chacha20poly1305_ietf_encrypt(body, NULL, file_key, SCRIM_AGE_FILE_KEY, NULL, 0,
                                                  NULL, zero_nonce, key);
        result = fill_stanza(share, body, ret);
    }
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(key, sizeof key);
    return result;
}

static bool take_share(const struct scrim_age_stanza *stanza, uint8_t ret[32])
{
    return stanza->args_count == 2 && stanza->body_len == BODY_BYTES &&
           scrim_base64_decode_exact(stanza->args[1], strlen(stanza->args[1]), ret, 32) >= 0;
}

bool scrim_age_x25519_is_well_formed(const struct scrim_age_stanza *stanza)
{
    uint8_t share[32];
    return stanza->args_count > 0 && strcmp(stanza->args[0], stanza_type) == 0 &&
           take_share(stanza, share);
}

int scrim_age_x25519_unwrap(const struct scrim_age_stanza *stanza, const uint8_t secret[32],
                            uint8_t ret_file_key[SCRIM_AGE_FILE_KEY])
{
    uint8_t share[32], recipient[32], key[SCRIM_HKDF_OUTPUT];
    if (stanza->args_count == 0 || strcmp(stanza->args[0], stanza_type) != 0)
        return SCRIM_EAUTH;
    // The body's length is checked before anything is decrypted: partitioning oracles.
    if (!take_share(stanza, share))
        return SCRIM_EFORMAT;

    int result = SCRIM_EFORMAT;
    if (crypto_scalarmult_base(recipient, secret) == 0 &&
        wrap_key(secret, share, share, recipient, key))
        result =
            crypto_aead_chacha20poly1305_ietf_decrypt(ret_file_key, NULL, NULL, stanza->body,
                                                      BODY_BYTES, NULL, 0, zero_nonce, key) == 0
                ? SCRIM_OK
                : SCRIM_EAUTH;
    sodium_memzero(key, sizeof key);
    return result;
}
