// What the parts of a sweep share: sealed segments and keys (retention.c), redacted pictures
// (retention_redacted.c).
#pragma once

#include "desk/retention.h"

#define HOUR_US (3600 * SCRIM_SECOND)
#define DAY_US (24 * HOUR_US)

struct sweep {
    const struct scrim_site *site;
    char *emptied; // of the camera
    const struct scrim_camera_config *camera;
    int64_t cutoff_us; // what ended before this goes
    struct scrim_retention_counts *counts;
    struct scrim_error *error; // the first failure
    int result;
};

// Counts a failure; the sweep goes on.
void scrim_sweep_failed(struct sweep *sweep, int result, const struct scrim_error *error);
// True if the file is gone; a failure is counted.
bool scrim_sweep_remove(struct sweep *sweep, const char *path);

// Deletes the camera's redacted files that are due, then their rows.
SCRIM_MUST_CHECK int scrim_sweep_redacted(struct sweep *sweep, struct scrim_index *index,
                                          struct scrim_error *error);
