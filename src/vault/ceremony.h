// The transcript of a ceremony: who dealt what, when, with which program
// (docs/ref/formats/vault.md, "Transcript"). Public. Its SHA-256 is what witnesses write down and
// what the site's log keeps, so that nobody can say later that other people hold the shares.
#pragma once

#include "base/buf.h"
#include "vault/reshare.h"
#include "vault/vault.h"

#define SCRIM_VAULT_TRANSCRIPT_FILE "vault-transcript.json" // beside vault.json
#define SCRIM_VAULT_TRANSCRIPT_NEXT \
    "vault-transcript.next" // until a new dealing has taken its place
#define SCRIM_VAULT_TRANSCRIPT_MAX (1024 * 1024)

enum scrim_ceremony_kind {
    SCRIM_CEREMONY_INIT,    // the first vault, or one that was made where the site is not
    SCRIM_CEREMONY_REFRESH, // new shares of the same vault
    SCRIM_CEREMONY_ROTATE,  // a new vault in the place of another
};

struct scrim_ceremony {
    enum scrim_ceremony_kind kind;
    char who[64], program[64]; // the dealer's login; "scrim 0.6"
    int64_t at_us;             // UTC
    struct scrim_vault vault;  // the dealing that came of it
    // What was there before; zeros for SCRIM_CEREMONY_INIT.
    uint8_t before_vault[SCRIM_VAULT_ID], before_dealing[32];
    unsigned deals_count; // SCRIM_CEREMONY_REFRESH only: of the old holders
    struct scrim_reshare_deal deals[SCRIM_VAULT_HOLDERS_MAX];
};

const char *scrim_ceremony_text(enum scrim_ceremony_kind kind); // "init", "refresh", "rotate"

// `ret` is initialised by the caller. The bytes are what is hashed.
SCRIM_MUST_CHECK int scrim_ceremony_write(const struct scrim_ceremony *ceremony,
                                          struct scrim_buf *ret);
SCRIM_MUST_CHECK int scrim_ceremony_parse(const void *bytes, size_t count,
                                          struct scrim_ceremony *ret, struct scrim_error *error);

// The SHA-256 in groups of four, for people: "1a2b 3c4d …".
#define SCRIM_CEREMONY_DIGEST_TEXT 80
void scrim_ceremony_digest(const void *bytes, size_t count, uint8_t ret[32]);
void scrim_ceremony_digest_text(const uint8_t digest[32], char ret[SCRIM_CEREMONY_DIGEST_TEXT]);

// The transcript of this dealing that lies in STATE, with the digest of its bytes. SCRIM_ENOENT if
// there is none, SCRIM_EAUTH if it is of another dealing.
SCRIM_MUST_CHECK int scrim_ceremony_find(const char *state, const struct scrim_vault *vault,
                                         struct scrim_ceremony *ret, uint8_t ret_digest[32],
                                         struct scrim_error *error);
