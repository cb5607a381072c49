// The recorder's first process: reads scrim.yaml, brings the store into order, starts sealer,
// dialer and ingest processes, and watches them. It has the rights over files that they have not,
// and never sees a byte from the network.
#pragma once

#include "site/config.h"

struct scrim_parent;

// Starts everything. `site` and the descriptor of the recorder's lock are taken over, also on
// failure.
SCRIM_MUST_CHECK int scrim_parent_create(struct scrim_site *site, int lock_fd,
                                         struct scrim_parent **ret, struct scrim_error *error);
// Serves until SIGTERM or SIGINT; SIGHUP reads scrim.yaml again. Fails when a process without which
// nothing goes on has ended.
SCRIM_MUST_CHECK int scrim_parent_serve(struct scrim_parent *parent, struct scrim_error *error);
// Ends everything that still runs. NULL is fine.
void scrim_parent_destroy(struct scrim_parent *parent);
