// New shares on their way to their holders: a file each, read back and tried before the vault takes
// effect.
#pragma once

#include "vault/test_opening.h"

struct scrim_shares_out {
    const char *directory;       // made if it is missing, 0700
    const char *passphrase_file; // one for all; NULL: asked for each
    bool unprotected;
};

// Writes share-<index>-<name>.json for each, reads each back, and makes them open something that is
// sealed to `vault`: what is on disk then is known to work. On failure none of the files is left.
SCRIM_MUST_CHECK int scrim_shares_out(const struct scrim_shares_out *out,
                                      const struct scrim_vault *vault,
                                      const struct scrim_share *shares,
                                      struct scrim_test_opening *ret_proof,
                                      struct scrim_error *error);
// For when what comes after fails: removes what _out wrote.
void scrim_shares_take_back(const struct scrim_shares_out *out, const struct scrim_vault *vault);
