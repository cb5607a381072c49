#include "store/json_text.h"

#include <string.h>

// Length of the UTF-8 sequence at `at` (RFC 3629, section 4), 0 if there is none.
static size_t utf8_length(const uint8_t *at, size_t left)
{
    const uint8_t first = at[0];
    if (first < 0x80)
        return 1;
    const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || length > left)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((first == 0xe0 && at[1] < 0xa0) || (first == 0xed && at[1] > 0x9f) ||
        (first == 0xf0 && at[1] < 0x90) || (first == 0xf4 && at[1] > 0x8f))
        return 0; // overlong, surrogate, beyond U+10FFFF
    return length;
}

static bool must_escape(uint8_t byte)
{
    return byte < 0x20 || byte == 0x7f || byte == '"' || byte == '\\';
}

int scrim_json_append_string(struct scrim_buf *buf, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    size_t left = strlen(text);
    int result = scrim_buf_append_u8(buf, '"');
    while (result >= 0 && left > 0) {
        size_t length = utf8_length(at, left);
        if (length == 0) {
            result = scrim_buf_append_u8(buf, '?');
            length = 1;
        } else if (!must_escape(*at)) {
            result = scrim_buf_append(buf, at, length);
        } else if (*at == '"' || *at == '\\') {
            result = scrim_buf_append(buf, (const uint8_t[]){'\\', *at}, 2);
        } else {
            result = scrim_buf_printf(buf, "\\u%04x", *at);
        }
        at += length;
        left -= length;
    }
    return result < 0 ? result : scrim_buf_append_u8(buf, '"');
}

bool scrim_json_take(struct scrim_reader *reader, const char *literal)
{
    const size_t length = strlen(literal);
    const uint8_t *view = scrim_read_view(reader, length);
    return view && memcmp(view, literal, length) == 0;
}

bool scrim_json_take_u64(struct scrim_reader *reader, uint64_t *ret)
{
    uint64_t value = 0;
    size_t digits = 0;
    for (; reader->left > 0 && *reader->at >= '0' && *reader->at <= '9'; digits++) {
        if (digits == 1 && value == 0)
            return false; // leading zero
        const uint64_t digit = (uint64_t)(*reader->at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
        reader->at++;
        reader->left--;
    }
    *ret = value;
    return digits > 0;
}

bool scrim_json_take_i64(struct scrim_reader *reader, int64_t *ret)
{
    const bool negative = reader->left > 0 && *reader->at == '-';
    uint64_t magnitude;
    if (negative && !scrim_json_take(reader, "-"))
        return false;
    if (!scrim_json_take_u64(reader, &magnitude) || magnitude > INT64_MAX ||
        (negative && magnitude == 0))
        return false;
    *ret = negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

bool scrim_json_take_bool(struct scrim_reader *reader, bool *ret)
{
    *ret = reader->left > 0 && *reader->at == 't';
    return scrim_json_take(reader, *ret ? "true" : "false");
}

static int hex_value(uint8_t digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

// What follows a backslash. Only the escapes that scrim_json_append_string makes.
static bool take_escape(struct scrim_reader *reader, char *ret)
{
    uint8_t kind;
    if (!scrim_read_u8(reader, &kind))
        return false;
    if (kind == '"' || kind == '\\') {
        *ret = (char)kind;
        return true;
    }
    if (kind != 'u' || !scrim_json_take(reader, "00"))
        return false;
    const uint8_t *digits = scrim_read_view(reader, 2);
    if (!digits || hex_value(digits[0]) < 0 || hex_value(digits[1]) < 0)
        return false;
    const int value = hex_value(digits[0]) * 16 + hex_value(digits[1]);
    *ret = (char)value;
    return value != 0 && value != '"' && value != '\\' && must_escape((uint8_t)value);
}

bool scrim_json_take_string(struct scrim_reader *reader, char *ret, size_t size)
{
    size_t used = 0;
    if (!scrim_json_take(reader, "\""))
        return false;
    for (;;) {
        if (reader->left == 0)
            return false;
        if (*reader->at == '"')
            break;
        if (*reader->at == '\\') {
            reader->at++;
            reader->left--;
            if (used + 1 >= size || !take_escape(reader, ret + used))
                return false;
            used++;
            continue;
        }
        const size_t length = utf8_length(reader->at, reader->left);
        if (length == 0 || must_escape(*reader->at) || used + length >= size ||
            !scrim_read_bytes(reader, ret + used, length))
            return false;
        used += length;
    }
    ret[used] = '\0';
    return scrim_json_take(reader, "\"");
}

bool scrim_json_take_hex(struct scrim_reader *reader, uint8_t *ret, size_t count)
{
    const uint8_t *view;
    if (!scrim_json_take(reader, "\"") || !(view = scrim_read_view(reader, 2 * count)))
        return false;
    for (size_t i = 0; i < count; i++) {
        const int high = hex_value(view[2 * i]), low = hex_value(view[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret[i] = (uint8_t)(high * 16 + low);
    }
    return scrim_json_take(reader, "\"");
}
