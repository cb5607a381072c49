// A film of the redacted archive to take away: one MP4 cut on key frames, its pictures bit for bit
// those of the archive, its gaps kept in time. For a worker's thread.
#pragma once

#include "desk/export_boxes.h"

#include "base/fs.h"
#include "index/index.h"

#include <stdatomic.h>

#define EXPORT_GAPS_MAX 200 // that are named; more are counted

// What is to be made, and of which files.
struct export_plan {
    const char *dir; // of the site
    const char *camera;
    int64_t from_us, to_us;           // as asked for
    struct scrim_archive_file *files; // oldest first
    size_t files_count;
    const char *title, *comment, *author;
};

// What came of it.
struct export_result {
    int64_t from_us, to_us; // of the first picture, and of the end of the last
    uint64_t frames, bytes;
    char sha256[65];
    struct scrim_span gaps[EXPORT_GAPS_MAX]; // longer than a second
    size_t gaps_count;                       // all of them; may be more than are named
};

// Whether the files can be one film, by their init segments: SCRIM_EFORMAT with the two ranges in
// the sentence if the picture changes among them, SCRIM_ENOENT if there is none.
SCRIM_MUST_CHECK int export_check(const struct export_plan *plan, struct scrim_error *error);
// Writes it to `path`, which must not exist, and flushes it. `progress` counts from 0 to 1000;
// `cancel` set from another thread ends it with SCRIM_ECANCEL. On failure the file is removed.
SCRIM_MUST_CHECK int export_make(const struct export_plan *plan, const char *path,
                                 atomic_uint *progress, const atomic_bool *cancel,
                                 struct export_result *ret, struct scrim_error *error);
