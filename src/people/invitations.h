// Invitations: whoever has the link chooses a password and is in, once, within 72 hours. 256 random
// bits, of which only the hash is kept. A new one for a name takes the place of the one before;
// those of a person who is removed, or is an administrator no longer, are void.
#pragma once

#include "people/groups.h"
#include "people/users.h"

#define SCRIM_INVITATION_LIFE_US (72 * 3600 * SCRIM_SECOND)
#define SCRIM_INVITATIONS_MAX 1000

struct scrim_invitation_wish {
    const char *name;
    enum scrim_role role;
    const struct scrim_names *groups;
    int64_t user_id; // who invites; 0: the command line
};

// SCRIM_EEXIST if there is such a user; SCRIM_EINVAL for a group that there is not, or an
// administrator in one; SCRIM_ECONFLICT when there are SCRIM_INVITATIONS_MAX.
SCRIM_MUST_CHECK int scrim_invitations_make(struct scrim_db *db,
                                            const struct scrim_invitation_wish *wish,
                                            char ret_secret[SCRIM_SECRET_TEXT],
                                            struct scrim_invitation *ret,
                                            struct scrim_error *error);
// What it says; SCRIM_ENOENT for one that never was, was used, or has run out: nobody learns which.
SCRIM_MUST_CHECK int scrim_invitations_look(struct scrim_db *db,
                                            const uint8_t hash[SCRIM_SECRET_HASH],
                                            struct scrim_invitation *ret,
                                            struct scrim_error *error);
// Makes the user, with this password, and uses the invitation up, at once. As _look, and
// SCRIM_EINVAL for a password that is too easy, SCRIM_EEXIST if there is such a user by now.
SCRIM_MUST_CHECK int scrim_invitations_accept(struct scrim_db *db,
                                              const uint8_t hash[SCRIM_SECRET_HASH],
                                              const char *password, size_t length,
                                              struct scrim_user *ret, struct scrim_error *error);
// The same for somebody who signs in at a provider and has no password here; SCRIM_EEXIST also if
// the account is somebody's already.
SCRIM_MUST_CHECK int scrim_invitations_accept_account(struct scrim_db *db,
                                                      const uint8_t hash[SCRIM_SECRET_HASH],
                                                      const char *issuer, const char *subject,
                                                      struct scrim_user *ret,
                                                      struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_invitations_delete(struct scrim_db *db, int64_t id,
                                              struct scrim_error *error); // SCRIM_ENOENT
// Forgets those that have run out.
SCRIM_MUST_CHECK int scrim_invitations_expire(struct scrim_db *db, int64_t now_us,
                                              struct scrim_error *error);
