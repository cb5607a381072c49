#include "recorder/timeline.h"

#include <string.h>

#define HOST_STEP_US 20000 // more is a step: slewing moves both clocks of the kernel
#define HOST_READ_US 1000  // longer between two readings: they tell nothing
#define BACKLOG_MAX_US (60 * SCRIM_SECOND) // of pictures that arrived and wait to be placed
#define RTP_MAX (INT64_C(1) << 50)         // 400 years; what is beyond is made up
#define BACKWARD_MAX INT64_C(90000)        // 90 kHz; reordered pictures hardly go back further
#define KEY_BACKWARD_MAX INT64_C(9000)     // 90 kHz; a key picture comes after all before it
#define FORWARD_US (SCRIM_SECOND / 4)      // earlier than the delay allows: a jump, and
#define FORWARD_UNSURE_US \
    (2 * SCRIM_SECOND) // while that is not known well, or pictures are missing
#define DEPTH_MAX 8 // no camera reorders more pictures; a step back shows by being behind so many
#define RAISED_US (SCRIM_SECOND / 4) // a floor that moves so far at once is worth a record

// ---- The host's clock.

// UTC - monotonic. False if something came between the readings.
static bool host_base(int64_t *ret_us)
{
    for (int tries = 0; tries < 3; tries++) {
        const int64_t before_us = scrim_clock_mono_us();
        const int64_t utc_us = scrim_clock_utc_us();
        if (scrim_clock_mono_us() - before_us <= HOST_READ_US) {
            *ret_us = utc_us - before_us;
            return true;
        }
    }
    return false;
}

int64_t scrim_timeline_check_host(struct scrim_timeline *timeline)
{
    int64_t base_us;
    if (!timeline->has_host) {
        timeline->has_host = true;
        if (!host_base(&timeline->host_base_us))
            timeline->host_base_us = scrim_clock_utc_us() - scrim_clock_mono_us();
        return 0;
    }
    if (!host_base(&base_us))
        return 0;
    const int64_t step_us = base_us - timeline->host_base_us;
    if (step_us < HOST_STEP_US && step_us > -HOST_STEP_US)
        return 0;
    timeline->host_base_us = base_us;
    return step_us;
}

// ---- Media time.

static int64_t arrival_of(struct scrim_timeline *timeline, const struct scrim_unit *unit)
{
    const int64_t now_us = scrim_clock_mono_us();
    int64_t arrival_us = unit->arrival_us;
    if (arrival_us <= 0 || arrival_us > now_us || arrival_us < now_us - BACKLOG_MAX_US)
        arrival_us = now_us;
    if (timeline->started && arrival_us < timeline->last_arrival_us)
        arrival_us = timeline->last_arrival_us;
    return arrival_us;
}

static int64_t newest(const struct scrim_timeline *timeline)
{
    return timeline->newest[0];
}

// The time stamp says nothing: the picture was taken as much later as it arrived.
static void rebase(struct scrim_timeline *timeline, int64_t rtp, int64_t arrival_us)
{
    const int64_t media_us = arrival_us - scrim_skew_offset(&timeline->skew, arrival_us);
    int64_t media = media_us * 9 / 100;
    if (media <= newest(timeline))
        media = newest(timeline) + 1;
    timeline->rebase = media - rtp;
}

static void start(struct scrim_timeline *timeline, int64_t rtp, int64_t arrival_us)
{
    if (timeline->started)
        rebase(timeline, rtp, arrival_us);
    else
        timeline->rebase = -rtp; // media time counts from the first picture
    const int64_t media_us = scrim_media_us(rtp + timeline->rebase);
    scrim_skew_restart(&timeline->skew, arrival_us, arrival_us - media_us);
    timeline->broken = false;
}

static bool jumped_back(const struct scrim_timeline *timeline, const struct scrim_unit *unit,
                        int64_t media)
{
    const int64_t back = newest(timeline) - media;
    const int64_t reordered =
        timeline->stride * 2 > BACKWARD_MAX ? timeline->stride * 2 : BACKWARD_MAX;
    const bool deep = timeline->newest_count > DEPTH_MAX && media < timeline->newest[DEPTH_MAX];
    return back > reordered || deep || (unit->random && back >= KEY_BACKWARD_MAX);
}

// Earlier than any delay explains, and at once: what was held up comes late, and after it each
// picture is little early only, by the time from one to the next.
static bool jumped_forward(const struct scrim_timeline *timeline, const struct scrim_unit *unit,
                           int64_t media, int64_t arrival_us)
{
    const bool sure = scrim_skew_settled(&timeline->skew) && unit->lost_packets == 0;
    const int64_t most_us = sure ? FORWARD_US : FORWARD_UNSURE_US;
    const int64_t on = media - newest(timeline);
    const int64_t early_us =
        scrim_media_us(media) + scrim_skew_offset(&timeline->skew, arrival_us) - arrival_us;
    return early_us > most_us && on > timeline->stride * 2 &&
           scrim_media_us(on) - (arrival_us - timeline->last_arrival_us) > most_us;
}

static int64_t media_time(struct scrim_timeline *timeline, const struct scrim_unit *unit,
                          int64_t rtp, int64_t arrival_us, int64_t *ret_step_us)
{
    *ret_step_us = 0;
    if (!timeline->started || timeline->broken) {
        start(timeline, rtp, arrival_us);
        return rtp + timeline->rebase;
    }
    const int64_t media = rtp + timeline->rebase;
    if (jumped_back(timeline, unit, media) || jumped_forward(timeline, unit, media, arrival_us)) {
        rebase(timeline, rtp, arrival_us);
        *ret_step_us = scrim_media_us(media - rtp - timeline->rebase);
    } else if (rtp == timeline->last_rtp) {
        rebase(timeline, rtp, arrival_us); // its clock stands still
    }
    return rtp + timeline->rebase;
}

// How far this picture is from the newest before it, if that is a hole. `stride` is the longest
// distance of late: pictures come in groups when they are reordered, and rarely when nothing moves.
static int64_t hole(struct scrim_timeline *timeline, const struct scrim_unit *unit, int64_t media)
{
    const int64_t on = media - newest(timeline), stride = timeline->stride;
    if (on <= 0)
        return 0;
    const bool missing = unit->lost_units > 0 || unit->lost_packets > 0;
    const bool found = stride > 0 && scrim_media_us(on) >= SCRIM_HOLE_US &&
                       on > (missing ? stride * 3 / 2 : stride * 3);
    const int64_t faded = stride - stride / 64;
    if (!missing)
        timeline->stride = on > faded ? on : faded;
    return found ? scrim_media_us(on) : 0;
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

// ---- The whole.

void scrim_timeline_break(struct scrim_timeline *timeline)
{
    timeline->broken = true;
}

struct scrim_moment scrim_timeline_place(struct scrim_timeline *timeline,
                                         const struct scrim_unit *unit)
{
    const int64_t rtp = unit->rtp % RTP_MAX;
    const bool linked = timeline->started && !timeline->broken;
    struct scrim_moment moment = {.host_step_us = scrim_timeline_check_host(timeline),
                                  .arrival_us = arrival_of(timeline, unit)};
    moment.media = media_time(timeline, unit, rtp, moment.arrival_us, &moment.camera_step_us);
    const int64_t media_us = scrim_media_us(moment.media);
    const int64_t raised_us = scrim_skew_add(&timeline->skew, moment.arrival_us, media_us);
    if (raised_us > RAISED_US && moment.camera_step_us == 0)
        moment.camera_step_us = -raised_us;
    if (linked)
        moment.hole_us = hole(timeline, unit, moment.media);
    moment.dts = decoding_time(timeline, moment.media);
    moment.mono_us = media_us + scrim_skew_offset(&timeline->skew, moment.arrival_us);
    moment.utc_us = scrim_timeline_utc(timeline, moment.mono_us);
    timeline->started = true;
    timeline->last_rtp = rtp;
    timeline->last_dts = moment.dts;
    timeline->last_arrival_us = moment.arrival_us;
    return moment;
}
