#include "base/buf.h"

#include "base/alloc.h"

#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void scrim_buf_init(struct scrim_buf *buf, size_t max)
{
    *buf = (struct scrim_buf){.max = max};
}

void scrim_buf_finish(struct scrim_buf *buf)
{
    if (!buf)
        return;
    free(buf->data);
    *buf = (struct scrim_buf){.max = buf->max};
}

void scrim_buf_finish_wipe(struct scrim_buf *buf)
{
    if (buf && buf->data)
        sodium_memzero(buf->data, buf->capacity);
    scrim_buf_finish(buf);
}

void scrim_buf_clear(struct scrim_buf *buf)
{
    buf->len = 0;
}

void scrim_buf_drop_front(struct scrim_buf *buf, size_t count)
{
    memmove(buf->data, buf->data + count, buf->len - count);
    buf->len -= count;
}

int scrim_buf_reserve(struct scrim_buf *buf, size_t extra)
{
    if (extra > buf->max - buf->len)
        return SCRIM_ENOSPACE;
    const size_t needed = buf->len + extra;
    if (needed <= buf->capacity)
        return SCRIM_OK;

    size_t capacity = buf->capacity ? buf->capacity : 64;
    while (capacity < needed)
        capacity *= 2;
    if (capacity > buf->max)
        capacity = buf->max;
    uint8_t *grown = scrim_realloc(buf->data, capacity);
    if (!grown)
        return SCRIM_ENOMEM;
    buf->data = grown;
    buf->capacity = capacity;
    return SCRIM_OK;
}

int scrim_buf_append(struct scrim_buf *buf, const void *bytes, size_t count)
{
    const int result = scrim_buf_reserve(buf, count);
    if (result < 0)
        return result;
    if (count > 0)
        memcpy(buf->data + buf->len, bytes, count);
    buf->len += count;
    return SCRIM_OK;
}

int scrim_buf_append_text(struct scrim_buf *buf, const char *text)
{
    return scrim_buf_append(buf, text, strlen(text));
}

int scrim_buf_printf(struct scrim_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    const int length = vsnprintf(NULL, 0, format, args);
    va_end(args);

    int result = length < 0 ? SCRIM_EINVAL : scrim_buf_reserve(buf, (size_t)length + 1);
    if (result >= 0) {
        vsnprintf((char *)buf->data + buf->len, (size_t)length + 1, format, again);
        buf->len += (size_t)length; // the NUL stays outside
    }
    va_end(again);
    return result;
}

static int append_big_endian(struct scrim_buf *buf, uint64_t value, size_t width)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    return scrim_buf_append(buf, bytes, width);
}

int scrim_buf_append_u8(struct scrim_buf *buf, uint8_t value)
{
    return append_big_endian(buf, value, 1);
}

int scrim_buf_append_u16(struct scrim_buf *buf, uint16_t value)
{
    return append_big_endian(buf, value, 2);
}

int scrim_buf_append_u32(struct scrim_buf *buf, uint32_t value)
{
    return append_big_endian(buf, value, 4);
}

int scrim_buf_append_u64(struct scrim_buf *buf, uint64_t value)
{
    return append_big_endian(buf, value, 8);
}

const uint8_t *scrim_read_view(struct scrim_reader *reader, size_t count)
{
    if (count > reader->left)
        return NULL;
    const uint8_t *view = reader->at;
    reader->at += count;
    reader->left -= count;
    return view;
}

bool scrim_read_bytes(struct scrim_reader *reader, void *to, size_t count)
{
    const uint8_t *view = scrim_read_view(reader, count);
    if (!view)
        return false;
    memcpy(to, view, count);
    return true;
}

static bool read_big_endian(struct scrim_reader *reader, size_t width, uint64_t *ret)
{
    const uint8_t *view = scrim_read_view(reader, width);
    if (!view)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++)
        value = value << 8 | view[i];
    *ret = value;
    return true;
}

bool scrim_read_u8(struct scrim_reader *reader, uint8_t *ret)
{
    return scrim_read_bytes(reader, ret, 1);
}

bool scrim_read_u16(struct scrim_reader *reader, uint16_t *ret)
{
    uint64_t value;
    if (!read_big_endian(reader, 2, &value))
        return false;
    *ret = (uint16_t)value;
    return true;
}

bool scrim_read_u32(struct scrim_reader *reader, uint32_t *ret)
{
    uint64_t value;
    if (!read_big_endian(reader, 4, &value))
        return false;
    *ret = (uint32_t)value;
    return true;
}

bool scrim_read_u64(struct scrim_reader *reader, uint64_t *ret)
{
    return read_big_endian(reader, 8, ret);
}

bool scrim_read_line(struct scrim_reader *reader, const char **ret_line, size_t *ret_length)
{
    if (reader->left == 0)
        return false;
    const uint8_t *end = memchr(reader->at, '\n', reader->left);
    if (!end)
        return false;
    *ret_line = (const char *)reader->at;
    *ret_length = (size_t)(end - reader->at);
    reader->at = end + 1;
    reader->left -= *ret_length + 1;
    return true;
}
