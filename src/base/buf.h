// Bytes: a growing buffer with a declared ceiling, and a reader that cannot run over its end.
// Every parser of outside bytes goes through these two.
#pragma once

#include "base/error.h"

#include <stdint.h>

struct scrim_buf {
    uint8_t *data; // owned; valid up to `len`
    size_t len;
    size_t capacity;
    size_t max; // the ceiling that init declared
};

// `max` is the most this buffer may ever hold; growth beyond it is SCRIM_ENOSPACE.
void scrim_buf_init(struct scrim_buf *buf, size_t max);
// Frees the memory. NULL and a zeroed struct are fine. _wipe overwrites it first, for secrets.
void scrim_buf_finish(struct scrim_buf *buf);
void scrim_buf_finish_wipe(struct scrim_buf *buf);
// Forgets the content and keeps the memory.
void scrim_buf_clear(struct scrim_buf *buf);
// Drops the first `count` bytes (count <= len).
void scrim_buf_drop_front(struct scrim_buf *buf, size_t count);

// Makes room for `extra` more bytes; SCRIM_ENOSPACE over the ceiling, SCRIM_ENOMEM without memory.
// On failure the content is untouched. Growth moves the bytes without wiping the old place:
// reserve the whole size first where they are secret.
SCRIM_MUST_CHECK int scrim_buf_reserve(struct scrim_buf *buf, size_t extra);
SCRIM_MUST_CHECK int scrim_buf_append(struct scrim_buf *buf, const void *bytes, size_t count);
SCRIM_MUST_CHECK int scrim_buf_append_text(struct scrim_buf *buf, const char *text);
SCRIM_MUST_CHECK int scrim_buf_printf(struct scrim_buf *buf, const char *format, ...)
    SCRIM_PRINTF(2, 3);
// Big-endian, as all our wire formats.
SCRIM_MUST_CHECK int scrim_buf_append_u8(struct scrim_buf *buf, uint8_t value);
SCRIM_MUST_CHECK int scrim_buf_append_u16(struct scrim_buf *buf, uint16_t value);
SCRIM_MUST_CHECK int scrim_buf_append_u32(struct scrim_buf *buf, uint32_t value);
SCRIM_MUST_CHECK int scrim_buf_append_u64(struct scrim_buf *buf, uint64_t value);

// A window on bytes that somebody else owns.
struct scrim_reader {
    const uint8_t *at;
    size_t left;
};

static inline struct scrim_reader scrim_reader_of(const void *bytes, size_t count)
{
    return (struct scrim_reader){(const uint8_t *)bytes, count};
}

// Each returns false, and moves nothing, when fewer bytes are left than asked for.
SCRIM_MUST_CHECK bool scrim_read_u8(struct scrim_reader *reader, uint8_t *ret);
SCRIM_MUST_CHECK bool scrim_read_u16(struct scrim_reader *reader, uint16_t *ret);
SCRIM_MUST_CHECK bool scrim_read_u32(struct scrim_reader *reader, uint32_t *ret);
SCRIM_MUST_CHECK bool scrim_read_u64(struct scrim_reader *reader, uint64_t *ret);
SCRIM_MUST_CHECK bool scrim_read_bytes(struct scrim_reader *reader, void *to, size_t count);
// The next `count` bytes without copying; NULL when fewer are left.
SCRIM_MUST_CHECK const uint8_t *scrim_read_view(struct scrim_reader *reader, size_t count);
// The next line without its '\n', which must be there; a view, not NUL-terminated.
SCRIM_MUST_CHECK bool scrim_read_line(struct scrim_reader *reader, const char **ret_line,
                                      size_t *ret_length);
