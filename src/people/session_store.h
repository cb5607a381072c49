// The copy of the sessions in site.db, so that a restart signs nobody out.
#pragma once

#include "people/sessions.h"

struct scrim_db;

// Adds one, and notes that its user was here.
SCRIM_MUST_CHECK int scrim_session_store_add(struct scrim_db *db,
                                             const struct scrim_session *session,
                                             struct scrim_error *error);
// Moves seen_us on. One that has ended meanwhile stays ended.
SCRIM_MUST_CHECK int scrim_session_store_touch(struct scrim_db *db,
                                               const struct scrim_session *session,
                                               struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_session_store_drop(struct scrim_db *db,
                                              const uint8_t hash[SCRIM_SESSION_HASH],
                                              struct scrim_error *error);
// All of a user's, but for the one with the hash `keep` (NULL: all).
SCRIM_MUST_CHECK int scrim_session_store_drop_user(struct scrim_db *db, int64_t user_id,
                                                   const uint8_t *keep, struct scrim_error *error);
// Those not yet run out, at most as many as struct scrim_sessions holds; the others are deleted.
// Free *ret with free().
SCRIM_MUST_CHECK int scrim_session_store_load(struct scrim_db *db, int64_t now_us,
                                              struct scrim_session **ret, size_t *ret_count,
                                              struct scrim_error *error);
