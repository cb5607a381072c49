// What is older than a camera's retention goes: the keys of its hours first, those of all cameras
// in one write of the ring, then the sealed files (removal.h). Journals stay: they say that
// something was recorded, and that nothing is missing but what had to go.
#pragma once

#include "keeper/holds.h"
#include "keeper/periods.h"
#include "keeper/stock.h"
#include "store/hour_ring.h"

// Marks the pieces of a camera that ended before its retention and that no hold keeps. Returns how
// many it marked.
size_t scrim_retention_doom(const struct scrim_stock *stock, struct scrim_stock_camera *camera,
                            uint32_t retention_hours, const struct scrim_holds *holds,
                            int64_t now_us);

// The hours whose keys are due: over for longer than the camera's retention, not held, and no
// segment that stays began in them. Of cameras that are not wholly known yet, none. `ret` is to be
// freed; neighbouring hours are one range.
SCRIM_MUST_CHECK int scrim_retention_keys(struct scrim_stock *stock,
                                          const struct scrim_hour_ring *ring,
                                          const struct scrim_periods *periods,
                                          const struct scrim_holds *holds, int64_t now_us,
                                          struct scrim_hour_range **ret, size_t *ret_count,
                                          struct scrim_error *error);

// True if a segment that stays began in this hour.
bool scrim_retention_hour_needed(const struct scrim_stock_camera *camera, uint64_t hour);
// Appends an hour to a list of ranges, to the last one if it goes on there.
SCRIM_MUST_CHECK int scrim_hour_ranges_add(struct scrim_hour_range **list, size_t *count,
                                           const char *camera, uint64_t hour);
