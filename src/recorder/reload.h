// From one scrim.yaml to the next while recording goes on: which cameras come, which go, and what
// the sealer must be told of it.
#pragma once

#include "site/config.h"
#include "store/journal.h"

// Cameras that the sealer has had since it started, gone ones included: their chains are in its
// hands, and nobody else may write to them.
struct scrim_known_cameras {
    char **ids; // owned
    size_t count;
};

// Brings into order the chains of the site's cameras that are not known yet, and notes them: now
// they are the sealer's. heads[i] is filled for each of those, as the site numbers them.
SCRIM_MUST_CHECK int scrim_known_cameras_recover(struct scrim_known_cameras *known,
                                                 const struct scrim_site *site,
                                                 const struct scrim_device_key *key, uint64_t boot,
                                                 struct scrim_journal_head *heads,
                                                 struct scrim_error *error);
void scrim_known_cameras_finish(struct scrim_known_cameras *known);

// Orders the sealer from `before` to `after`. A camera that is new to it is brought into order
// first, and if that fails for any, nothing is ordered.
SCRIM_MUST_CHECK int scrim_reload(const struct scrim_site *before, const struct scrim_site *after,
                                  struct scrim_known_cameras *known, uint64_t boot, int orders_fd,
                                  struct scrim_error *error);
