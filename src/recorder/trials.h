// Live tests of cameras' addresses, in the parent: the desk asks (TRY), a process of the kind that
// records a camera tries (ingest/trial.c), and what it tells goes back (TRIED). At most
// SCRIM_TRIALS_AT_ONCE at a time; recording knows nothing of it.
#pragma once

#include "recorder/streams.h"

struct scrim_trials;

// `streams` must outlive it.
struct scrim_trials *scrim_trials_create(const char *dir, struct scrim_streams *streams);
void scrim_trials_destroy(struct scrim_trials *trials); // NULL is fine

// What to poll: always so many, some with the descriptor -1.
#define SCRIM_TRIALS_FDS (1 + SCRIM_TRIALS_AT_ONCE)
void scrim_trials_poll(const struct scrim_trials *trials, struct pollfd fds[SCRIM_TRIALS_FDS]);
// After poll, and at least every second: connects to the desk, hears it, passes on.
void scrim_trials_serve(struct scrim_trials *trials, const struct pollfd fds[SCRIM_TRIALS_FDS]);
