// A whole file in memory, for one identity.
#include "age/age.h"

#include "age/unwrap.h"

#include <sodium.h>

static size_t plain_bytes(size_t sealed)
{
    const size_t chunks = (sealed + SCRIM_AGE_SEALED_CHUNK - 1) / SCRIM_AGE_SEALED_CHUNK;
    return chunks * SCRIM_AGE_TAG < sealed ? sealed - chunks * SCRIM_AGE_TAG : 0;
}

static int open_chunks(const uint8_t key[32], const uint8_t *sealed, size_t left,
                       struct scrim_buf *ret)
{
    for (uint64_t index = 0;; index++) {
        const size_t take = left < SCRIM_AGE_SEALED_CHUNK ? left : SCRIM_AGE_SEALED_CHUNK;
        const bool last = take == left;
        if (take < SCRIM_AGE_TAG || (take == SCRIM_AGE_TAG && index > 0))
            return SCRIM_EFORMAT;
        uint8_t nothing; // where an empty file's plaintext goes
        uint8_t *to = take > SCRIM_AGE_TAG ? ret->data + ret->len : &nothing;
        const int result = scrim_age_open_chunk(key, index, last, sealed, take, to);
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
    result = scrim_age_unwrap(&header, (const uint8_t(*)[32])identity, 1, "", file_key, NULL);
    if (result >= 0 && left < SCRIM_AGE_NONCE + SCRIM_AGE_TAG)
        result = SCRIM_EFORMAT;
    if (result >= 0)
        result = scrim_buf_reserve(ret, plain_bytes(left - SCRIM_AGE_NONCE)); // it never moves
    if (result >= 0) {
        scrim_age_payload_key(file_key, payload, key);
        result = open_chunks(key, payload + SCRIM_AGE_NONCE, left - SCRIM_AGE_NONCE, ret);
    }
    scrim_age_header_finish(&header);
    sodium_memzero(file_key, sizeof file_key);
    sodium_memzero(key, sizeof key);
    return result;
}
