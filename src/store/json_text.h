// The little JSON that journal lines are made of: one way to write each value, and only that way is
// read. Members come in a fixed order, so reading is taking what is expected, piece by piece.
#pragma once

#include "base/buf.h"

// Appends a JSON string with its quotes. Bytes that are not UTF-8 become '?': details may come from
// a camera.
SCRIM_MUST_CHECK int scrim_json_append_string(struct scrim_buf *buf, const char *text);

// Each takes what is expected from the front of the reader, or returns false and leaves the reader
// anywhere.
SCRIM_MUST_CHECK bool scrim_json_take(struct scrim_reader *reader, const char *literal);
SCRIM_MUST_CHECK bool scrim_json_take_i64(struct scrim_reader *reader, int64_t *ret);
SCRIM_MUST_CHECK bool scrim_json_take_u64(struct scrim_reader *reader, uint64_t *ret);
SCRIM_MUST_CHECK bool scrim_json_take_bool(struct scrim_reader *reader, bool *ret);
// A string with its quotes, unescaped, into `size` bytes with a NUL. UTF-8 without NUL, or false.
SCRIM_MUST_CHECK bool scrim_json_take_string(struct scrim_reader *reader, char *ret, size_t size);
// A string of exactly 2 × `count` lower-case hexadecimal digits.
SCRIM_MUST_CHECK bool scrim_json_take_hex(struct scrim_reader *reader, uint8_t *ret, size_t count);
