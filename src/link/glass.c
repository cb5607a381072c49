#include "link/glass.h"

#include <string.h>

static int put_bytes(struct scrim_buf *out, const void *bytes, size_t count)
{
    const int result = scrim_buf_append_u16(out, (uint16_t)count);
    return result < 0 ? result : scrim_buf_append(out, bytes, count);
}

static int put_text(struct scrim_buf *out, const char *text)
{
    return put_bytes(out, text, strlen(text));
}

// No more than fits with a NUL, and no NUL inside.
static bool get_text(struct scrim_reader *reader, char *ret, size_t ret_size)
{
    uint16_t length;
    if (!scrim_read_u16(reader, &length) || length >= ret_size ||
        !scrim_read_bytes(reader, ret, length) || memchr(ret, '\0', length))
        return false;
    ret[length] = '\0';
    return true;
}

static bool get_time(struct scrim_reader *reader, int64_t *ret)
{
    uint64_t value;
    if (!scrim_read_u64(reader, &value) || value > INT64_MAX)
        return false;
    *ret = (int64_t)value;
    return true;
}

int scrim_glass_key_format(const struct scrim_glass_key *key, struct scrim_buf *ret)
{
    int result = scrim_buf_append_u64(ret, (uint64_t)key->start_us);
    if (result >= 0)
        result = scrim_buf_append_u64(ret, (uint64_t)key->end_us);
    if (result >= 0)
        result = scrim_buf_append_u64(ret, (uint64_t)key->good_us);
    return result < 0 ? result : scrim_buf_append(ret, key->key, sizeof key->key);
}

bool scrim_glass_key_parse(const void *body, size_t count, struct scrim_glass_key *ret)
{
    struct scrim_reader reader = scrim_reader_of(body, count);
    return get_time(&reader, &ret->start_us) && get_time(&reader, &ret->end_us) &&
           get_time(&reader, &ret->good_us) &&
           scrim_read_bytes(&reader, ret->key, sizeof ret->key) && reader.left == 0 &&
           ret->start_us < ret->end_us;
}

int scrim_glass_ask_format(const struct scrim_glass_ask *ask, struct scrim_buf *ret)
{
    int result = scrim_buf_append_u32(ret, ask->number);
    if (result >= 0)
        result = scrim_buf_append_u8(ret, (uint8_t)ask->verb);
    if (result >= 0)
        result = scrim_buf_append_u64(ret, ask->glass);
    if (result >= 0)
        result = put_text(ret, ask->who);
    if (result >= 0)
        result = put_text(ret, ask->text);
    return result < 0 ? result : scrim_buf_append(ret, ask->recipient, sizeof ask->recipient);
}

bool scrim_glass_ask_parse(const void *body, size_t count, struct scrim_glass_ask *ret)
{
    struct scrim_reader reader = scrim_reader_of(body, count);
    uint8_t verb;
    if (!scrim_read_u32(&reader, &ret->number) || !scrim_read_u8(&reader, &verb) ||
        verb >= SCRIM_GLASS_VERBS || !scrim_read_u64(&reader, &ret->glass) ||
        !get_text(&reader, ret->who, sizeof ret->who) ||
        !get_text(&reader, ret->text, sizeof ret->text))
        return false;
    ret->verb = (enum scrim_glass_verb)verb;
    return scrim_read_bytes(&reader, ret->recipient, sizeof ret->recipient) && reader.left == 0;
}

int scrim_glass_answer_format(const struct scrim_glass_answer *answer, struct scrim_buf *ret)
{
    int result = scrim_buf_append_u32(ret, answer->number);
    if (result >= 0)
        result = scrim_buf_append_u8(ret, (uint8_t)answer->outcome);
    if (result >= 0)
        result = scrim_buf_append_u64(ret, answer->glass);
    if (result >= 0)
        result = scrim_buf_append_u64(ret, (uint64_t)answer->until_us);
    if (result >= 0)
        result = scrim_buf_append_u64(ret, (uint64_t)answer->keys_until_us);
    if (result >= 0)
        result = put_text(ret, answer->text);
    return result < 0 ? result : put_bytes(ret, answer->age, answer->age_len);
}

bool scrim_glass_answer_parse(const void *body, size_t count, struct scrim_glass_answer *ret)
{
    struct scrim_reader reader = scrim_reader_of(body, count);
    uint8_t outcome;
    uint16_t length;
    if (!scrim_read_u32(&reader, &ret->number) || !scrim_read_u8(&reader, &outcome) ||
        outcome >= SCRIM_GLASS_OUTCOMES || !scrim_read_u64(&reader, &ret->glass) ||
        !get_time(&reader, &ret->until_us) || !get_time(&reader, &ret->keys_until_us) ||
        !get_text(&reader, ret->text, sizeof ret->text) || !scrim_read_u16(&reader, &length) ||
        length > sizeof ret->age)
        return false;
    ret->outcome = (enum scrim_glass_outcome)outcome;
    ret->age_len = length;
    return scrim_read_bytes(&reader, ret->age, length) && reader.left == 0;
}
