// Inside src/store: the parts of an opening.
#pragma once

#include "store/opening.h"

// Appends one OPENING record with `json` to state/log/journal, under a lock, flushed.
SCRIM_MUST_CHECK int scrim_opening_append(const struct scrim_site *site, const char *camera,
                                          int64_t from_us, int64_t to_us, const char *json,
                                          struct scrim_error *error);
