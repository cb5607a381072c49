#include "recorder/feed.h"

#include "base/alloc.h"
#include "ingest/wire.h"
#include "recorder/rate.h"

#include <stdio.h>
#include <stdlib.h>

#define MESSAGES_AT_ONCE 128             // then the other feeds have their turn
#define LINK_OUT_BYTES 4096              // nothing is ever sent
#define KEY_FRAME_US (30 * SCRIM_SECOND) // without one, it is said aloud
#define STATE_US (2 * SCRIM_SECOND)
#define ARRIVAL_MAX_US (10 * SCRIM_SECOND) // a unit cannot have come longer ago, nor in the future

struct scrim_feed {
    struct scrim_feed_setup setup;
    struct scrim_link *link; // NULL: no process is attached
    bool sound_allowed;      // by scrim.yaml
    struct scrim_params params;
    struct scrim_timeline timeline;  // of a sub stream
    struct scrim_camera_state state; // of a main stream: what the desk was last told
    int64_t state_due_us;            // monotonic
    struct scrim_rate rate;
    bool streaming;
    bool veil_skips;     // up to the next key frame
    bool recorded;       // as last told
    int64_t last_key_us; // monotonic
};

struct scrim_feed *scrim_feed_create(const struct scrim_feed_setup *setup)
{
    struct scrim_feed *feed = scrim_new(struct scrim_feed);
    feed->setup = *setup;
    scrim_params_init(&feed->params, 0);
    return feed;
}

void scrim_feed_destroy(struct scrim_feed *feed)
{
    if (!feed)
        return;
    scrim_link_destroy(feed->link);
    scrim_params_finish(&feed->params);
    free(feed);
}

int scrim_feed_fd(const struct scrim_feed *feed)
{
    return feed->link ? scrim_link_fd(feed->link) : -1;
}

static void tell_desk(struct scrim_feed *feed, int64_t mono_us)
{
    if (!feed->setup.camera)
        return;
    scrim_camera_status(feed->setup.camera, &feed->state.recording);
    feed->state.fps = feed->rate.fps;
    feed->state.bitrate = feed->rate.bitrate;
    feed->state_due_us = mono_us + STATE_US;
    scrim_fanout_state(feed->setup.fanout, feed->setup.slot, &feed->state);
}

static void break_off(struct scrim_feed *feed, enum scrim_gap_cause cause, const char *why)
{
    struct scrim_camera_state *state = &feed->state;
    state->streaming = false;
    state->has_cause = true;
    state->cause = cause;
    snprintf(state->problem, sizeof state->problem, "%s", why);
    feed->rate = (struct scrim_rate){0};
    feed->recorded = false;
    feed->params.generation = 0;
    if (feed->setup.camera)
        scrim_camera_outage(feed->setup.camera, cause, why);
    if (feed->setup.feeds_veil && feed->streaming)
        scrim_fanout_end(feed->setup.fanout, feed->setup.slot, why);
    feed->streaming = false;
    scrim_timeline_break(&feed->timeline);
    tell_desk(feed, scrim_clock_mono_us());
}

void scrim_feed_detach(struct scrim_feed *feed)
{
    if (!feed->link)
        return;
    scrim_link_destroy(feed->link);
    feed->link = NULL;
    break_off(feed, SCRIM_GAP_OPERATOR, "the camera's settings were changed");
}

void scrim_feed_attach(struct scrim_feed *feed, int fd, bool sound)
{
    scrim_feed_detach(feed);
    feed->link = scrim_link_create(fd, LINK_OUT_BYTES);
    feed->sound_allowed = sound && feed->setup.camera;
}

// ---- While pictures come.

static void take_track(struct scrim_feed *feed, const struct scrim_wire_message *message)
{
    struct scrim_params *params = &feed->params;
    scrim_buf_clear(&params->sets);
    if (scrim_buf_append(&params->sets, message->track.sets, message->track.sets_size) < 0)
        return; // no memory: units without parameters are not taken
    params->codec = message->track.codec;
    params->width = message->track.width;
    params->height = message->track.height;
    params->declared_mfps = message->track.declared_mfps;
    params->generation++;
    feed->state.codec = params->codec;
    feed->state.width = params->width;
    feed->state.height = params->height;
    if (feed->setup.feeds_veil) {
        scrim_fanout_stream(feed->setup.fanout, feed->setup.slot, params);
        feed->veil_skips = true;
    }
}

static void feed_veil(struct scrim_feed *feed, const struct scrim_unit *unit,
                      const struct scrim_moment *moment)
{
    const struct scrim_feed_setup *setup = &feed->setup;
    if (!setup->feeds_veil || !scrim_fanout_wants(setup->fanout, setup->slot))
        return;
    if (feed->veil_skips && !unit->random)
        return;
    feed->veil_skips = !scrim_fanout_packet(setup->fanout, setup->slot, unit, moment);
    if (feed->veil_skips)
        scrim_fanout_drop(setup->fanout, setup->slot);
}

static void note_arrival(struct scrim_feed *feed, const struct scrim_unit *unit, int64_t mono_us)
{
    if (!feed->streaming) {
        feed->streaming = feed->state.streaming = true;
        feed->last_key_us = mono_us;
        feed->state.problem[0] = '\0';
        feed->state.has_cause = false;
        feed->state_due_us = mono_us;
    }
    scrim_rate_add(&feed->rate, mono_us, unit->size);
    if (unit->random)
        feed->last_key_us = mono_us;
    if (mono_us - feed->last_key_us >= KEY_FRAME_US) {
        scrim_warn(&feed->setup.log, "no key frame for %d s", (int)(KEY_FRAME_US / SCRIM_SECOND));
        feed->last_key_us = mono_us;
    }
}

// The process that says so is not to be trusted.
static int64_t believable(int64_t arrival_us, int64_t now_us)
{
    return arrival_us > now_us || arrival_us < now_us - ARRIVAL_MAX_US ? now_us : arrival_us;
}

static void take_unit(struct scrim_feed *feed, struct scrim_unit *unit)
{
    struct scrim_camera *camera = feed->setup.camera;
    const int64_t now_us = scrim_clock_mono_us();
    if (feed->params.generation == 0)
        return;
    unit->arrival_us = believable(unit->arrival_us, now_us);
    const struct scrim_moment moment = camera ? scrim_camera_frame(camera, unit, &feed->params)
                                              : scrim_timeline_place(&feed->timeline, unit);
    note_arrival(feed, unit, now_us);
    feed_veil(feed, unit, &moment);
    if (camera) {
        struct scrim_camera_status status;
        scrim_camera_status(camera, &status);
        if (status.recording != feed->recorded)
            feed->state_due_us = now_us;
        feed->recorded = status.recording;
    }
    if (now_us >= feed->state_due_us)
        tell_desk(feed, now_us);
}

static void take_sound(struct scrim_feed *feed, struct scrim_sound_frame *frame)
{
    frame->arrival_us = believable(frame->arrival_us, scrim_clock_mono_us());
    scrim_camera_sound(feed->setup.camera, frame);
}

// Who has to look into it: those who mind the network, or the camera.
static enum scrim_gap_cause cause_of(int code, bool streamed)
{
    switch (code) {
    case SCRIM_ENETWORK: return SCRIM_GAP_NETWORK;
    case SCRIM_ETIMEOUT: return streamed ? SCRIM_GAP_CAMERA : SCRIM_GAP_NETWORK;
    case SCRIM_ENOMEM: return SCRIM_GAP_OVERLOAD;
    default: return SCRIM_GAP_CAMERA;
    }
}

static void take_message(struct scrim_feed *feed, struct scrim_wire_message *message)
{
    switch (message->kind) {
    case SCRIM_LINK_TRACK: take_track(feed, message); break;
    case SCRIM_LINK_UNIT: take_unit(feed, &message->unit); break;
    case SCRIM_LINK_BROKEN:
        break_off(feed, cause_of(message->broken.code, feed->streaming), message->broken.text);
        break;
    case SCRIM_LINK_FEED: feed->state.feed = message->feed; break;
    case SCRIM_LINK_SOUND_TRACK:
        scrim_camera_sound_track(feed->setup.camera, &message->sound_track);
        break;
    case SCRIM_LINK_SOUND: take_sound(feed, &message->sound); break;
    default: break;
    }
}

// One message that may be taken. As scrim_link_receive.
static int receive(struct scrim_feed *feed, struct scrim_wire_message *ret)
{
    struct scrim_link_message raw;
    int result = scrim_link_receive(feed->link, &raw);
    if (result <= 0)
        return result;
    result = scrim_wire_parse(&raw, ret);
    const bool sound = raw.kind == SCRIM_LINK_SOUND || raw.kind == SCRIM_LINK_SOUND_TRACK;
    if (result >= 0 && sound && !feed->sound_allowed)
        return SCRIM_EFORMAT; // nobody asked for it: no process of ours in its right mind does that
    return result < 0 ? result : 1;
}

bool scrim_feed_serve(struct scrim_feed *feed)
{
    struct scrim_wire_message message;
    int result = 1;
    for (unsigned i = 0; feed->link && i < MESSAGES_AT_ONCE; i++) {
        result = receive(feed, &message);
        if (result == 0)
            return false;
        if (result < 0) {
            scrim_link_destroy(feed->link);
            feed->link = NULL;
            break_off(feed, SCRIM_GAP_CRASH,
                      result == SCRIM_EFORMAT ? "the process that reads the camera spoke nonsense"
                                              : "the process that reads the camera ended");
            return false;
        }
        take_message(feed, &message);
    }
    return feed->link != NULL;
}

void scrim_feed_tick(struct scrim_feed *feed, int64_t mono_us)
{
    if (feed->setup.camera && !feed->streaming)
        scrim_camera_tick(feed->setup.camera);
    if (mono_us >= feed->state_due_us)
        tell_desk(feed, mono_us);
}
