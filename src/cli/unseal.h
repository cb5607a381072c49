// Parts of scrim unseal: shares with their passphrases, and the export for an age recipient.
#pragma once

#include "base/opt.h"
#include "store/opening.h"

// `passphrase_files` holds none, one for all, or one for each share. The caller wipes `ret`, on
// failure too.
SCRIM_MUST_CHECK int scrim_unseal_load_shares(const struct scrim_opt_list *files,
                                              const struct scrim_opt_list *passphrase_files,
                                              struct scrim_share ret[SCRIM_VAULT_HOLDERS_MAX],
                                              struct scrim_error *error);

// Writes DIR/<camera>-<day>-<HHMMSS>.mp4.age for each segment, and says so. What it made is removed
// if it fails.
SCRIM_MUST_CHECK int scrim_unseal_export(struct scrim_opening *opening, const char *camera,
                                         const char *recipient, const char *directory,
                                         struct scrim_error *error);
