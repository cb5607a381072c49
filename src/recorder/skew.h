// How a camera's clock lies against the host's monotonic one, from nothing but when pictures
// arrive. A picture arrives when it was sent plus a delay that is never negative, varies by tens of
// milliseconds and, in congestion, by seconds. So the difference between arrival and time stamp has
// a floor, and the floor moves as slowly as the two clocks drift apart. This is the line under all
// differences of the last half minute that lies closest to them (Moon, Skelly, Towsley:
// "Estimation and Removal of Clock Skew from Network Delay Measurements", INFOCOM 1999).
//
// What it cannot see: a delay that all pictures have. Congestion that lasts longer than half the
// time it looks back on is taken for such a delay, and for the drift of a clock meanwhile.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SCRIM_SKEW_WINDOWS 16
#define SCRIM_SKEW_WINDOW_US 2000000 // of each, the smallest difference is kept

struct scrim_skew_point {
    int64_t at_us, offset_us; // arrival, and arrival - time stamp
};

// Zeroed: nothing is known.
struct scrim_skew {
    struct scrim_skew_point least[SCRIM_SKEW_WINDOWS]; // of closed windows, oldest first
    unsigned count;
    struct scrim_skew_point window; // the least of the open one
    int64_t window_end_us;          // 0: none is open
    struct scrim_skew_point line;   // goes through this point
    double slope;                   // µs of offset per µs; 0.0005: the camera is 500 ppm slow
};

// Takes a picture with the media time `media_us` that arrived at `arrival_us`, and says by how much
// the floor was raised to let it be so: 0, or what a delay or a clock that stood still explains.
int64_t scrim_skew_add(struct scrim_skew *skew, int64_t arrival_us, int64_t media_us);

// Monotonic time of a picture = its media time + this.
int64_t scrim_skew_offset(const struct scrim_skew *skew, int64_t arrival_us);

// True once the floor is known well enough to tell a jump from a delay.
static inline bool scrim_skew_settled(const struct scrim_skew *skew)
{
    return skew->count >= 5;
}

// Another session: time stamps begin anew, and `offset_us` is all that is known of them. The clock
// is the same, so its rate is kept.
void scrim_skew_restart(struct scrim_skew *skew, int64_t arrival_us, int64_t offset_us);
