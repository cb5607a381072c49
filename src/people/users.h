// Users in state/site.db: who there is, what they are, their passwords. SQLite in WAL mode, so that
// `scrim user` works while scrimd runs. A handle belongs to one thread. Times are UTC µs.
//
// There is always an administrator once there has been one: no change takes the last one away
// (SCRIM_ECONFLICT), whoever asks and however many ask at once.
#pragma once

#include "people/body.h"
#include "people/roster.h"

#define SCRIM_PASSWORD_MIN 10   // characters
#define SCRIM_PASSWORD_MAX 256  // bytes
#define SCRIM_PASSWORD_HASH 128 // crypto_pwhash_STRBYTES: text with NUL
#define SCRIM_USERS_MAX 10000

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
// Argon2id, with its parameters. Takes a moment.
SCRIM_MUST_CHECK int scrim_password_hash(const char *password, size_t length,
                                         char ret[SCRIM_PASSWORD_HASH], struct scrim_error *error);

// SCRIM_EEXIST if there is such a user. Takes a moment: the password is hashed.
SCRIM_MUST_CHECK int scrim_users_add(struct scrim_users *users, const char *name,
                                     enum scrim_role role, const char *password, size_t length,
                                     struct scrim_error *error);
// The same with a hash, "" for somebody without a password; *ret is the user, without groups.
// Invitations for the name are void. SCRIM_ECONFLICT when there are SCRIM_USERS_MAX.
SCRIM_MUST_CHECK int scrim_users_insert(struct scrim_db *db, const char *name, enum scrim_role role,
                                        const char *hash, struct scrim_user *ret,
                                        struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_users_exist(struct scrim_db *db, const char *name, bool *ret,
                                       struct scrim_error *error);
// SCRIM_ENOENT if there is none. Their sessions, tokens and the invitations they made go, too.
SCRIM_MUST_CHECK int scrim_users_remove(struct scrim_db *db, const char *name,
                                        struct scrim_error *error);

struct scrim_user_change {
    const enum scrim_role *role;      // NULL: as it is
    const struct scrim_names *groups; // NULL: as they are
};
// With another role their sessions end, and invitations made by who is an administrator no longer
// are void. SCRIM_ENOENT; SCRIM_EINVAL for a group that there is not, or an administrator in one.
SCRIM_MUST_CHECK int scrim_users_change(struct scrim_db *db, const char *name,
                                        const struct scrim_user_change *change,
                                        struct scrim_error *error);
// Their sessions end, but for the one with the hash `keep` (NULL: all end).
SCRIM_MUST_CHECK int scrim_users_set_password(struct scrim_db *db, int64_t user_id,
                                              const char *hash, const uint8_t *keep,
                                              struct scrim_error *error);
// SCRIM_EAUTH for a wrong password and for an unknown name, after the same time. *ret has no
// groups.
SCRIM_MUST_CHECK int scrim_users_verify(struct scrim_users *users, const char *name,
                                        const char *password, size_t length, struct scrim_user *ret,
                                        struct scrim_error *error);
// SCRIM_EACCESS unless the user is there and their role has the right: what was true when a request
// came in may have changed while it waited.
SCRIM_MUST_CHECK int scrim_users_require(struct scrim_db *db, int64_t user_id,
                                         enum scrim_right right, struct scrim_error *error);
