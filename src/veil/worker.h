// The loop of a veil worker: packets from the recorder, redacted pictures to the desk, one thread.
// It opens nothing; both links are connected already and the detector is loaded.
#pragma once

#include "site/config.h"
#include "veil/redactor.h"

struct scrim_worker_params {
    const struct scrim_site *site; // outlives the worker
    unsigned worker, workers;      // this one of so many: cameras worker, worker + workers, …
    struct scrim_finder finder;    // its context outlives the worker
    // What was drawn over the API, as of the start: one for each camera of the site, of which those
    // of this worker count. NULL: could not be read. May be NULL itself: nothing was drawn.
    const struct scrim_area_set *const *areas;
    int packets_fd, desk_fd; // connected; the worker's from here on
    int signals_fd; // of scrim_signals_open; borrowed. SIGUSR1: log the figures; others: end
};

struct scrim_worker;

struct scrim_worker *scrim_worker_create(const struct scrim_worker_params *params);
void scrim_worker_destroy(struct scrim_worker *worker); // NULL is fine

// Runs until told to stop (SCRIM_OK), a link breaks (SCRIM_ENETWORK) or the other end sends what is
// no message (SCRIM_EFORMAT).
SCRIM_MUST_CHECK int scrim_worker_run(struct scrim_worker *worker, struct scrim_error *error);
