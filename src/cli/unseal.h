// Parts of scrim unseal: films, and the export for an age recipient.
#pragma once

#include "base/opt.h"
#include "store/opening.h"

struct scrim_unseal_range {
    const char *camera;
    int64_t from_us, to_us;
};

// Writes the range to an MP4 file, sound included, and says so. Where their format changes, another
// film begins: PATH, then PATH-2 and so on, each before the dot. What it made is removed if it
// fails.
SCRIM_MUST_CHECK int scrim_unseal_film(struct scrim_opening *opening,
                                       const struct scrim_unseal_range *range, const char *path,
                                       struct scrim_error *error);

// Writes DIR/<camera>-<day>-<HHMMSS>.mp4.age for each segment, and says so. What it made is removed
// if it fails.
SCRIM_MUST_CHECK int scrim_unseal_export(struct scrim_opening *opening, const char *camera,
                                         const char *recipient, const char *directory,
                                         struct scrim_error *error);
