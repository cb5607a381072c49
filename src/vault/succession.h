// How one dealing takes the place of another on disk. At any moment, whatever is killed, STATE
// holds the old dealing or the new one, whole, each with its proof and its transcript:
//
//     1. what is there is copied to vaults/<id>-<dealing>*.json (refresh) or vaults/<id>*.json
//     (rotate)
//     2. proof and transcript of the new one are written beside those of the old (….next)
//     3. vault.json is replaced: from here on it is the new one
//     4. the two take their places
//
// Who reads a proof or a transcript looks for the one of the present dealing (test_opening.h,
// ceremony.h), so a crash between 2 and 4 hides neither; the next ceremony tidies up.
#pragma once

#include "base/buf.h"
#include "vault/vault.h"

struct scrim_succession {
    const struct scrim_vault *vault;
    const struct scrim_buf *transcript; // bytes of the file
    const struct scrim_buf *proof;      // likewise; NULL: none yet, for a first vault only
};

// Holds STATE/vault.lock for as long as the descriptor that it returns lives: one ceremony at a
// time. Finishes what a crash left of the last.
SCRIM_MUST_CHECK int scrim_succession_lock(const char *state, struct scrim_error *error);

// Whoever calls it holds the lock. SCRIM_ECONFLICT if `next` does not follow what is there: a
// dealing of the same vault follows the one before it.
SCRIM_MUST_CHECK int scrim_succession_take(const char *state, const struct scrim_succession *next,
                                           struct scrim_error *error);
// A proof for the dealing that is there.
SCRIM_MUST_CHECK int scrim_succession_prove(const char *state, const struct scrim_buf *proof,
                                            struct scrim_error *error);
