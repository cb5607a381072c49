// The tail file: whatever a crash or a stranger left in it, a slot that is taken lies within it,
// and nothing opens without the key. The checksum is put right too, or nothing would ever get past
// it.
#include "store/tail.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define CHECKSUM 32

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void within(const struct scrim_tail *tail, const uint8_t *file, size_t size)
{
    static const uint8_t key[SCRIM_TAIL_KEY];
    static uint8_t plain[SCRIM_AGE_CHUNK];
    const uint8_t *end = file + size;
    if (tail->length == 0 || tail->length > SCRIM_AGE_CHUNK || tail->head < file ||
        tail->size > (size_t)(end - tail->head) || tail->size > SCRIM_TAIL_SLOT ||
        tail->sealed != tail->head + SCRIM_TAIL_HEAD ||
        tail->size != SCRIM_TAIL_HEAD + tail->length + SCRIM_AGE_TAG + CHECKSUM)
        abort();
    if (scrim_tail_open(tail, key, plain) >= 0)
        abort();
}

// What is saved beside a torn segment has the longest tail of every chunk that counts.
static void extract(const uint8_t *file, size_t size, const struct scrim_tail *tail)
{
    struct scrim_buf saved;
    struct scrim_tail best, found;
    uint8_t nonce[SCRIM_AGE_NONCE];
    memcpy(nonce, tail->payload_nonce, sizeof nonce);
    scrim_buf_init(&saved, SCRIM_TAIL_FILE_MAX);
    if (scrim_tail_extract(file, size, nonce, tail->chunk, &saved) < 0 ||
        scrim_tail_find(file, size, nonce, tail->chunk, &best) < 0 ||
        scrim_tail_find(saved.data, saved.len, nonce, tail->chunk, &found) < 0 ||
        found.length != best.length || memcmp(found.head, best.head, best.size) != 0)
        abort();
    scrim_buf_finish(&saved);
}

static void read_file(const uint8_t *file, size_t size)
{
    uint8_t nonce[SCRIM_AGE_NONCE];
    for (size_t slot = 0; slot < size; slot += SCRIM_TAIL_SLOT) {
        struct scrim_tail tail, found;
        if (scrim_tail_parse(file + slot, size - slot, &tail) < 0)
            continue;
        within(&tail, file, size);
        memcpy(nonce, tail.payload_nonce, sizeof nonce);
        if (slot >= SCRIM_TAIL_FILE_MAX)
            continue;
        if (scrim_tail_find(file, size, nonce, tail.chunk, &found) < 0 ||
            found.chunk != tail.chunk || found.length < tail.length)
            abort();
        within(&found, file, size);
        extract(file, size, &tail);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (sodium_init() < 0 || size == 0)
        return 0;
    read_file(data, size);

    uint8_t *copy = malloc(size);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    for (size_t slot = 0; slot + SCRIM_TAIL_HEAD < size; slot += SCRIM_TAIL_SLOT) {
        const size_t length = (size_t)copy[slot + 14] << 8 | copy[slot + 15];
        const size_t sealed = SCRIM_TAIL_HEAD + length + SCRIM_AGE_TAG;
        if (size - slot >= sealed + CHECKSUM)
            crypto_hash_sha256(copy + slot + sealed, copy + slot, sealed);
    }
    read_file(copy, size);
    free(copy);
    return 0;
}
