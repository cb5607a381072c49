// Takes the place of src/store/seal.c in one of the two programs of seal_overhead: the same steps
// with the same buffers, plaintext copied where the other one encrypts, no key anywhere. What it
// writes is no sealed file, opens with nothing, and is only ever written by that benchmark.
#include "store/seal.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 700 // bytes, about what a real one has

struct scrim_seal {
    size_t pending_len, tail_len;
    uint8_t pending[SCRIM_AGE_CHUNK];
};

int scrim_seal_create(const struct scrim_vault *vault, const struct scrim_vault_label *label,
                      const uint8_t hour_key[SCRIM_HOUR_KEY], const uint8_t *glass,
                      struct scrim_seal **ret, struct scrim_buf *out, struct scrim_error *error)
{
    (void)vault, (void)label, (void)hour_key, (void)glass, (void)error;
    static const uint8_t header[HEADER];
    *ret = scrim_new(struct scrim_seal);
    return scrim_buf_append(out, header, sizeof header);
}

static int copy_chunk(struct scrim_seal *seal, const uint8_t *plain, size_t count,
                      struct scrim_buf *out)
{
    static const uint8_t tag[SCRIM_AGE_TAG];
    int result = scrim_buf_append(out, plain, count);
    if (result >= 0)
        result = scrim_buf_append(out, tag, sizeof tag);
    seal->tail_len = 0;
    return result;
}

int scrim_seal_append(struct scrim_seal *seal, const void *bytes, size_t count,
                      struct scrim_buf *out)
{
    const uint8_t *at = bytes;
    int result = SCRIM_OK;
    while (count > 0 && result >= 0) {
        if (seal->pending_len == SCRIM_AGE_CHUNK) {
            result = copy_chunk(seal, seal->pending, SCRIM_AGE_CHUNK, out);
            seal->pending_len = 0;
        } else if (seal->pending_len == 0 && count > SCRIM_AGE_CHUNK) {
            result = copy_chunk(seal, at, SCRIM_AGE_CHUNK, out);
            at += SCRIM_AGE_CHUNK;
            count -= SCRIM_AGE_CHUNK;
        } else {
            const size_t room = SCRIM_AGE_CHUNK - seal->pending_len;
            const size_t take = count < room ? count : room;
            memcpy(seal->pending + seal->pending_len, at, take);
            seal->pending_len += take;
            at += take;
            count -= take;
        }
    }
    return result;
}

int scrim_seal_tail(struct scrim_seal *seal, struct scrim_buf *out, bool *ret_changed)
{
    *ret_changed = seal->pending_len != seal->tail_len;
    seal->tail_len = seal->pending_len;
    return *ret_changed ? scrim_buf_append(out, seal->pending, seal->pending_len) : SCRIM_OK;
}

int scrim_seal_finish(struct scrim_seal *seal, struct scrim_buf *out)
{
    return copy_chunk(seal, seal->pending, seal->pending_len, out);
}

void scrim_seal_destroy(struct scrim_seal *seal)
{
    free(seal);
}
