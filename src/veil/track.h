// Boxes carried between detector runs within one camera's view, so that a mask moves with the
// person it covers and reaches back over the frames before the person was found.
//
// What a track is, and is not: position, size and time of the last few boxes of one appearance, in
// RAM, for seconds. It has a random number for as long, no appearance, no history, and ends when
// its boxes end.
// Nobody extends it to tell who somebody is.
#pragma once

#include "detect/detector.h"

#include <stddef.h>

// A box of at least this score begins a track; a weaker one continues one that is there.
#define SCRIM_SCORE_GOOD 0.4F

struct scrim_tracks;

// `width` and `height` of the picture; `reach_us`: how far back a first box is carried.
struct scrim_tracks *scrim_tracks_create(int width, int height, int64_t reach_us);
// For those who are looked for more seldom: how long somebody lives on whom the detector has seen
// again and again, and then not. The next look shall come before half of it.
void scrim_tracks_hold(struct scrim_tracks *tracks, int64_t hold_us);
void scrim_tracks_destroy(struct scrim_tracks *tracks);

// One run of the detector on the picture of time `at_us`, later than the one before. Boxes below
// the score that begins a track still continue one. `stands_out[i]`: box i differs from the
// background, so that the background will show when whoever is in it has gone.
// False when there are more people than can be followed: some of the boxes are in no track.
SCRIM_MUST_CHECK bool scrim_tracks_observe(struct scrim_tracks *tracks, int64_t at_us,
                                           const struct scrim_box *boxes, const bool *stands_out,
                                           size_t count);

struct scrim_heading {
    float x, y; // pixels a second, smoothed over a second
};

struct scrim_place {
    struct scrim_box box;
    struct scrim_heading heading;
    uint32_t
        number; // of the appearance, drawn at random when it began and forgotten with it; not 0
    // The detector has looked since and not seen it, and it stood out when it was seen last: if the
    // background shows here, nobody is here any more.
    bool lost;
    // Somebody is here, whatever the background says: seen with a good score or standing out, and
    // not lost since. Otherwise they are where the background does not show.
    bool sure;
};

// Where everyone is taken to be at `at_us`: between two boxes of a track on the line between
// them, outside them further along its way, with a margin that grows with the distance in time.
// Clipped to the picture. Returns how many were written.
size_t scrim_tracks_at(const struct scrim_tracks *tracks, int64_t at_us, struct scrim_place *places,
                       size_t max);

// Where those people of that moment were `back_us` before who have hardly moved since: who stops or
// turns is seen late, by detectors and by people.
size_t scrim_tracks_trail(const struct scrim_tracks *tracks, int64_t at_us, int64_t back_us,
                          struct scrim_place *places, size_t max);

// Ends every track: the scene has changed.
void scrim_tracks_reset(struct scrim_tracks *tracks);
