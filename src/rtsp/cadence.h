// How many pictures are missing between two that came: told by their RTP times, the usual distance
// between pictures, and the packets that are known to be lost.
//
// The usual distance is the most common one among the last pictures (mean of all within an eighth
// of it), of those steps behind which nothing is missing; few of them do not outvote what was known
// before. While there was none yet, the shortest step stands in, and what it cannot tell is told
// once the distance is known. The steps from one picture to the next then say:
//
//   - Packets are missing, and the step is n distances: n - 1 pictures. Unless the camera
//     is steady (see below), at most one for each missing packet; and at least those that came in
//     part.
//   - No packet is missing, and the step is n > 1 distances: the camera left pictures out. That
//     counts only if it is steady: three quarters of the last 32 steps are of the usual distance,
//     the step before was, too, and never in this session were two steps in a row of another one.
//     A camera whose rate varies does that, and is never accused again. (One that changes its rate
//     for the first time is accused of its first longer step. No rule knows better at that moment.)
//   - The picture goes back in time (B-frames), or one of the last 64 did: no step is judged; if
//     packets are missing, the progress of the highest time counts.
//   - The camera's clock jumped (back by more than a second, or ahead of real time by more than
//     two): no time counts, only what was seen in part.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SCRIM_CADENCE_RECENT 33 // pictures

// What is known of what lies between a picture and the last one.
struct scrim_cadence_evidence {
    uint32_t seen;   // pictures that were dropped
    uint32_t most;   // that missing packets can account for; 0: no packet is missing
    uint32_t merged; // that, without a slice left in them, went into the picture
};

// Pictures behind holes while no distance was known.
struct scrim_cadence_unsure {
    int64_t span;
    uint32_t steps, told, most;
};

// Zeroed: fresh. All times in 1/90000 s.
struct scrim_cadence {
    struct {
        int64_t time;               // presentation
        bool doubted;               // something may be missing before it
    } recent[SCRIM_CADENCE_RECENT]; // a ring
    unsigned count, at;
    int64_t last, highest;
    int64_t lead;           // highest recent (picture's time - arrival): what "ahead" compares with
    int64_t distance_sum;   // of distance_count usual distances
    int64_t distance_count; // 0: not known yet
    unsigned usual;         // steps among the recent ones that were of the usual distance
    unsigned reordered;     // pictures for which steps still mean nothing
    unsigned repeated;      // pictures for which equal times still mean nothing
    bool odd;               // the last step was of another distance
    bool varies;
    struct scrim_cadence_unsure unsure;
};

// Takes in a picture. Returns how many pictures are missing in between.
uint32_t scrim_cadence_take(struct scrim_cadence *cadence, int64_t time, int64_t arrival,
                            struct scrim_cadence_evidence evidence);
// How many pictures fit in between the last one and `time`; -1: that cannot be told.
int64_t scrim_cadence_between(const struct scrim_cadence *cadence, int64_t time);
// Is `time` that of a picture between the last one and one at `next`, by the distances to both?
bool scrim_cadence_fits(const struct scrim_cadence *cadence, int64_t time, int64_t next);
// Has each picture a time of its own? Some cameras' clocks stand still.
bool scrim_cadence_tells_apart(const struct scrim_cadence *cadence);
