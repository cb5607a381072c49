// The vault: TDH2 (Shoup and Gennaro 2002, section 4) over ristretto255 (RFC 9496) as a key wrap.
// docs/ref/formats/scrim-tdh2.md is the byte-exact specification. The secret x is never recomputed.
#pragma once

#include "age/age.h"

#define SCRIM_VAULT_ID 16
#define SCRIM_VAULT_HOLDERS_MAX 64
#define SCRIM_HOUR_KEY 32
#define SCRIM_REQUEST_ID 32
#define SCRIM_DEALING_ID 32

// The public part: who holds shares, how many open. Safe to publish.
struct scrim_vault {
    uint8_t id[SCRIM_VAULT_ID]; // of the secret: a refresh keeps it
    unsigned dealing;           // 1, 2, …: a refresh deals new shares of the same secret
    uint8_t dealing_id[SCRIM_DEALING_ID];             // digest of everything else here
    unsigned threshold, holders_count;                // k, n
    uint8_t public_key[32];                           // Y
    uint8_t commitments[SCRIM_VAULT_HOLDERS_MAX][32]; // A_0 … A_{k-1}
    uint8_t verify_keys[SCRIM_VAULT_HOLDERS_MAX][32]; // Y_1 … Y_n
    uint8_t sign_keys[SCRIM_VAULT_HOLDERS_MAX][32];   // Ed25519: holder_key.h
    char names[SCRIM_VAULT_HOLDERS_MAX][64];          // of the holders, UTF-8
    char lines[SCRIM_VAULT_HOLDERS_MAX][64];          // whom they report to, UTF-8; "": not said
};

// What a sealed file key is bound to. Part of the hash, so it cannot be changed afterwards.
struct scrim_vault_label {
    char site[32], camera[32];
    int64_t start_utc_us; // of the segment
    uint64_t hour;        // start_utc_us / 3 600 000 000: names the hour key
};

// One holder's secret. Wiped by scrim_share_wipe; never printed.
struct scrim_share {
    uint8_t vault_id[SCRIM_VAULT_ID];
    unsigned index; // 1 … n
    uint8_t secret[32];
    char name[64];
};

// A parsed `scrim-tdh2` stanza.
struct scrim_tdh2 {
    uint8_t vault_id[SCRIM_VAULT_ID];
    struct scrim_vault_label label;
    uint8_t u[32], u_bar[32], e[32], f[32], c[32];
};

struct scrim_partial {
    unsigned index;
    uint8_t u_i[32], e_i[32], f_i[32];
};

// Makes a vault and its shares. `names` has `n` entries, `lines` too, or it is NULL. Everything
// secret but `ret_shares` is wiped.
SCRIM_MUST_CHECK int scrim_vault_generate(unsigned k, unsigned n, const char *const *names,
                                          const char *const *lines, struct scrim_vault *ret_vault,
                                          struct scrim_share *ret_shares,
                                          struct scrim_error *error);
// x_i·G = Σ i^j·A_j: SCRIM_EAUTH if the share does not belong to this vault.
SCRIM_MUST_CHECK int scrim_share_check(const struct scrim_vault *vault,
                                       const struct scrim_share *share, struct scrim_error *error);
void scrim_share_wipe(struct scrim_share *share);

// The public file (state/vault.json) and the share files. See docs/ref/formats/vault.md.
SCRIM_MUST_CHECK int scrim_vault_load(const char *path, struct scrim_vault *ret,
                                      struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_vault_save(const char *path, const struct scrim_vault *vault,
                                      struct scrim_error *error);
// `passphrase` NULL stores it unprotected, and the file says so.
SCRIM_MUST_CHECK int scrim_share_save(const char *path, const struct scrim_share *share,
                                      const char *passphrase, struct scrim_error *error);
// SCRIM_EAUTH for a wrong passphrase, or a file that needs a token (share_file.h); SCRIM_EFORMAT
// for a damaged one.
SCRIM_MUST_CHECK int scrim_share_load(const char *path, const char *passphrase,
                                      struct scrim_share *ret, struct scrim_error *error);

// Seal: fills `ret` with the stanza for `file_key` (free with scrim_age_stanza_finish).
SCRIM_MUST_CHECK int scrim_tdh2_wrap(const struct scrim_vault *vault,
                                     const struct scrim_vault_label *label,
                                     const uint8_t hour_key[SCRIM_HOUR_KEY],
                                     const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                                     struct scrim_age_stanza *ret);
// Strict parse: canonical encodings, no identity, scalars below q.
SCRIM_MUST_CHECK int scrim_tdh2_parse(const struct scrim_age_stanza *stanza, struct scrim_tdh2 *ret,
                                      struct scrim_error *error);
// The seal proof. SCRIM_EAUTH if ciphertext, label or points were changed.
SCRIM_MUST_CHECK int scrim_tdh2_check(const struct scrim_vault *vault,
                                      const struct scrim_tdh2 *sealed, struct scrim_error *error);
// A holder's part for one segment; checks `sealed` first.
SCRIM_MUST_CHECK int scrim_tdh2_partial(const struct scrim_vault *vault,
                                        const struct scrim_share *share,
                                        const struct scrim_tdh2 *sealed,
                                        const uint8_t request_id[SCRIM_REQUEST_ID],
                                        struct scrim_partial *ret, struct scrim_error *error);
// SCRIM_EAUTH, naming the holder, if the partial is not theirs for this segment and request.
SCRIM_MUST_CHECK int scrim_partial_verify(const struct scrim_vault *vault,
                                          const struct scrim_tdh2 *sealed,
                                          const uint8_t request_id[SCRIM_REQUEST_ID],
                                          const struct scrim_partial *partial,
                                          struct scrim_error *error);
// Verifies k or more partials and opens the file key. Wipe the key after use.
SCRIM_MUST_CHECK int
scrim_tdh2_combine(const struct scrim_vault *vault, const struct scrim_tdh2 *sealed,
                   const uint8_t request_id[SCRIM_REQUEST_ID], const struct scrim_partial *partials,
                   size_t count, const uint8_t hour_key[SCRIM_HOUR_KEY],
                   uint8_t ret_file_key[SCRIM_AGE_FILE_KEY], struct scrim_error *error);
