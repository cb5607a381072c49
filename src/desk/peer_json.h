// Members of a JSON object that a peer sent. Each is false if the member is missing or not exactly
// of its kind. An object that is NULL has no members.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIM_PEER_COUNT_MAX (INT64_C(1) << 53) // what a double, and so Prometheus, counts exactly

// A text without NUL that fits into `ret` with its end.
bool scrim_peer_json_text(const json_t *object, const char *name, char *ret, size_t ret_size);
bool scrim_peer_json_integer(const json_t *object, const char *name, int64_t min, int64_t max,
                             int64_t *ret);
bool scrim_peer_json_count(const json_t *object, const char *name, int64_t *ret); // 0…COUNT_MAX
// An id of scrim.yaml: [a-z0-9-]{0,31}. `ret` has room for 32 bytes.
bool scrim_peer_json_id(const json_t *object, const char *name, char ret[32]);
