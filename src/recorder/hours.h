// The hour keys that a camera's segments are sealed with: of this hour, of the next, and for two
// minutes of the one before, in locked memory; wiped when their time is over. The keeper makes them
// and hands them out (recorder/keys.h).
#pragma once

#include "link/link.h"
#include "store/layout.h"
#include "vault/vault.h"

struct scrim_hours;

SCRIM_MUST_CHECK int scrim_hours_create(const char *camera, struct scrim_hours **ret,
                                        struct scrim_error *error);
void scrim_hours_destroy(struct scrim_hours *hours); // wipes; NULL is fine
const char *scrim_hours_camera(const struct scrim_hours *hours);

// From the main thread.
bool scrim_hours_holds(struct scrim_hours *hours, uint64_t hour);
// Ignored if its time is not now; see _tend.
void scrim_hours_put(struct scrim_hours *hours, uint64_t hour, const uint8_t key[SCRIM_HOUR_KEY]);
// Wipes what is neither this hour's (lingering included) nor the next one's.
void scrim_hours_tend(struct scrim_hours *hours, int64_t now_us);
// What _get says when it has no key.
void scrim_hours_explain(struct scrim_hours *hours, const char *why);

// From the camera's thread: the key of the hour, to be wiped after use, or SCRIM_ENOENT.
SCRIM_MUST_CHECK int scrim_hours_get(struct scrim_hours *hours, uint64_t hour,
                                     uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error);
