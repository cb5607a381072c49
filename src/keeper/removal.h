// Removes the files that were marked, some at a time. Their keys are gone by then.
#pragma once

#include "keeper/holds.h"
#include "keeper/stock.h"

struct scrim_removal { // so far
    uint64_t segments, bytes, failures;
    uint64_t bytes_on[SCRIM_DISKS_MAX]; // of `bytes`, by place
    struct scrim_error first;           // of the failures
};

// One that is held by now is marked no longer. Removes marked files of the camera until `budget`
// files are gone or the monotonic clock passes `deadline_us`, and takes what it did off *budget. A
// file that cannot be removed is counted, named and stays marked; one on a disk that is not there
// stays marked, too.
void scrim_removal_run(const struct scrim_stock *stock, struct scrim_stock_camera *camera,
                       const struct scrim_holds *holds, int64_t now_us, size_t *budget,
                       int64_t deadline_us, struct scrim_removal *removal);
