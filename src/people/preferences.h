// What each person likes: small JSON values by key, for the page alone to understand.
#pragma once

#include "base/error.h"

#include <stdint.h>

#define SCRIM_PREFERENCE_MAX (16U << 10) // bytes of JSON
#define SCRIM_PREFERENCES_MAX 64         // keys of one person

struct scrim_db;

bool scrim_preference_key_valid(const char *key); // [a-z-]{1,32}
// The value's text, "null" for one that was never set; free *ret with free().
SCRIM_MUST_CHECK int scrim_preference_get(struct scrim_db *db, int64_t user_id, const char *key,
                                          char **ret, struct scrim_error *error);
// SCRIM_ECONFLICT when the person has SCRIM_PREFERENCES_MAX others already.
SCRIM_MUST_CHECK int scrim_preference_put(struct scrim_db *db, int64_t user_id, const char *key,
                                          const char *json, struct scrim_error *error);
