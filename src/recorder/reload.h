// From one scrim.yaml to the next while recording goes on: which cameras come, which go, and what
// the sealer must be told of it.
#pragma once

#include "site/config.h"

// Cameras that the sealer has had since it started, gone ones included: their chains are in its
// hands, and nobody else may write to them.
struct scrim_known_cameras {
    char **ids; // owned
    size_t count;
};

void scrim_known_cameras_note(struct scrim_known_cameras *known,
                              const struct scrim_site_config *config);
void scrim_known_cameras_finish(struct scrim_known_cameras *known);

// Orders the sealer from `before` to `after`. A camera that is new to it is brought into order
// first, and if that fails for any, nothing is ordered.
SCRIM_MUST_CHECK int scrim_reload(const struct scrim_site *before, const struct scrim_site *after,
                                  struct scrim_known_cameras *known, uint64_t boot, int orders_fd,
                                  struct scrim_error *error);
