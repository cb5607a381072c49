#include "vault/label.h"

#include <string.h>

#define ID_MAX 31
#define HOUR_US UINT64_C(3600000000)

static bool id_allowed(const char *id, size_t length)
{
    return length >= 1 && length <= ID_MAX &&
           strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == length;
}

static bool label_allowed(const struct scrim_vault_label *label)
{
    return id_allowed(label->site, strnlen(label->site, sizeof label->site)) &&
           id_allowed(label->camera, strnlen(label->camera, sizeof label->camera)) &&
           label->start_utc_us >= 0 && label->hour == (uint64_t)label->start_utc_us / HOUR_US;
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
    const size_t length = strlen(text);
    *at++ = (uint8_t)length;
    memcpy(at, text, length); // NOLINT(bugprone-not-null-terminated-result): length-prefixed
    return at + length;
}

static uint8_t *put_u64(uint8_t *at, uint64_t value)
{
    for (size_t i = 0; i < 8; i++)
        at[i] = (uint8_t)(value >> (8 * (7 - i)));
    return at + 8;
}

int scrim_label_encode(const struct scrim_vault_label *label,
                       const uint8_t vault_id[SCRIM_VAULT_ID], uint8_t ret[LABEL_MAX],
                       size_t *ret_count)
{
    if (!label_allowed(label))
        return SCRIM_EINVAL;
    uint8_t *at = ret;
    *at++ = LABEL_SUITE;
    memcpy(at, vault_id, SCRIM_VAULT_ID);
    at = put_text(at + SCRIM_VAULT_ID, label->site);
    at = put_text(at, label->camera);
    at = put_u64(at, (uint64_t)label->start_utc_us);
    at = put_u64(at, label->hour);
    *ret_count = (size_t)(at - ret);
    return SCRIM_OK;
}

static bool get_id(struct scrim_reader *reader, char ret[ID_MAX + 1])
{
    uint8_t length;
    if (!scrim_read_u8(reader, &length) || length > ID_MAX ||
        !scrim_read_bytes(reader, ret, length))
        return false;
    ret[length] = '\0';
    return strlen(ret) == length; // no NUL inside
}

int scrim_label_decode(const uint8_t *bytes, size_t count, struct scrim_vault_label *ret,
                       uint8_t ret_vault_id[SCRIM_VAULT_ID])
{
    struct scrim_reader reader = scrim_reader_of(bytes, count);
    struct scrim_vault_label label = {0};
    uint8_t suite, vault_id[SCRIM_VAULT_ID];
    uint64_t start;
    if (!scrim_read_u8(&reader, &suite) || suite != LABEL_SUITE ||
        !scrim_read_bytes(&reader, vault_id, sizeof vault_id) || !get_id(&reader, label.site) ||
        !get_id(&reader, label.camera) || !scrim_read_u64(&reader, &start) ||
        !scrim_read_u64(&reader, &label.hour) || reader.left > 0 || start > INT64_MAX)
        return SCRIM_EFORMAT;
    label.start_utc_us = (int64_t)start;
    if (!label_allowed(&label))
        return SCRIM_EFORMAT;
    *ret = label;
    memcpy(ret_vault_id, vault_id, sizeof vault_id);
    return SCRIM_OK;
}
