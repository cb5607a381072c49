#include "desk/live.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define QUEUE_BYTES (2U << 20)  // of frames for one viewer; some 10 s of a usual redacted picture
#define GOP_BYTES (1536U << 10) // kept for late joiners; a longer one makes them wait
#define GOP_FRAMES 600
#define CLOCK_US SCRIM_SECOND
#define CLOSE_SIGNED_OUT 4401

struct viewer {
    struct scrim_ws *ws;
    unsigned camera;
    uint8_t session[32];
    bool waits_for_key;
    bool slow; // told so; tells again when it is over
    struct viewer *next, **link;
};

struct camera {
    enum scrim_live_state state;
    char reason[256];
    unsigned width, height;                            // of the last picture; 0 before the first
    struct scrim_ws_message *init_text, *init_segment; // NULL without a picture
    struct scrim_ws_message *state_text, *clock_text;
    struct scrim_ws_message *gop[GOP_FRAMES]; // since the last key frame
    size_t gop_count, gop_bytes;
    bool gop_usable;      // it begins with a key frame and is whole
    int64_t clock_due_us; // monotonic
    struct viewer *viewers;
};

struct scrim_live {
    struct camera *cameras;
    unsigned cameras_count;
    struct scrim_live_stats stats;
};

static struct scrim_ws_message *text_message(json_t *owned)
{
    char *text = owned ? json_dumps(owned, JSON_COMPACT) : NULL;
    struct scrim_ws_message *message =
        text ? scrim_ws_message_create(SCRIM_WS_TEXT, text, strlen(text)) : NULL;
    free(text);
    json_decref(owned);
    return message;
}

static void replace(struct scrim_ws_message **place, struct scrim_ws_message *message)
{
    scrim_ws_message_unref(*place);
    *place = message;
}

static const char *state_name(enum scrim_live_state state)
{
    switch (state) {
    case SCRIM_LIVE_LIVE: return "live";
    case SCRIM_LIVE_OPAQUE: return "opaque";
    case SCRIM_LIVE_WAITING: return "waiting";
    case SCRIM_LIVE_DOWN: break;
    }
    return "down";
}

static struct scrim_ws_message *state_message(const struct camera *camera, const char *reason)
{
    return text_message(json_pack("{s:s,s:s,s:s}", "type", "state", "state",
                                  state_name(camera->state), "reason", reason));
}

static void forget_gop(struct camera *camera)
{
    for (size_t i = 0; i < camera->gop_count; i++)
        scrim_ws_message_unref(camera->gop[i]);
    camera->gop_count = 0;
    camera->gop_bytes = 0;
    camera->gop_usable = false;
}

static void forget_picture(struct camera *camera)
{
    forget_gop(camera);
    replace(&camera->init_text, NULL);
    replace(&camera->init_segment, NULL);
    replace(&camera->clock_text, NULL);
}

struct scrim_live *scrim_live_create(unsigned cameras_count)
{
    struct scrim_live *live = scrim_new(struct scrim_live);
    live->cameras = scrim_new_array(cameras_count + 1, struct camera);
    live->cameras_count = cameras_count;
    for (unsigned i = 0; i < cameras_count; i++)
        scrim_live_set_state(live, i, SCRIM_LIVE_DOWN, "the veil is not running yet");
    return live;
}

void scrim_live_destroy(struct scrim_live *live)
{
    if (!live)
        return;
    for (unsigned i = 0; i < live->cameras_count; i++) {
        forget_picture(&live->cameras[i]);
        replace(&live->cameras[i].state_text, NULL);
    }
    free(live->cameras);
    free(live);
}

// What must not get lost: if even that does not fit, the viewer is cut and may come back.
static void send_kept(struct viewer *viewer, struct scrim_ws_message *message)
{
    if (message && scrim_ws_send(viewer->ws, message) < 0)
        scrim_ws_close(viewer->ws, 1013); // RFC 6455 registry: try again later
}

static void send_all(struct camera *camera, struct scrim_ws_message *message)
{
    for (struct viewer *viewer = camera->viewers; viewer; viewer = viewer->next)
        send_kept(viewer, message);
}

static void fall_behind(struct scrim_live *live, struct viewer *viewer)
{
    live->stats.frames_dropped += scrim_ws_drop_frames(viewer->ws) + 1;
    viewer->waits_for_key = true;
    if (viewer->slow)
        return;
    viewer->slow = true;
    struct scrim_ws_message *told = state_message(
        &live->cameras[viewer->camera], "the connection is too slow: pictures were left out");
    send_kept(viewer, told);
    scrim_ws_message_unref(told);
}

static void send_frame(struct scrim_live *live, struct viewer *viewer,
                       struct scrim_ws_message *message, bool key)
{
    const size_t queued = scrim_ws_queued_bytes(viewer->ws);
    if (viewer->waits_for_key && (!key || (viewer->slow && queued > 0)))
        return; // a slow one begins again when all that waited has gone out
    if ((queued > 0 && queued + scrim_ws_message_size(message) > QUEUE_BYTES) ||
        scrim_ws_send(viewer->ws, message) < 0) {
        fall_behind(live, viewer);
        return;
    }
    viewer->waits_for_key = false;
    if (viewer->slow && key) {
        viewer->slow = false;
        send_kept(viewer, live->cameras[viewer->camera].state_text);
    }
}

void scrim_live_init(struct scrim_live *live, unsigned index, const char *mime, unsigned width,
                     unsigned height, const uint8_t *segment, size_t segment_len)
{
    struct camera *camera = &live->cameras[index];
    forget_picture(camera);
    camera->width = width;
    camera->height = height;
    camera->init_text = text_message(json_pack("{s:s,s:s,s:i,s:i}", "type", "init", "mime", mime,
                                               "width", (int)width, "height", (int)height));
    camera->init_segment = scrim_ws_message_create(SCRIM_WS_BINARY, segment, segment_len);
    if (!camera->init_text || !camera->init_segment) {
        forget_picture(camera);
        return;
    }
    for (struct viewer *viewer = camera->viewers; viewer; viewer = viewer->next) {
        scrim_ws_drop_frames(viewer->ws); // of the picture before
        viewer->waits_for_key = true;
        send_kept(viewer, camera->init_text);
        send_kept(viewer, camera->init_segment);
    }
}

static void keep_for_joiners(struct camera *camera, struct scrim_ws_message *message, bool key)
{
    if (key) {
        forget_gop(camera);
        camera->gop_usable = true;
    }
    const size_t size = scrim_ws_message_size(message);
    if (!camera->gop_usable)
        return;
    if (camera->gop_count == GOP_FRAMES || camera->gop_bytes + size > GOP_BYTES) {
        forget_gop(camera);
        return;
    }
    camera->gop[camera->gop_count++] = scrim_ws_message_ref(message);
    camera->gop_bytes += size;
}

// About once a second: which instant the media time stands for.
static void tell_clock(struct camera *camera, const struct scrim_live_frame *frame)
{
    const int64_t now_us = scrim_clock_mono_us();
    if (camera->clock_text && now_us < camera->clock_due_us)
        return;
    camera->clock_due_us = now_us + CLOCK_US;
    replace(&camera->clock_text,
            text_message(json_pack("{s:s,s:I,s:I}", "type", "clock", "utc_ms",
                                   (json_int_t)(frame->utc_us / 1000), "pts_ms",
                                   (json_int_t)(frame->pts_us / 1000))));
    send_all(camera, camera->clock_text);
}

int scrim_live_frame(struct scrim_live *live, unsigned index, const struct scrim_live_frame *frame)
{
    struct camera *camera = &live->cameras[index];
    if (!camera->init_segment)
        return SCRIM_EFORMAT;
    struct scrim_ws_message *message =
        scrim_ws_message_create(SCRIM_WS_FRAME, frame->fragment, frame->fragment_len);
    if (!message) { // as if it had been lost on the way: all wait for the next key frame
        forget_gop(camera);
        for (struct viewer *viewer = camera->viewers; viewer; viewer = viewer->next)
            viewer->waits_for_key = true;
        return SCRIM_OK;
    }
    keep_for_joiners(camera, message, frame->key);
    for (struct viewer *viewer = camera->viewers; viewer; viewer = viewer->next)
        send_frame(live, viewer, message, frame->key);
    scrim_ws_message_unref(message);
    tell_clock(camera, frame);
    return SCRIM_OK;
}

void scrim_live_set_state(struct scrim_live *live, unsigned index, enum scrim_live_state state,
                          const char *reason)
{
    struct camera *camera = &live->cameras[index];
    if (state == SCRIM_LIVE_DOWN)
        forget_picture(camera);
    if (camera->state_text && camera->state == state && strcmp(camera->reason, reason) == 0)
        return;
    camera->state = state;
    snprintf(camera->reason, sizeof camera->reason, "%s", reason);
    replace(&camera->state_text, state_message(camera, camera->reason));
    if (state == SCRIM_LIVE_DOWN) {
        for (struct viewer *viewer = camera->viewers; viewer; viewer = viewer->next)
            scrim_ws_drop_frames(viewer->ws);
    }
    send_all(camera, camera->state_text);
}

const char *scrim_live_state_text(const struct scrim_live *live, unsigned camera)
{
    return state_name(live->cameras[camera].state);
}

const char *scrim_live_reason(const struct scrim_live *live, unsigned camera)
{
    return live->cameras[camera].reason;
}

void scrim_live_size(const struct scrim_live *live, unsigned camera, unsigned *ret_width,
                     unsigned *ret_height)
{
    *ret_width = live->cameras[camera].width;
    *ret_height = live->cameras[camera].height;
}

void scrim_live_join(struct scrim_live *live, unsigned index, struct scrim_ws *ws,
                     const uint8_t session[32])
{
    struct camera *camera = &live->cameras[index];
    struct viewer *viewer = scrim_new(struct viewer);
    viewer->ws = ws;
    viewer->camera = index;
    memcpy(viewer->session, session, sizeof viewer->session);
    viewer->waits_for_key = true;
    viewer->next = camera->viewers;
    viewer->link = &camera->viewers;
    if (viewer->next)
        viewer->next->link = &viewer->next;
    camera->viewers = viewer;
    live->stats.viewers++;
    scrim_ws_set_data(ws, viewer);

    send_kept(viewer, camera->state_text);
    send_kept(viewer, camera->init_text);
    send_kept(viewer, camera->init_segment);
    send_kept(viewer, camera->clock_text);
    for (size_t i = 0; i < camera->gop_count; i++)
        send_frame(live, viewer, camera->gop[i], i == 0);
}

void scrim_live_leave(struct scrim_live *live, struct scrim_ws *ws)
{
    struct viewer *viewer = scrim_ws_data(ws);
    if (!viewer)
        return;
    *viewer->link = viewer->next;
    if (viewer->next)
        viewer->next->link = viewer->link;
    live->stats.viewers--;
    scrim_ws_set_data(ws, NULL);
    free(viewer);
}

void scrim_live_end_session(struct scrim_live *live, const uint8_t session[32])
{
    for (unsigned i = 0; i < live->cameras_count; i++)
        for (struct viewer *viewer = live->cameras[i].viewers; viewer; viewer = viewer->next)
            if (memcmp(viewer->session, session, sizeof viewer->session) == 0)
                scrim_ws_close(viewer->ws, CLOSE_SIGNED_OUT);
}

struct scrim_live_stats scrim_live_stats(const struct scrim_live *live)
{
    return live->stats;
}
