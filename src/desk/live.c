#include "desk/live.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

#define GOP_FRAMES 600
#define CLOCK_US SCRIM_SECOND
#define CLOSE_SIGNED_OUT 4401
#define CLOSE_NOT_FOUND 4404

// Of a rendition, in bytes.
static const struct {
    size_t queue; // frames that may wait for one viewer: some 10 s of a usual picture
    size_t gop;   // kept for late joiners; a longer one makes them wait
    int kernel;   // that may wait in the kernel, some seconds; 0: as for any connection
} limits[SCRIM_RENDITIONS] = {
    [SCRIM_RENDITION_FULL] = {2U << 20, 1536U << 10, 0},
    [SCRIM_RENDITION_THIN] = {32U << 10, 16U << 10, 16 << 10},
};

struct viewer {
    struct scrim_ws *ws;
    unsigned camera;
    enum scrim_rendition rendition;
    uint8_t session[32];
    bool waits_for_key;
    bool slow; // told so; tells again when it is over
    struct viewer *next, **link;
};

// One rendition of a camera.
struct stream {
    unsigned width, height;                            // of the last picture; 0 before the first
    struct scrim_ws_message *init_text, *init_segment; // NULL without a picture
    struct scrim_ws_message *clock_text;
    struct scrim_ws_message *gop[GOP_FRAMES]; // since the last key frame
    size_t gop_count, gop_bytes;
    bool gop_usable;      // it begins with a key frame and is whole
    bool key_asked;       // and has not come yet; of the thin one
    int64_t clock_due_us; // monotonic
    struct viewer *viewers;
};

struct camera {
    enum scrim_live_state state;
    char reason[256];
    struct scrim_ws_message *state_text;
    struct stream streams[SCRIM_RENDITIONS];
};

struct scrim_live {
    scrim_live_want want;
    void *context;
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

static void forget_gop(struct stream *stream)
{
    for (size_t i = 0; i < stream->gop_count; i++)
        scrim_ws_message_unref(stream->gop[i]);
    stream->gop_count = 0;
    stream->gop_bytes = 0;
    stream->gop_usable = false;
}

static void forget_picture(struct stream *stream)
{
    forget_gop(stream);
    replace(&stream->init_text, NULL);
    replace(&stream->init_segment, NULL);
    replace(&stream->clock_text, NULL);
    stream->key_asked = false;
}

struct scrim_live *scrim_live_create(unsigned cameras_count, scrim_live_want want, void *context)
{
    struct scrim_live *live = scrim_new(struct scrim_live);
    live->want = want;
    live->context = context;
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
        for (int rendition = 0; rendition < SCRIM_RENDITIONS; rendition++)
            forget_picture(&live->cameras[i].streams[rendition]);
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

static void send_all(struct stream *stream, struct scrim_ws_message *message)
{
    for (struct viewer *viewer = stream->viewers; viewer; viewer = viewer->next)
        send_kept(viewer, message);
}

// One for all who wait. The full rendition has its key frames every other second anyhow.
static void ask_for_key(struct scrim_live *live, unsigned index, enum scrim_rendition rendition)
{
    struct stream *stream = &live->cameras[index].streams[rendition];
    if (rendition != SCRIM_RENDITION_THIN || stream->key_asked ||
        live->cameras[index].state == SCRIM_LIVE_DOWN)
        return;
    stream->key_asked = true;
    live->want(live->context, index, true);
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
    const bool busy = viewer->slow && queued > 0;
    if (viewer->waits_for_key && !key && !busy)
        ask_for_key(live, viewer->camera, viewer->rendition);
    if (viewer->waits_for_key && (!key || busy))
        return; // a slow one begins again when all that waited has gone out
    if ((queued > 0 && queued + scrim_ws_message_size(message) > limits[viewer->rendition].queue) ||
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

void scrim_live_begin(struct scrim_live *live, unsigned index, enum scrim_rendition rendition,
                      const struct scrim_live_init *init)
{
    struct stream *stream = &live->cameras[index].streams[rendition];
    forget_picture(stream);
    stream->width = init->width;
    stream->height = init->height;
    stream->init_text =
        text_message(json_pack("{s:s,s:s,s:i,s:i}", "type", "init", "mime", init->mime, "width",
                               (int)init->width, "height", (int)init->height));
    stream->init_segment =
        scrim_ws_message_create(SCRIM_WS_BINARY, init->segment, init->segment_len);
    if (!stream->init_text || !stream->init_segment) {
        forget_picture(stream);
        return;
    }
    for (struct viewer *viewer = stream->viewers; viewer; viewer = viewer->next) {
        scrim_ws_drop_frames(viewer->ws); // of the picture before
        viewer->waits_for_key = true;
        send_kept(viewer, stream->init_text);
        send_kept(viewer, stream->init_segment);
    }
}

static void keep_for_joiners(struct stream *stream, size_t most, struct scrim_ws_message *message,
                             bool key)
{
    if (key) {
        forget_gop(stream);
        stream->gop_usable = true;
        stream->key_asked = false;
    }
    const size_t size = scrim_ws_message_size(message);
    if (!stream->gop_usable)
        return;
    if (stream->gop_count == GOP_FRAMES || stream->gop_bytes + size > most) {
        forget_gop(stream);
        return;
    }
    stream->gop[stream->gop_count++] = scrim_ws_message_ref(message);
    stream->gop_bytes += size;
}

// About once a second: which instant the media time stands for.
static void tell_clock(struct stream *stream, const struct scrim_live_frame *frame)
{
    const int64_t now_us = scrim_clock_mono_us();
    if (stream->clock_text && now_us < stream->clock_due_us)
        return;
    stream->clock_due_us = now_us + CLOCK_US;
    replace(&stream->clock_text,
            text_message(json_pack("{s:s,s:I,s:I}", "type", "clock", "utc_ms",
                                   (json_int_t)(frame->utc_us / 1000), "pts_ms",
                                   (json_int_t)(frame->pts_us / 1000))));
    send_all(stream, stream->clock_text);
}

int scrim_live_frame(struct scrim_live *live, unsigned index, enum scrim_rendition rendition,
                     const struct scrim_live_frame *frame)
{
    struct stream *stream = &live->cameras[index].streams[rendition];
    if (!stream->init_segment)
        return rendition == SCRIM_RENDITION_THIN ? SCRIM_OK : SCRIM_EFORMAT;
    struct scrim_ws_message *message =
        scrim_ws_message_create(SCRIM_WS_FRAME, frame->fragment, frame->fragment_len);
    if (!message) { // as if it had been lost on the way: all wait for the next key frame
        forget_gop(stream);
        for (struct viewer *viewer = stream->viewers; viewer; viewer = viewer->next)
            viewer->waits_for_key = true;
        return SCRIM_OK;
    }
    keep_for_joiners(stream, limits[rendition].gop, message, frame->key);
    for (struct viewer *viewer = stream->viewers; viewer; viewer = viewer->next)
        send_frame(live, viewer, message, frame->key);
    scrim_ws_message_unref(message);
    tell_clock(stream, frame);
    return SCRIM_OK;
}

// A veil that has just come knows of nobody who watches.
static void tell_wishes(struct scrim_live *live, unsigned index)
{
    if (live->cameras[index].streams[SCRIM_RENDITION_THIN].viewers)
        ask_for_key(live, index, SCRIM_RENDITION_THIN);
}

static void drop_frames(struct stream *stream)
{
    for (struct viewer *viewer = stream->viewers; viewer; viewer = viewer->next)
        scrim_ws_drop_frames(viewer->ws);
}

void scrim_live_set_state(struct scrim_live *live, unsigned index, enum scrim_live_state state,
                          const char *reason)
{
    struct camera *camera = &live->cameras[index];
    const bool down = state == SCRIM_LIVE_DOWN, was_down = camera->state == SCRIM_LIVE_DOWN;
    for (int i = 0; i < SCRIM_RENDITIONS && down; i++)
        forget_picture(&camera->streams[i]);
    if (camera->state_text && camera->state == state && strcmp(camera->reason, reason) == 0)
        return;
    camera->state = state;
    snprintf(camera->reason, sizeof camera->reason, "%s", reason);
    replace(&camera->state_text, state_message(camera, camera->reason));
    for (int i = 0; i < SCRIM_RENDITIONS; i++) {
        if (down)
            drop_frames(&camera->streams[i]);
        send_all(&camera->streams[i], camera->state_text);
    }
    if (was_down && !down)
        tell_wishes(live, index);
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
    *ret_width = live->cameras[camera].streams[SCRIM_RENDITION_FULL].width;
    *ret_height = live->cameras[camera].streams[SCRIM_RENDITION_FULL].height;
}

bool scrim_live_may_join(const struct scrim_live *live, const uint8_t session[32])
{
    size_t count = 0;
    for (unsigned i = 0; i < live->cameras_count; i++) {
        for (unsigned k = 0; k < SCRIM_RENDITIONS; k++) {
            const struct viewer *viewer = live->cameras[i].streams[k].viewers;
            for (; viewer; viewer = viewer->next)
                count += memcmp(viewer->session, session, sizeof viewer->session) == 0;
        }
    }
    return count < SCRIM_LIVE_SESSION_MAX;
}

void scrim_live_join(struct scrim_live *live, unsigned index, enum scrim_rendition rendition,
                     struct scrim_ws *ws, const uint8_t session[32])
{
    struct camera *camera = &live->cameras[index];
    struct stream *stream = &camera->streams[rendition];
    struct viewer *viewer = scrim_new(struct viewer);
    viewer->ws = ws;
    viewer->camera = index;
    viewer->rendition = rendition;
    memcpy(viewer->session, session, sizeof viewer->session);
    viewer->waits_for_key = true;
    viewer->next = stream->viewers;
    viewer->link = &stream->viewers;
    if (viewer->next)
        viewer->next->link = &viewer->next;
    stream->viewers = viewer;
    live->stats.viewers++;
    scrim_ws_set_data(ws, viewer);
    if (limits[rendition].kernel > 0)
        scrim_ws_limit_kernel(ws, limits[rendition].kernel);

    send_kept(viewer, camera->state_text);
    send_kept(viewer, stream->init_text);
    send_kept(viewer, stream->init_segment);
    send_kept(viewer, stream->clock_text);
    for (size_t i = 0; i < stream->gop_count; i++)
        send_frame(live, viewer, stream->gop[i], i == 0);
    if (viewer->waits_for_key)
        ask_for_key(live, index, rendition);
}

// Nobody is left: the thin rendition is made no longer, and what is still on its way is not kept.
static void leave_thin(struct scrim_live *live, unsigned index)
{
    struct stream *stream = &live->cameras[index].streams[SCRIM_RENDITION_THIN];
    if (stream->viewers)
        return;
    forget_picture(stream);
    if (live->cameras[index].state != SCRIM_LIVE_DOWN)
        live->want(live->context, index, false);
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
    if (viewer->rendition == SCRIM_RENDITION_THIN)
        leave_thin(live, viewer->camera);
    free(viewer);
}

static void end_session(struct stream *stream, const uint8_t session[32])
{
    for (struct viewer *viewer = stream->viewers; viewer; viewer = viewer->next)
        if (memcmp(viewer->session, session, sizeof viewer->session) == 0)
            scrim_ws_close(viewer->ws, CLOSE_SIGNED_OUT);
}

void scrim_live_end_session(struct scrim_live *live, const uint8_t session[32])
{
    for (unsigned i = 0; i < live->cameras_count; i++)
        for (int rendition = 0; rendition < SCRIM_RENDITIONS; rendition++)
            end_session(&live->cameras[i].streams[rendition], session);
}

void scrim_live_review(struct scrim_live *live,
                       bool (*may)(void *context, const uint8_t session[32], unsigned camera),
                       void *context)
{
    for (unsigned i = 0; i < live->cameras_count; i++) {
        for (int k = 0; k < SCRIM_RENDITIONS; k++) {
            const struct viewer *viewer = live->cameras[i].streams[k].viewers;
            for (; viewer; viewer = viewer->next)
                if (!may(context, viewer->session, i))
                    scrim_ws_close(viewer->ws, CLOSE_NOT_FOUND);
        }
    }
}

struct scrim_live_stats scrim_live_stats(const struct scrim_live *live)
{
    return live->stats;
}
