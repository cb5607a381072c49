// state/log/journal: the site's record of openings, and of what was done with its vault
// (docs/ref/formats/journal.md, "opening").
#pragma once

#include "site/config.h"

// Appends one OPENING record with `json`, an object, under a lock, flushed. `camera` may be "".
SCRIM_MUST_CHECK int scrim_opening_append(const struct scrim_site *site, const char *camera,
                                          int64_t from_us, int64_t to_us, const char *json,
                                          struct scrim_error *error);
