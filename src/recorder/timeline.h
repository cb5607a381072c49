// Where in time a picture belongs. A camera gives time stamps of its own clock, which drifts, jumps
// and starts anywhere; pictures arrive when the network lets them; the host's clock may be set. Out
// of these come, for each picture: a media time that only goes on, a decoding time that strictly
// rises, and the moment it was taken, by the host's clocks. docs/design/009-recorder-time.md says
// how well.
#pragma once

#include "base/clock.h"
#include "bitstream/unit.h"
#include "recorder/skew.h"

#define SCRIM_REORDER_MAX 16 // pictures, the most H.264 and H.265 allow
// Time without a picture, at least, that is a hole in a recording and not just few pictures.
#define SCRIM_HOLE_US SCRIM_SECOND

struct scrim_moment {
    int64_t media;          // 90 kHz; runs on through reconnects and jumps of the camera's clock
    int64_t dts;            // 90 kHz, strictly rising, at most `media` once the reordering is known
    int64_t utc_us;         // when the picture was taken, but for the least delay on its way
    int64_t mono_us;        // the same moment, monotonic
    int64_t arrival_us;     // monotonic; when it had arrived
    int64_t hole_us;        // from the picture before to this one, if it is a hole, else 0
    int64_t host_step_us;   // the host's UTC was set since the picture before, by so much, else 0
    int64_t camera_step_us; // likewise, the camera's clock jumped. Forward is positive
};

// Zeroed: fresh.
struct scrim_timeline {
    bool started;
    bool broken; // the next picture follows a break: its time stamp has no link to the last one
    int64_t last_rtp, last_dts, last_arrival_us;
    int64_t rebase;                        // media = rtp + rebase
    int64_t stride;                        // media; how far the newest time usually goes on
    int64_t newest[SCRIM_REORDER_MAX + 1]; // the highest media times so far, falling
    unsigned newest_count, reorder;
    struct scrim_skew skew;
    bool has_host;
    int64_t host_base_us; // UTC - monotonic
};

// The stream ended; the next picture comes from a new one.
void scrim_timeline_break(struct scrim_timeline *timeline);

// Places a picture. Reads the clock. An arrival of 0, or one that cannot be, is now.
struct scrim_moment scrim_timeline_place(struct scrim_timeline *timeline,
                                         const struct scrim_unit *unit);

// Looks at the host's clock; returns by how much it was set since the last time, else 0. Place does
// it, too.
int64_t scrim_timeline_check_host(struct scrim_timeline *timeline);

// By the host's clock as it was last looked at.
static inline int64_t scrim_timeline_utc(const struct scrim_timeline *timeline, int64_t mono_us)
{
    return mono_us + timeline->host_base_us;
}

static inline int64_t scrim_media_us(int64_t media)
{
    return media * 100 / 9;
}
