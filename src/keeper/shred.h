// Shredding on order: the keys of a camera's hours are destroyed before their time.
#pragma once

#include "keeper/holds.h"
#include "store/hour_ring.h"

#define SCRIM_SHRED_REASON_MAX 400 // bytes

// Destroys the keys of the range and says in one sentence what was done, appended to `ret_done`.
// SCRIM_EBUSY if a hold keeps any of the hours, or if one is not over for two minutes: a camera may
// still begin a segment with its key, which would be recorded and never open.
SCRIM_MUST_CHECK int scrim_shred(struct scrim_hour_ring *ring, const struct scrim_hour_range *range,
                                 const struct scrim_holds *holds, struct scrim_buf *ret_done,
                                 struct scrim_error *error);
