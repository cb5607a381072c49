// The header is swapped, the payload is not touched: what a court gets is what was sealed.
#include "store/plain.h"

#include "store/plain_impl.h"

#include <sodium.h>
#include <string.h>

// The chunk before the newest one: whether it is the last is known only when no other follows.
struct held {
    bool any, sealed_known, last;
    uint64_t index;
    size_t count;
    uint8_t sealed[SCRIM_AGE_SEALED_CHUNK], bytes[SCRIM_AGE_CHUNK];
};

struct export
{
    struct scrim_plain *plain;
    struct held *held;
    int fd;
    const char *name;
};

static void hold(struct held *held, const struct scrim_plain_chunk *chunk)
{
    held->any = true;
    held->last = chunk->last;
    held->index = chunk->index;
    held->count = chunk->count;
    held->sealed_known = chunk->sealed != NULL;
    memcpy(held->bytes, chunk->bytes, chunk->count);
    if (chunk->sealed)
        memcpy(held->sealed, chunk->sealed, chunk->count + SCRIM_AGE_TAG);
}

// A torn file ends without a last chunk. The nonce of (index, last) was never used for other
// plaintext than this chunk's own beginning, so sealing it under the same key gives nothing away.
static int write_held(struct export *export, bool final, struct scrim_error *error)
{
    struct held *held = export->held;
    int result = SCRIM_OK;
    if (!held->any)
        return SCRIM_OK;
    if (!held->sealed_known || (final && !held->last))
        result = scrim_age_seal_chunk(export->plain->payload_key, held->index, final, held->bytes,
                                      held->count, held->sealed);
    if (result < 0)
        return scrim_fail(error, result, "%s: cannot be completed: %s", export->name,
                          scrim_err_text(result));
    return scrim_fs_write(export->fd, held->sealed, held->count + SCRIM_AGE_TAG, export->name,
                          error);
}

static int write_header(struct export *export, const uint8_t recipient[32],
                        struct scrim_error *error)
{
    struct scrim_age_stanza stanza = {0};
    struct scrim_buf header;
    scrim_buf_init(&header, SCRIM_AGE_HEADER_MAX);
    int result = scrim_age_x25519_wrap(recipient, export->plain->file_key, &stanza);
    if (result >= 0)
        result = scrim_age_header_write(&stanza, 1, export->plain->file_key, &header);
    if (result >= 0)
        result = scrim_buf_append(&header, export->plain->nonce, SCRIM_AGE_NONCE);
    if (result < 0)
        scrim_fail(error, result, "%s: cannot be made for this recipient: %s", export->name,
                   scrim_err_text(result));
    else
        result = scrim_fs_write(export->fd, header.data, header.len, export->name, error);
    scrim_age_stanza_finish(&stanza);
    scrim_buf_finish(&header);
    return result;
}

static int write_payload(struct export *export, uint64_t *ret_bytes, struct scrim_error *error)
{
    struct scrim_plain_chunk chunk;
    uint64_t bytes = 0;
    int result;
    while ((result = scrim_plain_next(export->plain, &chunk, error)) > 0) {
        result = write_held(export, false, error);
        if (result < 0)
            return result;
        hold(export->held, &chunk);
        bytes += chunk.count;
    }
    if (result >= 0)
        result = write_held(export, true, error);
    if (result >= 0)
        *ret_bytes = bytes;
    return result;
}

int scrim_plain_export(struct scrim_plain *plain, const uint8_t recipient[32], int out_fd,
                       const char *out_name, uint64_t *ret_bytes, struct scrim_error *error)
{
    struct export export = {.plain = plain, .fd = out_fd, .name = out_name};
    export.held = sodium_malloc(sizeof *export.held);
    if (!export.held)
        return scrim_fail(error, SCRIM_ENOMEM, "%s: no memory", out_name);
    sodium_memzero(export.held, sizeof *export.held);
    int result = write_header(&export, recipient, error);
    if (result >= 0)
        result = write_payload(&export, ret_bytes, error);
    sodium_free(export.held);
    return result;
}
