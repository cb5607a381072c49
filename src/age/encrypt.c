// A whole file for one recipient, in memory.
#include "age/age.h"

#include "age/stanza.h"

#include <sodium.h>

static int append_header(const uint8_t recipient[32], const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                         struct scrim_buf *ret)
{
    struct scrim_age_stanza stanza = {0};
    int result = scrim_age_x25519_wrap(recipient, file_key, &stanza);
    if (result >= 0)
        result = scrim_age_header_write(&stanza, 1, file_key, ret);
    scrim_age_stanza_finish(&stanza);
    return result;
}

static int append_payload(const uint8_t key[32], const uint8_t *plain, size_t count,
                          struct scrim_buf *ret)
{
    uint64_t index = 0;
    do {
        const size_t take = count < SCRIM_AGE_CHUNK ? count : SCRIM_AGE_CHUNK;
        int result = scrim_buf_reserve(ret, take + SCRIM_AGE_TAG);
        if (result >= 0)
            result = scrim_age_seal_chunk(key, index++, take == count, plain, take,
                                          ret->data + ret->len);
        if (result < 0)
            return result;
        ret->len += take + SCRIM_AGE_TAG;
        plain += take;
        count -= take;
    } while (count > 0);
    return SCRIM_OK;
}

int scrim_age_encrypt(const uint8_t recipient[32], const void *plain, size_t count,
                      struct scrim_buf *ret)
{
    uint8_t file_key[SCRIM_AGE_FILE_KEY], nonce[SCRIM_AGE_NONCE], key[32];
    const size_t start = ret->len;
    randombytes_buf(file_key, sizeof file_key);
    randombytes_buf(nonce, sizeof nonce);
    scrim_age_payload_key(file_key, nonce, key);
    int result = append_header(recipient, file_key, ret);
    if (result >= 0)
        result = scrim_buf_append(ret, nonce, sizeof nonce);
    if (result >= 0)
        result = append_payload(key, plain, count, ret);
    if (result < 0)
        ret->len = start;
    sodium_memzero(file_key, sizeof file_key);
    sodium_memzero(key, sizeof key);
    return result;
}
