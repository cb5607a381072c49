// A whole file in memory, for one identity.
#include "age/age.h"

#include "age/stanza.h"

#include <sodium.h>

// The first stanza that fits. A malformed one refuses the file, whoever it is for.
static int find_file_key(const struct scrim_age_header *header, const uint8_t identity[32],
                         uint8_t ret[SCRIM_AGE_FILE_KEY])
{
    for (size_t i = 0; i < header->stanzas_count; i++) {
        const int result = scrim_age_x25519_unwrap(&header->stanzas[i], identity, ret);
        if (result >= 0)
            return scrim_age_header_verify(header, ret);
        if (result != SCRIM_EAUTH)
            return result;
    }
    return SCRIM_EAUTH;
}

static int open_chunks(const uint8_t key[32], const uint8_t *sealed, size_t left,
                       struct scrim_buf *ret)
{
    for (uint64_t index = 0;; index++) {
        const size_t take = left < SCRIM_AGE_SEALED_CHUNK ? left : SCRIM_AGE_SEALED_CHUNK;
        const bool last = take == left;
        if (take < SCRIM_AGE_TAG || (take == SCRIM_AGE_TAG && index > 0))
            return SCRIM_EFORMAT;
        int result = scrim_buf_reserve(ret, take - SCRIM_AGE_TAG);
        if (result >= 0)
            result = scrim_age_open_chunk(key, index, last, sealed, take, ret->data + ret->len);
        if (result < 0)
            return result;
        ret->len += take - SCRIM_AGE_TAG;
        if (last)
            return SCRIM_OK;
        sealed += take;
        left -= take;
    }
}

int scrim_age_open(const void *file, size_t count, const uint8_t identity[32],
                   struct scrim_buf *ret)
{
    struct scrim_age_header header;
    uint8_t file_key[SCRIM_AGE_FILE_KEY], key[32];
    int result = scrim_age_header_parse(file, count, &header, NULL);
    if (result < 0)
        return result == SCRIM_EAGAIN ? SCRIM_EFORMAT : result;
    const uint8_t *payload = (const uint8_t *)file + header.length;
    const size_t left = count - header.length;
    result = find_file_key(&header, identity, file_key);
    if (result >= 0 && left < SCRIM_AGE_NONCE + SCRIM_AGE_TAG)
        result = SCRIM_EFORMAT;
    if (result >= 0)
        result = scrim_buf_reserve(ret, left); // at once: it may be secret
    if (result >= 0) {
        scrim_age_payload_key(file_key, payload, key);
        result = open_chunks(key, payload + SCRIM_AGE_NONCE, left - SCRIM_AGE_NONCE, ret);
    }
    scrim_age_header_finish(&header);
    sodium_memzero(file_key, sizeof file_key);
    sodium_memzero(key, sizeof key);
    return result;
}
