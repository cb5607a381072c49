#include "vault/partials.h"

#include <string.h>

static const char domain[] = "scrim-partials/v1";
#define DOMAIN_BYTES (sizeof domain - 1)
#define HEAD_BYTES (DOMAIN_BYTES + SCRIM_REQUEST_ID + 2 + 4)
#define PARTIAL_BYTES 96
#define FILE_MAX (HEAD_BYTES + (size_t)SCRIM_SEGMENTS_MAX * PARTIAL_BYTES)

static int append_partial(struct scrim_buf *plain, const struct scrim_partial *partial)
{
    int result = scrim_buf_append(plain, partial->u_i, sizeof partial->u_i);
    if (result >= 0)
        result = scrim_buf_append(plain, partial->e_i, sizeof partial->e_i);
    return result < 0 ? result : scrim_buf_append(plain, partial->f_i, sizeof partial->f_i);
}

int scrim_partials_seal(const uint8_t recipient[32], const uint8_t request_id[SCRIM_REQUEST_ID],
                        unsigned holder, const struct scrim_partial *partials, size_t count,
                        struct scrim_buf *ret)
{
    struct scrim_buf plain;
    scrim_buf_init(&plain, FILE_MAX);
    int result = scrim_buf_reserve(&plain, HEAD_BYTES + count * PARTIAL_BYTES);
    if (result >= 0)
        result = scrim_buf_append(&plain, domain, DOMAIN_BYTES);
    if (result >= 0)
        result = scrim_buf_append(&plain, request_id, SCRIM_REQUEST_ID);
    if (result >= 0)
        result = scrim_buf_append_u16(&plain, (uint16_t)holder);
    if (result >= 0)
        result = scrim_buf_append_u32(&plain, (uint32_t)count);
    for (size_t i = 0; i < count && result >= 0; i++)
        result = append_partial(&plain, &partials[i]);
    if (result >= 0)
        result = scrim_age_encrypt(recipient, plain.data, plain.len, ret);
    scrim_buf_finish_wipe(&plain);
    return result;
}

static bool read_head(struct scrim_reader *reader, const uint8_t request_id[SCRIM_REQUEST_ID],
                      unsigned holder, size_t count)
{
    const uint8_t *name = scrim_read_view(reader, DOMAIN_BYTES);
    const uint8_t *id = scrim_read_view(reader, SCRIM_REQUEST_ID);
    uint16_t who;
    uint32_t parts;
    return name && id && memcmp(name, domain, DOMAIN_BYTES) == 0 &&
           memcmp(id, request_id, SCRIM_REQUEST_ID) == 0 && scrim_read_u16(reader, &who) &&
           who == holder && scrim_read_u32(reader, &parts) && parts == count &&
           reader->left == count * PARTIAL_BYTES;
}

static bool read_partial(struct scrim_reader *reader, unsigned holder, struct scrim_partial *ret)
{
    ret->index = holder;
    return scrim_read_bytes(reader, ret->u_i, sizeof ret->u_i) &&
           scrim_read_bytes(reader, ret->e_i, sizeof ret->e_i) &&
           scrim_read_bytes(reader, ret->f_i, sizeof ret->f_i);
}

int scrim_partials_open(const void *file, size_t file_count, const uint8_t identity[32],
                        const uint8_t request_id[SCRIM_REQUEST_ID], unsigned holder,
                        struct scrim_partial *ret, size_t count, struct scrim_error *error)
{
    struct scrim_buf plain;
    scrim_buf_init(&plain, FILE_MAX);
    int result = scrim_age_open(file, file_count, identity, &plain);
    struct scrim_reader reader = scrim_reader_of(plain.data, plain.len);
    bool good = result >= 0 && read_head(&reader, request_id, holder, count);
    for (size_t i = 0; i < count && good; i++)
        good = read_partial(&reader, holder, &ret[i]);
    scrim_buf_finish_wipe(&plain);
    return good ? SCRIM_OK
                : scrim_fail(error, SCRIM_EAUTH,
                             "what holder %u sent is not for this request and this one-time key",
                             holder);
}
