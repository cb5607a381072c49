// The hour keys that a camera's segments are sealed with. The recorder can make keys but, once
// locked in, never read one, so each is made an hour ahead, off the camera's thread, and kept in
// locked memory until its hour is over.
#pragma once

#include "store/hour_key.h"

struct scrim_hours;

// Before the sandbox: obtains the keys of this hour and the next.
SCRIM_MUST_CHECK int scrim_hours_create(const char *dir, const char *camera, int64_t now_us,
                                        struct scrim_hours **ret, struct scrim_error *error);
void scrim_hours_destroy(struct scrim_hours *hours); // wipes; NULL is fine

// From the main thread, now and then: makes the next hour's key, and wipes those whose hour is
// over. SCRIM_EEXIST: the clock was set to an hour whose key exists but is no longer in memory.
// Only a new start can read it.
SCRIM_MUST_CHECK int scrim_hours_tend(struct scrim_hours *hours, int64_t now_us,
                                      struct scrim_error *error);

// From the camera's thread: the key of the hour, or SCRIM_ENOENT. Wipe it after use.
SCRIM_MUST_CHECK int scrim_hours_get(struct scrim_hours *hours, uint64_t hour,
                                     uint8_t ret[SCRIM_HOUR_KEY]);
