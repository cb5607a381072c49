// The walls around scrim-opener.
#pragma once

#include "site/config.h"

// Files of requests, of the log of acts, of the store and the hour ring for reading; nothing else,
// and nothing to write but what is open. No socket can be made, no program started. Last of all,
// before the first question. SCRIM_EUNSUPPORTED, and a sentence, where the kernel has no Landlock:
// the rest is in force then.
SCRIM_MUST_CHECK int scrim_opener_confine(const struct scrim_site *site, struct scrim_error *error);
