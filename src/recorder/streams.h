// The ingest processes, in the parent: one for each stream of each camera, started, watched, served
// with sockets, and started again when one ends or hangs.
#pragma once

#include "base/log.h"
#include "link/trial.h"
#include "recorder/secrets.h"

#include <poll.h>
#include <sys/types.h>

struct scrim_streams;

// `orders_fd` leads to the sealer, `dialer_fd` to the dialer; both stay the caller's.
struct scrim_streams *scrim_streams_create(int orders_fd, int dialer_fd);
void scrim_streams_destroy(struct scrim_streams *streams); // ends the processes; NULL is fine

#define SCRIM_STREAMS_WANTED_MAX 2048
#define SCRIM_STREAMS_MAX (2 * SCRIM_STREAMS_WANTED_MAX) // with those that are leaving

// Can this site's streams be had? Addresses that are none, too many streams.
SCRIM_MUST_CHECK int scrim_streams_check(const struct scrim_site *site, struct scrim_error *error);
// Makes the streams those of `site`, which was checked: starts what is new, ends what is gone,
// starts anew what changed, and leaves the others alone. Nothing of the arguments is kept, but for
// `secrets`, which must outlive it until the next call.
void scrim_streams_set(struct scrim_streams *streams, const struct scrim_site *site,
                       const struct scrim_secrets *secrets);

// Starts a live test of an address, for which the wish may be wiped then: a stream that leaves from
// its beginning. *ret_fd: where it tells what happens (TRIED), the caller's.
SCRIM_MUST_CHECK int scrim_streams_try(struct scrim_streams *streams,
                                       const struct scrim_trial_wish *wish, int *ret_fd,
                                       struct scrim_error *error);

// What to poll; at most SCRIM_STREAMS_MAX.
size_t scrim_streams_poll(const struct scrim_streams *streams, struct pollfd *fds);
// After poll: hears requests (`fds` as filled by _poll), and starts what is due.
SCRIM_MUST_CHECK int scrim_streams_serve(struct scrim_streams *streams, const struct pollfd *fds,
                                         size_t count, struct scrim_error *error);
// True while requests wait for the dialer to read: call _serve when its descriptor takes more.
bool scrim_streams_wait_for_dialer(const struct scrim_streams *streams);
// An answer of the dialer; its descriptors are taken over.
void scrim_streams_answer(struct scrim_streams *streams, const struct scrim_control *answer,
                          const int fds[SCRIM_DATAGRAM_FDS]);
// A process ended. False: none of ours.
bool scrim_streams_ended(struct scrim_streams *streams, pid_t pid, int status);
