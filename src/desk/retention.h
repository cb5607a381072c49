// What is older than a camera's retention goes: its redacted files, and last the index rows. Sealed
// files and hour keys are the keeper's. Journals stay: they say that something was recorded, and
// that nothing is missing but what had to go. Redacted files of a camera that scrim.yaml does not
// name any more are kept for the 72 hours that need no reason.
#pragma once

#include "index/index.h"

struct scrim_retention_counts {
    uint64_t redacted, failures;
};

// One sweep over all cameras. A file that cannot be deleted is counted and the first of them named
// in `error`; the sweep goes on. Negative if anything failed.
SCRIM_MUST_CHECK int scrim_retention_sweep(const struct scrim_site *site, struct scrim_index *index,
                                           int64_t now_us, struct scrim_retention_counts *ret,
                                           struct scrim_error *error);
