#include "store/hour_ring_file.h"

#include "age/hkdf.h"

#include <sodium.h>
#include <string.h>

#define NAME_BYTES 16
static const char name_of_format[NAME_BYTES + 1] = "scrim-hour-ring1";
static const char purpose[] = "scrim hour ring v1";

// Each ring has an AEAD key of its own (as age's payloads have), so the nonce can be zero.
static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

static void ring_key(const struct scrim_root_key *root, const uint8_t salt[SCRIM_HOUR_RING_SALT],
                     uint8_t ret[crypto_aead_chacha20poly1305_IETF_KEYBYTES])
{
    scrim_hkdf_sha256(root->key, sizeof root->key, salt, SCRIM_HOUR_RING_SALT, purpose,
                      strlen(purpose), ret);
}

int scrim_hour_ring_seal(const struct scrim_root_key *root,
                         const uint8_t salt[SCRIM_HOUR_RING_SALT],
                         const struct scrim_hour_keys *keys, struct scrim_buf *ret)
{
    uint8_t key[crypto_aead_chacha20poly1305_IETF_KEYBYTES];
    const size_t start = ret->len;
    int result = scrim_buf_reserve(ret, SCRIM_HOUR_RING_HEADER + keys->len + SCRIM_HOUR_RING_TAG);
    if (result >= 0)
        result = scrim_buf_append(ret, name_of_format, NAME_BYTES);
    if (result >= 0)
        result = scrim_buf_append_u64(ret, root->generation);
    if (result >= 0)
        result = scrim_buf_append(ret, salt, SCRIM_HOUR_RING_SALT);
    if (result < 0)
        return result;
    ring_key(root, salt, key);
    unsigned long long sealed = 0;
    crypto_aead_chacha20poly1305_ietf_encrypt(ret->data + start + SCRIM_HOUR_RING_HEADER, &sealed,
                                              keys->block, keys->len, ret->data + start,
                                              SCRIM_HOUR_RING_HEADER, NULL, zero_nonce, key);
    sodium_memzero(key, sizeof key);
    ret->len += (size_t)sealed;
    return SCRIM_OK;
}

bool scrim_hour_ring_generation(const uint8_t *sealed, size_t len, uint64_t *ret_generation)
{
    struct scrim_reader reader = scrim_reader_of(sealed, len);
    const uint8_t *name = scrim_read_view(&reader, NAME_BYTES);
    return name && memcmp(name, name_of_format, NAME_BYTES) == 0 &&
           scrim_read_u64(&reader, ret_generation) && *ret_generation > 0;
}

int scrim_hour_ring_unseal(const struct scrim_root_key *root, const uint8_t *sealed, size_t len,
                           struct scrim_hour_keys *ret)
{
    uint64_t generation;
    if (!scrim_hour_ring_generation(sealed, len, &generation) ||
        len < SCRIM_HOUR_RING_HEADER + SCRIM_HOUR_RING_TAG)
        return SCRIM_EFORMAT;
    if (generation != root->generation)
        return SCRIM_EAUTH;
    const size_t content = len - SCRIM_HOUR_RING_HEADER - SCRIM_HOUR_RING_TAG;
    uint8_t *block = sodium_malloc(content);
    if (!block)
        return SCRIM_ENOMEM;
    uint8_t key[crypto_aead_chacha20poly1305_IETF_KEYBYTES];
    ring_key(root, sealed + 16 + 8, key);
    const int opened = crypto_aead_chacha20poly1305_ietf_decrypt(
        block, NULL, NULL, sealed + SCRIM_HOUR_RING_HEADER, content + SCRIM_HOUR_RING_TAG, sealed,
        SCRIM_HOUR_RING_HEADER, zero_nonce, key);
    sodium_memzero(key, sizeof key);
    if (opened < 0) {
        sodium_free(block);
        return SCRIM_EAUTH;
    }
    return scrim_hour_keys_parse(block, content, ret);
}
