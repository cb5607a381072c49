// state/site.db: users, and the sessions of those signed in. SQLite in WAL mode, so that `scrim
// user` works while scrimd runs. A handle belongs to one thread. Times are UTC µs.
#pragma once

#include "base/buf.h"
#include "people/sessions.h"

#define SCRIM_PASSWORD_MIN 10  // characters
#define SCRIM_PASSWORD_MAX 256 // bytes

struct scrim_db;
struct scrim_users;

// Makes DIR/state/site.db (mode 0600) if there is none.
SCRIM_MUST_CHECK int scrim_users_open(const char *dir, struct scrim_users **ret,
                                      struct scrim_error *error);
void scrim_users_close(struct scrim_users *users); // NULL is fine
// The connection, for what else site.db holds. Belongs to `users`.
struct scrim_db *scrim_users_db(struct scrim_users *users);

// [a-z0-9] followed by [a-z0-9._-], at most 32.
bool scrim_user_name_valid(const char *name);
// SCRIM_EINVAL with the reason when the password is too short, too long, or too easy to guess.
SCRIM_MUST_CHECK int scrim_password_check(const char *name, const char *password, size_t length,
                                          struct scrim_error *error);

// SCRIM_EEXIST if there is such a user. Takes a moment: the password is hashed with Argon2id.
SCRIM_MUST_CHECK int scrim_users_add(struct scrim_users *users, const char *name,
                                     enum scrim_role role, const char *password, size_t length,
                                     struct scrim_error *error);
// SCRIM_ENOENT if there is none. Their sessions end too.
SCRIM_MUST_CHECK int scrim_users_remove(struct scrim_users *users, const char *name,
                                        struct scrim_error *error);
// All users by name; free *ret with free().
SCRIM_MUST_CHECK int scrim_users_list(struct scrim_users *users, struct scrim_user **ret,
                                      size_t *ret_count, struct scrim_error *error);
// SCRIM_EAUTH for a wrong password and for an unknown name, after the same time.
SCRIM_MUST_CHECK int scrim_users_verify(struct scrim_users *users, const char *name,
                                        const char *password, size_t length, struct scrim_user *ret,
                                        struct scrim_error *error);
// The copy of the sessions. _save adds one or moves its seen_us on; _load gives those not yet run
// out (free with free()) and deletes the others.
SCRIM_MUST_CHECK int scrim_users_save_session(struct scrim_users *users,
                                              const struct scrim_session *session,
                                              struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_users_drop_session(struct scrim_users *users,
                                              const uint8_t hash[SCRIM_SESSION_HASH],
                                              struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_users_load_sessions(struct scrim_users *users, int64_t now_us,
                                               struct scrim_session **ret, size_t *ret_count,
                                               struct scrim_error *error);
