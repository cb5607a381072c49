// A holder's share out of its file, whatever protects it. Every command that needs a share gets it
// here.
#pragma once

#include "base/opt.h"
#include "vault/vault.h"

struct scrim_share_source {
    const char *file;
    const char
        *secret_file; // its first line is the passphrase, or the PIN of the token; NULL: asks
    const struct scrim_opt_list *devices; // security tokens to look at; none: all plugged in
};

// Asks for what the file needs. The caller wipes `ret` (scrim_share_wipe), on failure too.
SCRIM_MUST_CHECK int scrim_share_unlock(const struct scrim_share_source *source,
                                        struct scrim_share *ret, struct scrim_error *error);

// Likewise for several, in their order. `secret_files` holds none, one for all, or one for each
// share. The caller wipes all of `ret`, on failure too.
SCRIM_MUST_CHECK int scrim_shares_unlock(const struct scrim_opt_list *files,
                                         const struct scrim_opt_list *secret_files,
                                         const struct scrim_opt_list *devices,
                                         struct scrim_share ret[SCRIM_OPT_LIST_MAX],
                                         struct scrim_error *error);
