#include "store/seal.h"

#include "base/fault.h"
#include "store/tail.h"

#include <sodium.h>
#include <string.h>

// Lives in locked memory as a whole: it holds keys and plaintext.
struct scrim_seal {
    uint8_t payload_key[32];
    uint8_t tail_key[SCRIM_TAIL_KEY];
    uint8_t nonce[SCRIM_AGE_NONCE];
    uint64_t chunk;     // index of the next chunk to seal
    size_t pending_len; // plaintext waiting in `pending`
    size_t tail_len;    // plaintext that the last tail of this chunk held
    uint8_t pending[SCRIM_AGE_CHUNK];
};

static int write_header(const struct scrim_vault *vault, const struct scrim_vault_label *label,
                        const uint8_t hour_key[SCRIM_HOUR_KEY], const uint8_t *glass,
                        const uint8_t file_key[SCRIM_AGE_FILE_KEY], struct scrim_buf *out)
{
    struct scrim_age_stanza stanzas[2] = {0};
    int result = scrim_tdh2_wrap(vault, label, hour_key, file_key, &stanzas[0]);
    if (result >= 0 && glass)
        result = scrim_age_x25519_wrap(glass, file_key, &stanzas[1]);
    if (result >= 0)
        result = scrim_age_header_write(stanzas, glass ? 2 : 1, file_key, out);
    scrim_age_stanza_finish(&stanzas[0]);
    scrim_age_stanza_finish(&stanzas[1]);
    return result;
}

int scrim_seal_create(const struct scrim_vault *vault, const struct scrim_vault_label *label,
                      const uint8_t hour_key[SCRIM_HOUR_KEY], const uint8_t *glass,
                      struct scrim_seal **ret, struct scrim_buf *out, struct scrim_error *error)
{
    struct scrim_seal *seal =
        scrim_fault(SCRIM_FAULT_ALLOC, NULL) ? NULL : sodium_malloc(sizeof *seal);
    if (!seal)
        return scrim_fail(error, SCRIM_ENOMEM, "camera %s: no memory to seal with", label->camera);
    sodium_memzero(seal, sizeof *seal);

    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    randombytes_buf(file_key, sizeof file_key);
    randombytes_buf(seal->nonce, sizeof seal->nonce);
    scrim_age_payload_key(file_key, seal->nonce, seal->payload_key);
    scrim_tail_key(file_key, seal->nonce, seal->tail_key);
    int result = write_header(vault, label, hour_key, glass, file_key, out);
    sodium_memzero(file_key, sizeof file_key);
    if (result >= 0)
        result = scrim_buf_append(out, seal->nonce, sizeof seal->nonce);
    if (result < 0) {
        scrim_seal_destroy(seal);
        return scrim_fail(error, result, "camera %s: cannot start a sealed segment: %s",
                          label->camera, scrim_err_text(result));
    }
    *ret = seal;
    return SCRIM_OK;
}

// Straight into the output buffer: sealed bytes are not copied again.
static int seal_chunk(struct scrim_seal *seal, bool last, const uint8_t *plain, size_t count,
                      struct scrim_buf *out)
{
    int result = scrim_buf_reserve(out, count + SCRIM_AGE_TAG);
    if (result >= 0)
        result = scrim_age_seal_chunk(seal->payload_key, seal->chunk, last, plain, count,
                                      out->data + out->len);
    if (result < 0)
        return result;
    out->len += count + SCRIM_AGE_TAG;
    seal->chunk++;
    seal->tail_len = 0;
    return SCRIM_OK;
}

// A full chunk is sealed only once more plaintext follows: age.md forbids an empty last chunk, so
// the last one may have to be this one.
int scrim_seal_append(struct scrim_seal *seal, const void *bytes, size_t count,
                      struct scrim_buf *out)
{
    const uint8_t *at = bytes;
    while (count > 0) {
        if (seal->pending_len == SCRIM_AGE_CHUNK) {
            const int result = seal_chunk(seal, false, seal->pending, SCRIM_AGE_CHUNK, out);
            if (result < 0)
                return result;
            seal->pending_len = 0;
        }
        if (seal->pending_len == 0 && count > SCRIM_AGE_CHUNK) {
            const int result = seal_chunk(seal, false, at, SCRIM_AGE_CHUNK, out);
            if (result < 0)
                return result;
            at += SCRIM_AGE_CHUNK;
            count -= SCRIM_AGE_CHUNK;
            continue;
        }
        const size_t room = SCRIM_AGE_CHUNK - seal->pending_len;
        const size_t take = count < room ? count : room;
        memcpy(seal->pending + seal->pending_len, at, take);
        seal->pending_len += take;
        at += take;
        count -= take;
    }
    return SCRIM_OK;
}

int scrim_seal_tail(struct scrim_seal *seal, struct scrim_buf *out, bool *ret_changed)
{
    *ret_changed = false;
    if (seal->pending_len == seal->tail_len)
        return SCRIM_OK;
    const int result = scrim_tail_seal(seal->tail_key, seal->nonce, seal->chunk, seal->pending,
                                       seal->pending_len, out);
    if (result < 0)
        return result;
    seal->tail_len = seal->pending_len;
    *ret_changed = true;
    return SCRIM_OK;
}

int scrim_seal_finish(struct scrim_seal *seal, struct scrim_buf *out)
{
    return seal_chunk(seal, true, seal->pending, seal->pending_len, out);
}

void scrim_seal_destroy(struct scrim_seal *seal)
{
    sodium_free(seal); // overwrites first
}
