#include "vault/hour_keys_file.h"

#include "base/alloc.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char domain[] = "scrim-hour-keys/v1";
#define DOMAIN_BYTES (sizeof domain - 1)
#define HEAD_BYTES (DOMAIN_BYTES + SCRIM_REQUEST_ID + 4)
#define CAMERA_BYTES 32
#define ENTRY_BYTES (CAMERA_BYTES + 8 + SCRIM_HOUR_KEY)
#define FILE_MAX (HEAD_BYTES + (size_t)SCRIM_SEGMENTS_MAX * ENTRY_BYTES)

static int append_entry(struct scrim_buf *plain, const struct scrim_hour_key_entry *entry)
{
    char camera[CAMERA_BYTES] = {0};
    memcpy(camera, entry->camera, strnlen(entry->camera, CAMERA_BYTES - 1));
    int result = scrim_buf_append(plain, camera, sizeof camera);
    if (result >= 0)
        result = scrim_buf_append_u64(plain, entry->hour);
    return result < 0 ? result : scrim_buf_append(plain, entry->key, sizeof entry->key);
}

int scrim_hour_keys_seal(const char *recipient, const uint8_t request_id[SCRIM_REQUEST_ID],
                         const struct scrim_hour_key_entry *entries, size_t count,
                         struct scrim_buf *ret, struct scrim_error *error)
{
    uint8_t key[32];
    struct scrim_buf plain;
    int result = scrim_age_recipient_parse(recipient, key, error);
    if (result < 0)
        return result;
    scrim_buf_init(&plain, FILE_MAX);
    result = scrim_buf_reserve(&plain, HEAD_BYTES + count * ENTRY_BYTES);
    if (result >= 0)
        result = scrim_buf_append(&plain, domain, DOMAIN_BYTES);
    if (result >= 0)
        result = scrim_buf_append(&plain, request_id, SCRIM_REQUEST_ID);
    if (result >= 0)
        result = scrim_buf_append_u32(&plain, (uint32_t)count);
    for (size_t i = 0; i < count && result >= 0; i++)
        result = append_entry(&plain, &entries[i]);
    if (result >= 0)
        result = scrim_age_encrypt(key, plain.data, plain.len, ret);
    scrim_buf_finish_wipe(&plain);
    return result < 0 ? scrim_fail(error, result, "the hour keys cannot be sealed for %s: %s",
                                   recipient, scrim_err_text(result))
                      : SCRIM_OK;
}

static bool read_head(struct scrim_reader *reader, const uint8_t request_id[SCRIM_REQUEST_ID],
                      uint32_t *ret_count)
{
    const uint8_t *name = scrim_read_view(reader, DOMAIN_BYTES);
    const uint8_t *id = scrim_read_view(reader, SCRIM_REQUEST_ID);
    return name && id && memcmp(name, domain, DOMAIN_BYTES) == 0 &&
           memcmp(id, request_id, SCRIM_REQUEST_ID) == 0 && scrim_read_u32(reader, ret_count) &&
           reader->left == (size_t)*ret_count * ENTRY_BYTES;
}

// A name, then nothing but NULs.
static bool camera_holds(const char camera[CAMERA_BYTES])
{
    const size_t length = strnlen(camera, CAMERA_BYTES);
    return length > 0 && length < CAMERA_BYTES &&
           sodium_is_zero((const uint8_t *)camera + length, CAMERA_BYTES - length);
}

static bool read_entry(struct scrim_reader *reader, struct scrim_hour_key_entry *ret)
{
    return scrim_read_bytes(reader, ret->camera, CAMERA_BYTES) && camera_holds(ret->camera) &&
           scrim_read_u64(reader, &ret->hour) &&
           scrim_read_bytes(reader, ret->key, sizeof ret->key);
}

int scrim_hour_keys_open(const void *file, size_t file_count, const uint8_t identity[32],
                         const uint8_t request_id[SCRIM_REQUEST_ID],
                         struct scrim_hour_key_entry **ret, size_t *ret_count,
                         struct scrim_error *error)
{
    struct scrim_buf plain;
    uint32_t count = 0;
    scrim_buf_init(&plain, FILE_MAX);
    int result = scrim_age_open(file, file_count, identity, &plain);
    struct scrim_reader reader = scrim_reader_of(plain.data, plain.len);
    bool good = result >= 0 && read_head(&reader, request_id, &count);
    struct scrim_hour_key_entry *entries =
        good ? scrim_new_array((size_t)count + 1, struct scrim_hour_key_entry) : NULL;
    for (size_t i = 0; i < count && good; i++)
        good = read_entry(&reader, &entries[i]);
    scrim_buf_finish_wipe(&plain);
    if (!good) {
        scrim_hour_keys_free(entries, count);
        return scrim_fail(error, SCRIM_EAUTH,
                          "the hour keys are not for this request and this one-time key");
    }
    *ret = entries;
    *ret_count = count;
    return SCRIM_OK;
}

void scrim_hour_keys_free(struct scrim_hour_key_entry *entries, size_t count)
{
    if (entries)
        sodium_memzero(entries, count * sizeof *entries);
    free(entries);
}
