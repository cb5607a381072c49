// Tokens for programs: `scrim_` and 256 random bits, of which only the hash is kept. A token has
// rights of its own, and never more than its maker has at the moment.
#pragma once

#include "people/groups.h"

#define SCRIM_TOKEN_PREFIX "scrim_"
#define SCRIM_TOKENS_MAX 1000
#define SCRIM_TOKEN_LIFE_US (INT64_C(2) * 366 * 24 * 3600 * SCRIM_SECOND) // at most

struct scrim_token_wish {
    const char *name;
    int64_t user_id; // who makes it
    unsigned rights;
    const struct scrim_names *groups;
    int64_t expires_us;
};

// The rights that a token may have: those of `role`, but for people, what is one's own, and the
// opening of originals.
unsigned scrim_token_rights_of(enum scrim_role role);
// SCRIM_ECONFLICT when there are SCRIM_TOKENS_MAX. SCRIM_EINVAL for a group that there is not.
SCRIM_MUST_CHECK int scrim_tokens_make(struct scrim_db *db, const struct scrim_token_wish *wish,
                                       char ret_secret[SCRIM_SECRET_TEXT], int64_t *ret_id,
                                       struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_tokens_delete(struct scrim_db *db, int64_t id,
                                         struct scrim_error *error); // SCRIM_ENOENT
// Notes when it was used.
SCRIM_MUST_CHECK int scrim_tokens_touch(struct scrim_db *db, int64_t id, int64_t used_us,
                                        struct scrim_error *error);
