// Slows down who guesses passwords: after a few failures each further try must wait, twice as long
// each time. Keys are user names and addresses, known or not. Pure; the loop's thread owns it.
//
// A user's wait is bounded (30 s), so that a stranger cannot lock somebody out for long; an address
// waits up to 15 minutes. Failures are forgotten after an hour.
#pragma once

#include <stdint.h>

struct scrim_throttle;

struct scrim_throttle *scrim_throttle_create(void);
void scrim_throttle_destroy(struct scrim_throttle *throttle); // NULL is fine

// How long this user or this address must wait before the next try, in µs; 0: go ahead. A try that
// may go ahead counts as failed from here on, so that tries at the same time are counted too.
// `user` is NULL, here and below, where nobody is named: the address alone counts.
int64_t scrim_throttle_try(struct scrim_throttle *throttle, const char *user, const char *address,
                           int64_t now_us);
// The try was right, or did not come to a check: it is not held against them.
void scrim_throttle_succeed(struct scrim_throttle *throttle, const char *user, const char *address);
void scrim_throttle_forgive(struct scrim_throttle *throttle, const char *user, const char *address);
