// What somebody signs in with besides a password, as state/site.db keeps it: the secret behind
// their codes, recovery codes, security keys, and the account at a provider (OIDC) that stands for
// them. One handle, with a connection of its own, belongs to one thread. Times are UTC µs.
//
// Secrets of codes are encrypted under state/keys/factors.key: a copy of site.db alone, from a
// backup say, gives nobody a second factor. Whoever has both has them all.
#pragma once

#include "people/recovery.h"
#include "people/sessions.h"
#include "people/totp.h"
#include "people/webauthn.h"

#define SCRIM_FACTORS_KEY_FILE "state/keys/factors.key"
#define SCRIM_FACTOR_KEYS_MAX 16 // security keys of one user
#define SCRIM_FACTOR_NAME_MAX 64 // bytes of what somebody calls a key
#define SCRIM_OIDC_ISSUER_MAX 500
#define SCRIM_OIDC_SUBJECT_TEXT 256 // with NUL (OpenID Connect Core, 2)

struct scrim_factors;

// Makes the key file (mode 0600) if there is none.
SCRIM_MUST_CHECK int scrim_factors_open(const char *dir, struct scrim_factors **ret,
                                        struct scrim_error *error);
void scrim_factors_close(struct scrim_factors *factors); // NULL is fine

struct scrim_factor_state {
    bool totp, oidc;
    unsigned keys, recovery; // security keys; recovery codes that are left
};
SCRIM_MUST_CHECK int scrim_factors_state(struct scrim_factors *factors, int64_t user_id,
                                         struct scrim_factor_state *ret, struct scrim_error *error);

// What the loop's thread knows of everybody: who has what, and which roles must have a second step
// (bits 1 << role).
struct scrim_factor_entry {
    int64_t user_id;
    bool password; // they have one
    struct scrim_factor_state state;
};
struct scrim_factor_news {
    struct scrim_factor_entry *list; // of those who have anything; owned
    size_t count;
    unsigned required;
};
SCRIM_MUST_CHECK int scrim_factors_news(struct scrim_factors *factors,
                                        struct scrim_factor_news *ret, struct scrim_error *error);
void scrim_factor_news_finish(struct scrim_factor_news *news);

// --- codes ---

// A fresh secret, which counts once _confirm has seen a code of it; until then an older one does.
SCRIM_MUST_CHECK int scrim_factors_totp_begin(struct scrim_factors *factors, int64_t user_id,
                                              uint8_t ret_secret[SCRIM_TOTP_SECRET],
                                              struct scrim_error *error);
// SCRIM_ENOENT without a _begin, SCRIM_EAUTH for a wrong code.
SCRIM_MUST_CHECK int scrim_factors_totp_confirm(struct scrim_factors *factors, int64_t user_id,
                                                uint32_t code, int64_t utc_us,
                                                struct scrim_error *error);
// SCRIM_EAUTH for a wrong code, one that was taken before, and when there are no codes.
SCRIM_MUST_CHECK int scrim_factors_totp_check(struct scrim_factors *factors, int64_t user_id,
                                              uint32_t code, int64_t utc_us,
                                              struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_factors_totp_remove(struct scrim_factors *factors, int64_t user_id,
                                               struct scrim_error *error);

// --- recovery codes ---

struct scrim_recovery_set {
    char codes[SCRIM_RECOVERY_CODES][SCRIM_RECOVERY_TEXT]; // wipe it when it has been shown
};
// Ten new ones; those before are worth nothing from then on.
SCRIM_MUST_CHECK int scrim_factors_recovery_renew(struct scrim_factors *factors, int64_t user_id,
                                                  struct scrim_recovery_set *ret,
                                                  struct scrim_error *error);
// SCRIM_EAUTH if it is none of theirs, or was used.
SCRIM_MUST_CHECK int scrim_factors_recovery_use(struct scrim_factors *factors, int64_t user_id,
                                                const char *text, struct scrim_error *error);

// --- security keys ---

struct scrim_factor_key {
    int64_t id;
    char name[SCRIM_FACTOR_NAME_MAX + 1]; // UTF-8
    int64_t created_us, used_us;          // used_us 0: not yet
    struct scrim_webauthn_credential credential;
};
// At most SCRIM_FACTOR_KEYS_MAX; free with free().
SCRIM_MUST_CHECK int scrim_factors_keys(struct scrim_factors *factors, int64_t user_id,
                                        struct scrim_factor_key **ret, size_t *ret_count,
                                        struct scrim_error *error);
// Fills key->id. SCRIM_EEXIST if it is registered already, SCRIM_ENOSPACE with too many.
SCRIM_MUST_CHECK int scrim_factors_key_add(struct scrim_factors *factors, int64_t user_id,
                                           struct scrim_factor_key *key, struct scrim_error *error);
// Notes a use and its counter. SCRIM_EAUTH if another use was noted meanwhile.
SCRIM_MUST_CHECK int scrim_factors_key_used(struct scrim_factors *factors,
                                            const struct scrim_factor_key *key, uint32_t count,
                                            int64_t utc_us, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_factors_key_remove(struct scrim_factors *factors, int64_t user_id,
                                              int64_t id, struct scrim_error *error);

// Takes codes, recovery codes and keys away: for somebody who has lost theirs.
SCRIM_MUST_CHECK int scrim_factors_clear(struct scrim_factors *factors, int64_t user_id,
                                         struct scrim_error *error);

// --- which roles must have a second step: bits 1 << role ---

SCRIM_MUST_CHECK int scrim_factors_required(struct scrim_factors *factors, unsigned *ret_roles,
                                            struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_factors_require(struct scrim_factors *factors, unsigned roles,
                                           struct scrim_error *error);

// --- accounts at a provider ---

// SCRIM_ENOENT if nobody here is that account. *ret has id, name and role.
SCRIM_MUST_CHECK int scrim_factors_oidc_find(struct scrim_factors *factors, const char *issuer,
                                             const char *subject, struct scrim_user *ret,
                                             struct scrim_error *error);
// SCRIM_EEXIST if the account is somebody's already.
SCRIM_MUST_CHECK int scrim_factors_oidc_link(struct scrim_factors *factors, int64_t user_id,
                                             const char *issuer, const char *subject,
                                             struct scrim_error *error);
