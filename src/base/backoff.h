// When to try something again that failed. A camera that comes back after a short outage is waited
// for closely: the first try after a second, the next ones every one to two; after about half a
// minute twice as long each time, up to half a minute, never giving up. Drawn at random from the
// upper half, so that cameras that went down together do not come back as one crowd. Ten healthy
// seconds start it afresh: a camera that breaks off often must not be left alone for longer than it
// lasts.
#pragma once

#include <stdint.h>

#define SCRIM_BACKOFF_FIRST_US 1000000
#define SCRIM_BACKOFF_SHORT_US 2000000 // upper bound of the delays in a short outage
#define SCRIM_BACKOFF_SHORT_TRIES 20
#define SCRIM_BACKOFF_LONGEST_US 30000000
#define SCRIM_BACKOFF_HEALTHY_US 10000000

struct scrim_backoff {
    unsigned failures; // since it was healthy last
};

// How long to wait before the next try, in µs. `healthy_us`: how long it worked before this
// failure.
int64_t scrim_backoff_next(struct scrim_backoff *backoff, int64_t healthy_us, uint32_t random);
