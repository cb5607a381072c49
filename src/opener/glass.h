// Break-glass, the opener's part: sealed files of the time that a break shows, while it lasts. What
// it shows and until when is the keeper's word (store/glass_now.h), never the desk's. No key of
// anything is given out here; who can open the files was given the emergency keys by the keeper.
#pragma once

#include "opener/guard.h"

// What of a camera is shown at this moment, as JSON for the desk (link/opener.h), appended to
// `ret`. SCRIM_ETIMEOUT: no glass is broken.
SCRIM_MUST_CHECK int scrim_opener_glass_list(const struct scrim_site *site, const char *camera,
                                             struct scrim_buf *ret, int64_t *ret_until_us,
                                             struct scrim_error *error);
// One of those, opened; SCRIM_ENOENT for any other.
SCRIM_MUST_CHECK int scrim_opener_glass_segment(const struct scrim_site *site, const char *camera,
                                                const char *name, struct scrim_guard_file *ret,
                                                struct scrim_error *error);
// "2026-11-24_021448" of "2026-11-24/021448.mp4.age".
void scrim_opener_glass_name(const char *file, char ret[SCRIM_OPENER_NAME]);
