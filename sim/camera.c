#include "camera.h"

#include <gst/app/gstappsrc.h>

#define START_POLL_US 2000 // until the pipeline plays

struct camera {
    GstRTSPMediaFactory *factory;
    GSource *pacer;    // in the pace thread; its ready time is when the next frame is due
    GMutex lock;       // leaf; protects all below
    GstAppSrc *source; // of the media that clients share, NULL while nobody watches
    const struct clip *clip, *next_clip;
    struct faults faults;
    double speed;
    gint64 epoch_us; // monotonic time of tick 0
    guint64 ticks;   // frame periods since then
    guint index;     // next unit of the clip
    guint64 frames, lost;
    gint64 loop_utc_us;
};

struct pacer {
    GSource source;
    struct camera *camera;
};

// One thread paces all cameras: pushing a frame is a queue operation.
static GMainContext *pace_context;

static gpointer pace(gpointer unused)
{
    (void)unused;
    g_main_context_push_thread_default(pace_context);
    g_main_loop_run(g_main_loop_new(pace_context, FALSE)); // until the process ends
    return NULL;
}

// Only then do frames get times: those before would all get the same.
static bool is_playing(GstAppSrc *source)
{
    GST_OBJECT_LOCK(source);
    const bool playing = GST_STATE(source) == GST_STATE_PLAYING;
    GST_OBJECT_UNLOCK(source);
    return playing;
}

static GstClockTime running_time(GstAppSrc *source)
{
    g_autoptr(GstClock) clock = gst_element_get_clock(GST_ELEMENT(source));
    return gst_clock_get_time(clock) - gst_element_get_base_time(GST_ELEMENT(source));
}

static void send_frame_locked(struct camera *camera)
{
    const struct clip *clip = camera->clip;
    const guint last = camera->index > 0 ? camera->index - 1 : 0;
    const guint index = camera->faults.repeat ? last : camera->index;
    if (index == 0)
        camera->loop_utc_us = g_get_real_time();
    GstBuffer *unit = gst_buffer_copy(g_ptr_array_index(clip->units, index)); // shares the bytes
    GstClockTime reorder = 0;
    if (GST_BUFFER_PTS_IS_VALID(unit) && GST_BUFFER_DTS_IS_VALID(unit) &&
        GST_BUFFER_PTS(unit) > GST_BUFFER_DTS(unit))
        reorder = GST_BUFFER_PTS(unit) - GST_BUFFER_DTS(unit);
    GST_BUFFER_DTS(unit) = running_time(camera->source);
    GST_BUFFER_PTS(unit) = GST_BUFFER_DTS(unit) + reorder;
    GST_BUFFER_DURATION(unit) = clip->frame;
    gst_app_src_push_buffer(camera->source, unit); // takes the buffer
    camera->frames++;
    if (!camera->faults.repeat)
        camera->index = (camera->index + 1) % clip->units->len;
}

static void restart_clock_locked(struct camera *camera)
{
    camera->epoch_us = g_get_monotonic_time();
    camera->ticks = 0;
}

static gint64 due_locked(const struct camera *camera)
{
    const double frame_us = (double)camera->clip->frame / 1000.0 / camera->speed;
    return camera->epoch_us + (gint64)((double)camera->ticks * frame_us);
}

static gboolean pacer_dispatch(GSource *pacer, GSourceFunc callback, gpointer data)
{
    (void)callback, (void)data;
    struct camera *camera = ((struct pacer *)pacer)->camera;
    g_mutex_lock(&camera->lock);
    if (camera->source && !is_playing(camera->source)) {
        restart_clock_locked(camera);
        camera->epoch_us += START_POLL_US;
    }
    while (camera->source && due_locked(camera) <= g_get_monotonic_time()) {
        if (camera->next_clip) {
            camera->clip = camera->next_clip;
            camera->next_clip = NULL;
            camera->index = 0;
            restart_clock_locked(camera);
        }
        if (!camera->faults.freeze)
            send_frame_locked(camera);
        camera->ticks++;
    }
    // Without a client it sleeps until media_ready.
    g_source_set_ready_time(pacer, camera->source ? due_locked(camera) : -1);
    g_mutex_unlock(&camera->lock);
    return G_SOURCE_CONTINUE;
}

static GSource *pacer_create(struct camera *camera)
{
    static GSourceFuncs functions = {.dispatch = pacer_dispatch};
    GSource *pacer = g_source_new(&functions, sizeof(struct pacer));
    ((struct pacer *)pacer)->camera = camera;
    g_source_attach(pacer, pace_context);
    return pacer;
}

static void media_gone(GstRTSPMedia *media, gpointer data)
{
    (void)media;
    struct camera *camera = data;
    g_mutex_lock(&camera->lock);
    g_clear_object(&camera->source);
    g_mutex_unlock(&camera->lock);
}

static GstPadProbeReturn packets_pass(GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
    (void)pad;
    struct camera *camera = data;
    g_mutex_lock(&camera->lock);
    const GstPadProbeReturn result = faults_spoil_packets(&camera->faults, info, &camera->lost);
    g_mutex_unlock(&camera->lock);
    return result;
}

// The first client asked: the server made a pipeline, and frames start with the clip's first.
static void media_ready(GstRTSPMediaFactory *factory, GstRTSPMedia *media, gpointer data)
{
    (void)factory;
    struct camera *camera = data;
    g_autoptr(GstElement) bin = gst_rtsp_media_get_element(media);
    g_autoptr(GstElement) payloader = gst_bin_get_by_name_recurse_up(GST_BIN(bin), "pay0");
    g_autoptr(GstPad) packets = gst_element_get_static_pad(payloader, "src");
    gst_pad_add_probe(packets, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST,
                      packets_pass, camera, NULL);
    g_signal_connect(media, "unprepared", G_CALLBACK(media_gone), camera);
    g_mutex_lock(&camera->lock);
    g_clear_object(&camera->source);
    camera->source = GST_APP_SRC(gst_bin_get_by_name_recurse_up(GST_BIN(bin), "source"));
    camera->index = 0;
    restart_clock_locked(camera);
    g_source_set_ready_time(camera->pacer, 0);
    g_mutex_unlock(&camera->lock);
}

static GstRTSPMediaFactory *factory_create(const struct clip *clip, GstRTSPLowerTrans transports)
{
    const char *codec = clip->h265 ? "h265" : "h264";
    g_autofree char *launch =
        g_strdup_printf("( appsrc name=source is-live=true format=time block=false "
                        "caps=video/x-%s,stream-format=byte-stream,alignment=au ! "
                        "rtp%spay name=pay0 pt=96 config-interval=-1 mtu=1400 )",
                        codec, codec);
    GstRTSPMediaFactory *factory = gst_rtsp_media_factory_new();
    gst_rtsp_media_factory_set_launch(factory, launch);
    gst_rtsp_media_factory_set_shared(factory, TRUE);
    gst_rtsp_media_factory_set_protocols(factory, transports);
    return factory;
}

struct camera *camera_create(GstRTSPMountPoints *mounts, const char *name, const struct clip *clip,
                             GstRTSPLowerTrans transports)
{
    if (!pace_context) {
        pace_context = g_main_context_new();
        g_thread_unref(g_thread_new("pace", pace, NULL));
    }
    struct camera *camera = g_new0(struct camera, 1);
    g_mutex_init(&camera->lock);
    camera->clip = clip;
    camera->speed = 1;
    camera->pacer = pacer_create(camera);
    camera->factory = factory_create(clip, transports);
    g_signal_connect(camera->factory, "media-configure", G_CALLBACK(media_ready), camera);
    g_autofree char *path = g_strdup_printf("/%s", name);
    gst_rtsp_mount_points_add_factory(mounts, path, camera->factory); // takes the reference
    return camera;
}

GstRTSPMediaFactory *camera_factory(const struct camera *camera)
{
    return camera->factory;
}

void camera_faults_get(struct camera *camera, struct faults *ret)
{
    g_mutex_lock(&camera->lock);
    *ret = camera->faults;
    g_mutex_unlock(&camera->lock);
}

void camera_faults_edit(struct camera *camera, void (*edit)(struct faults *, double), double value)
{
    g_mutex_lock(&camera->lock);
    edit(&camera->faults, value);
    g_mutex_unlock(&camera->lock);
}

void camera_speed(struct camera *camera, double factor)
{
    g_mutex_lock(&camera->lock);
    restart_clock_locked(camera);
    camera->speed = factor;
    g_source_set_ready_time(camera->pacer, 0);
    g_mutex_unlock(&camera->lock);
}

void camera_switch(struct camera *camera, const struct clip *clip)
{
    g_mutex_lock(&camera->lock);
    camera->next_clip = clip;
    g_mutex_unlock(&camera->lock);
}

void camera_stats(struct camera *camera, struct camera_stats *ret)
{
    g_mutex_lock(&camera->lock);
    ret->frames = camera->frames;
    ret->lost = camera->lost;
    ret->index = camera->index;
    ret->loop_utc_us = camera->loop_utc_us;
    ret->frame_us = (gint64)(camera->clip->frame / 1000);
    ret->watched = camera->source != NULL;
    g_mutex_unlock(&camera->lock);
}
