// Where in time a frame belongs. A camera gives presentation times of its own clock, which drifts,
// jumps and starts anywhere; the host's clock may be stepped. Out of both come, for each frame: a
// media time that only goes on, a decoding time that strictly rises, and the wall clock of the
// moment.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SCRIM_REORDER_MAX 16 // pictures, the most H.264 and H.265 allow

struct scrim_moment {
    int64_t media;   // 90 kHz; runs on through reconnects and jumps of the camera's clock
    int64_t dts;     // 90 kHz, strictly rising, at most `media` as soon as the reordering is known
    int64_t utc_us;  // when the picture was taken, as well as arrival times can tell
    int64_t mono_us; // when it arrived
    int64_t host_step_us; // the host's UTC was stepped by so much since the frame before, else 0
};

// Zeroed: fresh.
struct scrim_timeline {
    bool started;
    bool broken; // the next frame follows a hole: its presentation time has no link to the last one
    int64_t last_pts, last_media, last_dts;
    int64_t rebase;                        // media = pts + rebase
    int64_t offset_us;                     // utc = media + offset
    int64_t host_utc_base;                 // utc - mono of the host, followed slowly
    int64_t newest[SCRIM_REORDER_MAX + 1]; // the highest media times so far, falling
    unsigned newest_count, reorder;
};

// The stream ended; the next frame comes from a new one.
void scrim_timeline_break(struct scrim_timeline *timeline);

// Places a frame that has just arrived. Reads the clock.
struct scrim_moment scrim_timeline_place(struct scrim_timeline *timeline, int64_t pts);

static inline int64_t scrim_media_us(int64_t media)
{
    return media * 100 / 9;
}
