// A thread for what would block the loop: SQLite, password hashing, deleting files. Jobs go in, are
// worked in order, and come back to the loop's thread.
#pragma once

#include "base/error.h"

#include <stdint.h>
#include <uv.h>

struct scrim_worker;

// Embedded in what the job needs. `work` runs on the worker's thread, then `done` on the loop's;
// `done` frees it.
struct scrim_job {
    void (*work)(struct scrim_job *job, void *context);
    void (*done)(struct scrim_job *job);
    struct scrim_job *next; // used by the worker
};

struct scrim_worker_config {
    const char *name; // of the thread, at most 15 characters
    size_t max_jobs;  // that may wait
    void *context;    // handed to `work` and `tick`
    int64_t tick_us;  // 0: no tick
    void (*tick)(struct scrim_worker *worker, void *context); // on the worker's thread
};

SCRIM_MUST_CHECK int scrim_worker_start(uv_loop_t *loop, const struct scrim_worker_config *config,
                                        struct scrim_worker **ret, struct scrim_error *error);
// From any thread. False when too many wait already: the job is still the caller's.
SCRIM_MUST_CHECK bool scrim_worker_submit(struct scrim_worker *worker, struct scrim_job *job);
// From the worker's thread: `done` of this job (whose `work` is not called) runs on the loop soon.
void scrim_worker_tell(struct scrim_worker *worker, struct scrim_job *job);
// Works what is queued, ends the thread, and calls `done` of all of it. The loop must run once more
// before scrim_worker_free.
void scrim_worker_stop(struct scrim_worker *worker); // NULL is fine
void scrim_worker_free(struct scrim_worker *worker); // NULL is fine
