// The recorder's cell: below the site it creates and writes under store/ and state/keys/hours/, and
// opens nothing else, not even what it wrote. It reaches the network, because cameras are there.
#pragma once

#include "site/config.h"

// Locks all memory, so that neither packets nor keys reach swap; where that is not permitted, keys
// alone are locked. Returns false then.
bool scrim_recorder_lock_memory(void);

// Before the first thread. SCRIM_EUNSUPPORTED: everything but the confinement of files is in force.
SCRIM_MUST_CHECK int scrim_recorder_confine(const struct scrim_site *site,
                                            struct scrim_error *error);
