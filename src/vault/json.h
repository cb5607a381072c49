// The few ways in which the vault's files read JSON, each of them strict.
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stdint.h>

// Parses one object without duplicate members whose "format" is `format`. The sentence names no
// file.
SCRIM_MUST_CHECK int scrim_json_load(const void *bytes, size_t count, const char *format,
                                     json_t **ret, struct scrim_error *error);
// An object with exactly `members` members. After all expected ones were found, none is unknown.
SCRIM_MUST_CHECK bool scrim_json_has_only(const json_t *json, size_t members);
// A string of exactly 2 × count lower-case hexadecimal digits.
SCRIM_MUST_CHECK bool scrim_json_hex(const json_t *json, uint8_t *ret, size_t count);
// A string that fits into `size` bytes with its NUL and has no NUL inside.
SCRIM_MUST_CHECK bool scrim_json_text(const json_t *json, char *ret, size_t size);
// An integer of 0 … 2^53 - 1, which every reader of JSON can hold.
SCRIM_MUST_CHECK bool scrim_json_number(const json_t *json, uint64_t *ret);
// Lower-case hexadecimal; at most SCRIM_JSON_HEX_MAX bytes.
#define SCRIM_JSON_HEX_MAX 64
json_t *scrim_json_from_hex(const uint8_t *bytes, size_t count);
