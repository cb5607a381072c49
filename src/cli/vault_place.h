// Where a vault lies: in a site, DIR/state, or in a directory of its own on a machine that is
// without the site (`scrim vault init --offline`), with the same files.
#pragma once

#include "base/fs.h"
#include "site/config.h"
#include "vault/ceremony.h"
#include "vault/succession.h"
#include "vault/test_opening.h"
#include "vault/vault_set.h"

struct scrim_vault_place {
    const char *dir; // as it was given
    char state[SCRIM_PATH_MAX];
    bool is_site;
    struct scrim_site site; // if it is one
    int lock;               // -1: not held
};

// A directory with vault.json in it is a vault's own; another must be a site. Wrong permissions,
// missing configuration: a sentence.
SCRIM_MUST_CHECK int scrim_vault_place_open(const char *dir, struct scrim_vault_place *ret,
                                            struct scrim_error *error);
// Makes an empty directory for a vault without a site; one that has a vault in it is refused.
SCRIM_MUST_CHECK int scrim_vault_place_make(const char *dir, struct scrim_vault_place *ret,
                                            struct scrim_error *error);
void scrim_vault_place_close(struct scrim_vault_place *place);

// For who changes it (succession.h).
SCRIM_MUST_CHECK int scrim_vault_place_lock(struct scrim_vault_place *place,
                                            struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_vault_place_load(const struct scrim_vault_place *place,
                                            struct scrim_vault *ret, struct scrim_error *error);

// One line in the site's log of openings: who did what with the vault, and the digest of the
// transcript or of the proof. `what` is "init", "refresh", "rotate", "install" or "test". Nothing
// for a place that is no site.
SCRIM_MUST_CHECK int scrim_vault_place_log(const struct scrim_vault_place *place, const char *what,
                                           const struct scrim_vault *vault,
                                           const uint8_t digest[32], struct scrim_error *error);
// Tells the programs that run to look at the vault again: recording goes on meanwhile. What goes
// wrong is a warning on stderr, for the vault is what it is already.
void scrim_vault_place_tell(const struct scrim_vault_place *place);
// Whether this dealing is in effect: after a failure, before its shares are thrown away.
bool scrim_vault_place_has(const struct scrim_vault_place *place, const struct scrim_vault *vault);

// The end of every ceremony: the transcript is logged, the dealing takes effect, the programs are
// told, and the transcript's digest is printed for witnesses. `proof` NULL: none yet.
SCRIM_MUST_CHECK int scrim_vault_place_take(struct scrim_vault_place *place,
                                            const struct scrim_ceremony *ceremony,
                                            const struct scrim_test_opening *proof,
                                            struct scrim_error *error);
// Fills in who, when, and by which program.
void scrim_ceremony_sign_off(struct scrim_ceremony *ceremony);
