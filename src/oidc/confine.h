// What scrim-oidc locks itself into: the network, names, run/ and its proof; no other file of the
// site.
#pragma once

#include "site/config.h"

// SCRIM_EUNSUPPORTED, with a sentence, where the kernel has no Landlock: all else is in force then.
SCRIM_MUST_CHECK int scrim_oidc_confine(const struct scrim_site *site, struct scrim_error *error);
