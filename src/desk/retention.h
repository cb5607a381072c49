// What is older than a camera's retention goes: the sealed file, the redacted files, and last the
// index rows. Journals stay: they say that something was recorded, and that nothing is missing but
// what had to go. The keys of its hours are the keeper's.
#pragma once

#include "index/index.h"

struct scrim_retention_counts {
    uint64_t segments, redacted, failures;
};

struct scrim_retention;

// `site` must outlive it.
struct scrim_retention *scrim_retention_create(const struct scrim_site *site);
void scrim_retention_destroy(struct scrim_retention *retention); // NULL is fine

// One sweep over all cameras. A file that cannot be deleted is counted and the first of them named
// in `error`; the sweep goes on. Negative if anything failed.
SCRIM_MUST_CHECK int scrim_retention_sweep(struct scrim_retention *retention,
                                           struct scrim_index *index, int64_t now_us,
                                           struct scrim_retention_counts *ret,
                                           struct scrim_error *error);
