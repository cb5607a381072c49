// The keeper's cell: no network, no programs, and of the file system what it keeps and what it
// removes.
#pragma once

#include "site/config.h"

// SCRIM_EUNSUPPORTED: this kernel has no Landlock, so files are not confined; the rest is in force.
SCRIM_MUST_CHECK int scrim_keeper_confine(const struct scrim_site *site, struct scrim_error *error);
