#include "recorder/ingest.h"

#include "base/alloc.h"
#include "media/rtsp.h"
#include "base/backoff.h"
#include "recorder/rate.h"

#include <pthread.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#define OPEN_US (10 * SCRIM_SECOND)
#define STALL_MIN_US (5 * SCRIM_SECOND)
#define STALL_INTERVALS 3                // longest recent distance between frames, times this
#define KEY_FRAME_US (30 * SCRIM_SECOND) // without one, it is said aloud
#define STATE_US (2 * SCRIM_SECOND)
#define TICK_US (5 * SCRIM_SECOND)
#define STACK_BYTES (512U << 10)

struct scrim_ingest {
    struct scrim_ingest_setup setup;
    struct scrim_log log;
    pthread_t thread;
    struct scrim_backoff backoff;
    struct scrim_camera_state state; // of a main stream: what the desk was last told
    int64_t state_due_us;
    // Of the connection:
    struct scrim_rate rate;
    unsigned generation;   // of the parameters the veil was told
    bool veil_skips;       // up to the next key frame
    bool recorded;         // as last told
    int64_t started_us;    // monotonic; of the first frame, 0: none yet
    int64_t last_frame_us; // monotonic
    int64_t longest_us;    // recent distance between frames, fading
    int64_t last_key_us;   // monotonic
    uint64_t frames;
};

static bool cancelled(void *context)
{
    const struct scrim_ingest *ingest = context;
    return scrim_stop_requested(ingest->setup.stop);
}

static void tell_desk(struct scrim_ingest *ingest, int64_t mono_us)
{
    if (!ingest->setup.camera)
        return;
    scrim_camera_status(ingest->setup.camera, &ingest->state.recording);
    ingest->state.fps = ingest->rate.fps;
    ingest->state.bitrate = ingest->rate.bitrate;
    ingest->state_due_us = mono_us + STATE_US;
    scrim_fanout_state(ingest->setup.fanout, ingest->setup.index, &ingest->state);
}

// ---- While frames come.

static void note_params(struct scrim_ingest *ingest, const struct scrim_params *params)
{
    if (params->generation == ingest->generation)
        return;
    ingest->generation = params->generation;
    ingest->state.codec = params->codec;
    ingest->state.width = params->width;
    ingest->state.height = params->height;
    if (ingest->setup.feeds_veil) {
        scrim_fanout_stream(ingest->setup.fanout, ingest->setup.index, params);
        ingest->veil_skips = true;
    }
}

static void feed_veil(struct scrim_ingest *ingest, const struct scrim_unit *frame,
                      const struct scrim_moment *moment)
{
    const struct scrim_ingest_setup *setup = &ingest->setup;
    if (!setup->feeds_veil || !scrim_fanout_wants(setup->fanout, setup->index))
        return;
    if (ingest->veil_skips && !frame->random)
        return;
    ingest->veil_skips = !scrim_fanout_packet(setup->fanout, setup->index, frame, moment);
    if (ingest->veil_skips)
        scrim_fanout_drop(setup->fanout, setup->index);
}

static void note_arrival(struct scrim_ingest *ingest, const struct scrim_unit *frame,
                         int64_t mono_us)
{
    if (ingest->started_us == 0) {
        ingest->started_us = mono_us;
        ingest->last_key_us = mono_us;
        ingest->state.streaming = true;
        ingest->state.problem[0] = '\0';
        ingest->state.has_cause = false;
        ingest->state_due_us = mono_us;
    } else {
        const int64_t distance_us = mono_us - ingest->last_frame_us;
        ingest->longest_us -= ingest->longest_us / 256;
        if (distance_us > ingest->longest_us)
            ingest->longest_us = distance_us;
    }
    ingest->last_frame_us = mono_us;
    scrim_rate_add(&ingest->rate, mono_us, frame->size);
    if (frame->random)
        ingest->last_key_us = mono_us;
    if (mono_us - ingest->last_key_us >= KEY_FRAME_US) {
        scrim_warn(&ingest->log, "no key frame for %d s", (int)(KEY_FRAME_US / SCRIM_SECOND));
        ingest->last_key_us = mono_us;
    }
}

static void take_frame(struct scrim_ingest *ingest, const struct scrim_unit *frame,
                       const struct scrim_params *params, struct scrim_timeline *timeline)
{
    struct scrim_camera *camera = ingest->setup.camera;
    const struct scrim_moment moment = camera ? scrim_camera_frame(camera, frame, params)
                                              : scrim_timeline_place(timeline, frame);
    note_arrival(ingest, frame, moment.mono_us);
    note_params(ingest, params);
    feed_veil(ingest, frame, &moment);
    if (camera) {
        struct scrim_camera_status status;
        scrim_camera_status(camera, &status);
        if (status.recording != ingest->recorded)
            ingest->state_due_us = moment.mono_us;
        ingest->recorded = status.recording;
    }
    if (moment.mono_us >= ingest->state_due_us)
        tell_desk(ingest, moment.mono_us);
}

static int64_t stall_after(const struct scrim_ingest *ingest)
{
    const int64_t wanted_us = ingest->longest_us * STALL_INTERVALS;
    return wanted_us > STALL_MIN_US ? wanted_us : STALL_MIN_US;
}

static int read_frames(struct scrim_ingest *ingest, struct scrim_rtsp *rtsp,
                       struct scrim_timeline *timeline, struct scrim_error *error)
{
    struct scrim_unit frame;
    int result;
    while ((result = scrim_rtsp_read(rtsp, stall_after(ingest), &frame, error)) >= 0)
        take_frame(ingest, &frame, scrim_rtsp_params(rtsp), timeline);
    return result;
}

// ---- Between connections.

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

static void note_outage(struct scrim_ingest *ingest, int code, const char *why)
{
    const bool streamed = ingest->started_us != 0;
    struct scrim_camera_state *state = &ingest->state;
    state->streaming = false;
    state->has_cause = true;
    state->cause = cause_of(code, streamed);
    snprintf(state->problem, sizeof state->problem, "%s", why);
    ingest->rate = (struct scrim_rate){0};
    ingest->recorded = false;
    scrim_warn(&ingest->log, "%s", why);
    if (ingest->setup.camera)
        scrim_camera_outage(ingest->setup.camera, state->cause, why);
    if (ingest->setup.feeds_veil && streamed)
        scrim_fanout_end(ingest->setup.fanout, ingest->setup.index, why);
    tell_desk(ingest, scrim_clock_mono_us());
}

static void wait_for_retry(struct scrim_ingest *ingest, int64_t healthy_us)
{
    const int64_t until_us = scrim_clock_mono_us() +
                             scrim_backoff_next(&ingest->backoff, healthy_us, randombytes_random());
    for (;;) {
        int64_t left_us = until_us - scrim_clock_mono_us();
        if (left_us <= 0 ||
            scrim_stop_wait(ingest->setup.stop, left_us < TICK_US ? left_us : TICK_US))
            return;
        if (ingest->setup.camera)
            scrim_camera_tick(ingest->setup.camera);
    }
}

static int stream_once(struct scrim_ingest *ingest, struct scrim_timeline *timeline,
                       struct scrim_error *error)
{
    const struct scrim_ingest_setup *setup = &ingest->setup;
    const struct scrim_rtsp_options options = {
        .url = setup->url,
        .user = setup->config->user,
        .password = setup->password ? (const char *)setup->password->data : NULL,
        .transport = setup->config->transport,
        .timeout_us = OPEN_US,
        .cancelled = cancelled,
        .context = ingest,
    };
    struct scrim_rtsp *rtsp;
    ingest->started_us = ingest->longest_us = 0;
    ingest->generation = 0;
    int result = scrim_rtsp_open(&options, &rtsp, error);
    if (result < 0)
        return result;
    result = read_frames(ingest, rtsp, timeline, error);
    scrim_rtsp_close(rtsp);
    return result;
}

static void *run(void *pointer)
{
    struct scrim_ingest *ingest = pointer;
    struct scrim_timeline timeline = {0};
    struct scrim_error error;
    tell_desk(ingest, scrim_clock_mono_us());
    for (;;) {
        const int result = stream_once(ingest, &timeline, &error);
        if (scrim_stop_requested(ingest->setup.stop))
            return NULL;
        note_outage(ingest, result, error.text);
        scrim_timeline_break(&timeline);
        const int64_t healthy_us =
            ingest->started_us ? ingest->last_frame_us - ingest->started_us : 0;
        wait_for_retry(ingest, healthy_us);
        ingest->state.reconnects++;
        if (scrim_stop_requested(ingest->setup.stop))
            return NULL;
    }
}

int scrim_ingest_start(const struct scrim_ingest_setup *setup, struct scrim_ingest **ret,
                       struct scrim_error *error)
{
    struct scrim_ingest *ingest = scrim_new(struct scrim_ingest);
    ingest->setup = *setup;
    ingest->log = scrim_log_named("recorder.%s%s", setup->config->id, setup->camera ? "" : ".sub");
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    const int failed = pthread_create(&ingest->thread, &attributes, run, ingest);
    pthread_attr_destroy(&attributes);
    if (failed) {
        free(ingest);
        return scrim_fail_errno(error, failed, "camera %s: cannot start its thread",
                                setup->config->id);
    }
    *ret = ingest;
    return SCRIM_OK;
}

void scrim_ingest_destroy(struct scrim_ingest *ingest)
{
    if (!ingest)
        return;
    pthread_join(ingest->thread, NULL);
    free(ingest);
}
