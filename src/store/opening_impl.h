// Inside src/store: the parts of an opening.
#pragma once

#include "store/opening.h"

// Segments of `camera` that overlap [from_us, to_us), oldest first, appended to `ret` as struct
// scrim_opening_segment. The one that is being written, or that a crash just left, is among them.
SCRIM_MUST_CHECK int scrim_opening_find(const struct scrim_site *site, const char *camera,
                                        int64_t from_us, int64_t to_us, struct scrim_buf *ret,
                                        struct scrim_error *error);

// Appends one OPENING record with `json` to state/log/journal, under a lock, flushed.
SCRIM_MUST_CHECK int scrim_opening_append(const struct scrim_site *site, const char *camera,
                                          int64_t from_us, int64_t to_us, const char *json,
                                          struct scrim_error *error);
