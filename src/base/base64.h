// Base64 (RFC 4648, section 4) without padding, canonical on reading, as age.md wants it (RFC 4648,
// section 3.5). Formats with padding add or strip it beside the call.
#pragma once

#include "base/buf.h"

// Characters that `bytes` bytes encode to, without NUL.
#define SCRIM_BASE64_LENGTH(bytes) (((bytes)*4 + 2) / 3)

SCRIM_MUST_CHECK int scrim_base64_append(struct scrim_buf *buf, const void *bytes, size_t count);
// The encoding as a fresh string; free it. Never NULL: for values of small, fixed size.
char *scrim_base64_text(const void *bytes, size_t count);

// Decodes exactly `length` characters into `ret`, which has room for `max` bytes. SCRIM_EFORMAT for
// foreign characters, padding, stray bits, or more than `max` bytes.
SCRIM_MUST_CHECK int scrim_base64_decode(const char *text, size_t length, uint8_t *ret, size_t max,
                                         size_t *ret_count);
// The same for a value that must be exactly `count` bytes long.
SCRIM_MUST_CHECK int scrim_base64_decode_exact(const char *text, size_t length, uint8_t *ret,
                                               size_t count);
