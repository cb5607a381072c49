// Files of age identities, as age-keygen writes them: AGE-SECRET-KEY-1… a line, comments with #.
#pragma once

#include "base/buf.h"

#define SCRIM_IDENTITY_BYTES 32
#define SCRIM_IDENTITIES_MAX 256

// Appends each identity's secret to `identities`, which holds at most SCRIM_IDENTITIES_MAX and is
// the caller's to wipe. The sentence names file and line, never the key.
SCRIM_MUST_CHECK int scrim_identities_load(const char *path, struct scrim_buf *identities,
                                           struct scrim_error *error);
