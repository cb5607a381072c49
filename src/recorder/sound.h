// The sound of a camera on its way into a segment: when it was heard, and what becomes of it.
//
// A frame is heard when it arrived, less its length and the delay on its way. Delay varies and is
// never negative, so the least one of the last 5 to 10 seconds of sound is taken for all of it, as
// it is for pictures. Frames follow each other by their RTP times, without a seam, from a moment
// that is called the anchor; when they have drifted from what arrival says by more than
// SCRIM_SOUND_DRIFT_US, there is a new anchor, and the seam is heard. With what a clock that is off
// by 500 ppm drifts in ten seconds, sound is placed within a tenth of a second of its least delay,
// whatever the camera's clocks do, and without a sender report.
#pragma once

#include "base/clock.h"
#include "bitstream/sound.h"
#include "recorder/segment.h"

#define SCRIM_SOUND_DRIFT_US 90000

// Zeroed: nothing was heard.
struct scrim_sound_line {
    bool started;
    int64_t rtp;                   // of the last frame
    int64_t least_us, previous_us; // arrival less time stamp: in this window, in the one before
    int64_t window_rtp;            // where it began
    int64_t anchor_rtp, anchor_us; // the sample of this time stamp was heard then, monotonic
};

// When the frame's first sample was heard (monotonic); `rate` and `samples` are not 0.
int64_t scrim_sound_line_place(struct scrim_sound_line *line, uint32_t rate,
                               const struct scrim_sound_frame *frame);

// Zeroed: no sound is recorded.
struct scrim_sound {
    bool recorded; // the camera has a track of it, and it is allowed
    struct scrim_sound_params params;
    struct scrim_sound_line line;
    uint64_t frames, dropped; // dropped: came, and had no place in a segment
    uint64_t lost_packets;
};

// Puts a frame into the segment (NULL: nothing is being recorded), or drops and counts it.
// `until_us`: monotonic; until when there are pictures. Sound goes on for SCRIM_HOLE_US after them.
void scrim_sound_take(struct scrim_sound *sound, struct scrim_segment *segment, int64_t until_us,
                      const struct scrim_sound_frame *frame);
