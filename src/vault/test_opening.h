// The proof of a test opening: k or more holders opened something that was sealed to this dealing
// of the vault, and anybody can see that they did (docs/ref/formats/vault.md, "Proof of a test
// opening"). What is opened is a key that was drawn for it and is worth nothing: the header of an
// age file, as every segment has one, with a label that no camera can have; its hour key is in the
// proof.
//
// Without a proof for its present dealing a site does not go live: shares that open nothing would
// be noticed when they are needed.
#pragma once

#include "base/buf.h"
#include "vault/vault.h"

#define SCRIM_VAULT_TEST_FILE "vault-test.json" // beside vault.json
#define SCRIM_VAULT_TEST_NEXT "vault-test.next" // until a new dealing has taken its place
#define SCRIM_VAULT_TEST_SITE "-vault"          // ids begin with no '-'
#define SCRIM_VAULT_TEST_CAMERA "-test"
#define SCRIM_VAULT_TEST_MAX (64 * 1024)

struct scrim_test_opening {
    uint8_t vault_id[SCRIM_VAULT_ID];
    uint8_t dealing_id[32];
    int64_t at_us; // UTC
    char header[2048];
    uint8_t hour_key[SCRIM_HOUR_KEY];
    unsigned partials_count; // threshold … holders_count, ascending holders
    struct scrim_partial partials[SCRIM_VAULT_HOLDERS_MAX];
};

// Seals a key to the vault, has it opened by the shares, and verifies what came of it. SCRIM_EAUTH
// for a share that is not of this dealing, SCRIM_EACCESS for fewer than k, SCRIM_EINVAL for one
// twice.
SCRIM_MUST_CHECK int scrim_test_opening_make(const struct scrim_vault *vault,
                                             const struct scrim_share *shares, size_t count,
                                             int64_t now_us, struct scrim_test_opening *ret,
                                             struct scrim_error *error);
// Needs nothing but the vault's public part. SCRIM_EAUTH if it is of another vault or dealing, or
// anything in it was changed.
SCRIM_MUST_CHECK int scrim_test_opening_verify(const struct scrim_vault *vault,
                                               const struct scrim_test_opening *proof,
                                               struct scrim_error *error);

// The file's bytes, and back. `ret` of _write is initialised by the caller.
SCRIM_MUST_CHECK int scrim_test_opening_write(const struct scrim_test_opening *proof,
                                              struct scrim_buf *ret);
SCRIM_MUST_CHECK int scrim_test_opening_parse(const void *bytes, size_t count,
                                              struct scrim_test_opening *ret,
                                              struct scrim_error *error);

// The proof for this dealing that lies in STATE (DIR/state of a site): SCRIM_OK and, if `ret` is
// not NULL, a verified proof. Otherwise the sentence says what is wrong and which command makes
// one; `dir` is what the command is told.
SCRIM_MUST_CHECK int scrim_test_opening_find(const char *state, const char *dir,
                                             const struct scrim_vault *vault,
                                             struct scrim_test_opening *ret,
                                             struct scrim_error *error);

// The vault that the site DIR may record with: DIR/state/vault.json, if its present dealing was
// opened in a test. The sentence says which command is missing.
SCRIM_MUST_CHECK int scrim_vault_load_live(const char *dir, struct scrim_vault *ret,
                                           struct scrim_error *error);
