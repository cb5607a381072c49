#include "recorder/timeline.h"

#include "base/clock.h"

#include <string.h>

#define HOST_STEP_US (SCRIM_SECOND / 2) // more is a step of the host's clock, less is slewing
#define HOST_FOLLOW 64                  // frames over which a small correction of it is spread
#define BACKWARD_MAX INT64_C(90000)     // 90 kHz; more than reordered pictures ever go back
#define EARLY_MAX_US \
    (2 * SCRIM_SECOND) // a frame from further in the future: the camera's clock jumped
#define LATE_MAX_US (10 * SCRIM_SECOND) // more than any congestion
#define DRIFT_FOLLOW 512 // frames over which the wall clock follows a camera that runs slow

// The host's UTC now, steady: from the monotonic clock, following UTC. Returns the step, if there
// was one.
static int64_t host_now(struct scrim_timeline *timeline, int64_t mono_us, int64_t *ret_utc_us)
{
    const int64_t base = scrim_clock_utc_us() - mono_us;
    const int64_t difference = base - timeline->host_utc_base;
    int64_t step = 0;
    if (!timeline->started) {
        timeline->host_utc_base = base;
    } else if (difference > HOST_STEP_US || difference < -HOST_STEP_US) {
        timeline->host_utc_base = base;
        timeline->offset_us += difference;
        step = difference;
    } else {
        timeline->host_utc_base += difference / HOST_FOLLOW;
    }
    *ret_utc_us = mono_us + timeline->host_utc_base;
    return step;
}

// Media time of a frame whose own time stamp says nothing: as much later as the clock is.
static void rebase(struct scrim_timeline *timeline, int64_t pts, int64_t utc_us)
{
    int64_t media = (utc_us - timeline->offset_us) * 9 / 100;
    if (timeline->started && media <= timeline->last_media)
        media = timeline->last_media + 1;
    timeline->rebase = media - pts;
    timeline->broken = false;
}

static int64_t media_time(struct scrim_timeline *timeline, int64_t pts, int64_t utc_us)
{
    if (!timeline->started)
        timeline->offset_us = utc_us; // media time counts from the first frame
    const bool unlinked = !timeline->started || timeline->broken;
    if (unlinked || pts < timeline->last_pts - BACKWARD_MAX)
        rebase(timeline, pts, utc_us);

    // Late frames are common (a burst after congestion), early ones mean that the estimate was
    // late: follow those at once, the others slowly.
    int64_t late = utc_us - timeline->offset_us - scrim_media_us(pts + timeline->rebase);
    if (late < -EARLY_MAX_US || late > LATE_MAX_US)
        rebase(timeline, pts, utc_us);
    else
        timeline->offset_us += late < 0 ? late : late / DRIFT_FOLLOW;
    return pts + timeline->rebase;
}

// Pictures arrive in decoding order. With a reordering depth of d, the n-th decoding time is the
// (n - d)-th smallest presentation time; d is learnt from pictures that come after a later one.
static int64_t decoding_time(struct scrim_timeline *timeline, int64_t media)
{
    unsigned place = 0;
    while (place < timeline->newest_count && timeline->newest[place] > media)
        place++;
    if (place < SCRIM_REORDER_MAX && place > timeline->reorder)
        timeline->reorder = place;
    if (place <= SCRIM_REORDER_MAX) {
        const unsigned count =
            timeline->newest_count < SCRIM_REORDER_MAX ? timeline->newest_count : SCRIM_REORDER_MAX;
        memmove(timeline->newest + place + 1, timeline->newest + place,
                (count > place ? count - place : 0) * sizeof timeline->newest[0]);
        timeline->newest[place] = media;
        timeline->newest_count = count + 1;
    }
    const unsigned oldest = timeline->newest_count - 1;
    int64_t dts = timeline->newest[timeline->reorder < oldest ? timeline->reorder : oldest];
    if (timeline->started && dts <= timeline->last_dts)
        dts = timeline->last_dts + 1;
    return dts;
}

void scrim_timeline_break(struct scrim_timeline *timeline)
{
    timeline->broken = true;
}

struct scrim_moment scrim_timeline_place(struct scrim_timeline *timeline, int64_t pts)
{
    struct scrim_moment moment = {.mono_us = scrim_clock_mono_us()};
    int64_t utc_us;
    moment.host_step_us = host_now(timeline, moment.mono_us, &utc_us);
    moment.media = media_time(timeline, pts, utc_us);
    moment.dts = decoding_time(timeline, moment.media);
    moment.utc_us = timeline->offset_us + scrim_media_us(moment.media);
    timeline->started = true;
    timeline->last_pts = pts;
    timeline->last_media = moment.media;
    timeline->last_dts = moment.dts;
    return moment;
}
