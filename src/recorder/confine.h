// The cells of the recorder's processes; that of an ingest process is in ingest/confine.c. What
// they return is as for scrim_sandbox_files: SCRIM_EUNSUPPORTED says that everything but the
// confinement of files is in force.
#pragma once

#include "site/config.h"

// The sealer creates and writes below the store's roots and opens nothing else, not even what it
// wrote; its sockets are of this machine. Before its first thread.
SCRIM_MUST_CHECK int scrim_sealer_confine(const struct scrim_site *site, struct scrim_error *error);
// The dialer reaches the network and opens what resolving a name reads.
SCRIM_MUST_CHECK int scrim_dialer_confine(struct scrim_error *error);
// The parent starts processes, and reads and brings into order what is the site's; no network.
SCRIM_MUST_CHECK int scrim_parent_confine(struct scrim_error *error);
