#include "clip.h"

#include <gst/app/gstappsink.h>

static GHashTable *loaded; // path → clip
static GMutex loaded_lock; // protects `loaded`

static GstElement *reader_create(const char *path, bool h265, GError **error)
{
    const char *codec = h265 ? "h265" : "h264";
    const bool raw = g_str_has_suffix(path, ".h264") || g_str_has_suffix(path, ".h265");
    g_autofree char *description = g_strdup_printf(
        "filesrc name=file ! %s ! %sparse config-interval=-1 ! "
        "video/x-%s,stream-format=byte-stream,alignment=au ! appsink name=units sync=false",
        raw ? "queue" : "qtdemux ! queue", codec, codec);
    GstElement *reader = gst_parse_launch(description, error);
    if (!reader)
        return NULL;
    g_autoptr(GstElement) file = gst_bin_get_by_name(GST_BIN(reader), "file");
    g_object_set(file, "location", path, NULL);
    return reader;
}

static void clip_add(struct clip *clip, GstSample *sample)
{
    const GstStructure *caps = gst_caps_get_structure(gst_sample_get_caps(sample), 0);
    int rate, per;
    if (gst_structure_get_fraction(caps, "framerate", &rate, &per) && rate > 0)
        clip->frame = gst_util_uint64_scale(GST_SECOND, (guint64)per, (guint64)rate);
    g_ptr_array_add(clip->units, gst_buffer_copy_deep(gst_sample_get_buffer(sample)));
}

// False once the reader ended or failed. A file of the other codec fails, which is how it is
// recognised.
static bool read_unit(struct clip *clip, GstAppSink *sink, GstBus *bus)
{
    g_autoptr(GstSample) sample = gst_app_sink_try_pull_sample(sink, GST_SECOND / 10);
    if (sample) {
        clip_add(clip, sample);
        return true;
    }
    g_autoptr(GstMessage) failure = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    return !failure && !gst_app_sink_is_eos(sink);
}

static bool read_units(struct clip *clip, GError **error)
{
    g_autoptr(GstElement) reader = reader_create(clip->path, clip->h265, error);
    if (!reader)
        return false;
    g_autoptr(GstElement) sink = gst_bin_get_by_name(GST_BIN(reader), "units");
    g_autoptr(GstBus) bus = gst_element_get_bus(reader);
    gst_element_set_state(reader, GST_STATE_PLAYING);
    while (read_unit(clip, GST_APP_SINK(sink), bus))
        ;
    gst_element_set_state(reader, GST_STATE_NULL);
    return true;
}

static void clip_destroy(struct clip *clip)
{
    g_ptr_array_unref(clip->units);
    g_free(clip->path);
    g_free(clip);
}

static struct clip *clip_read(const char *path, GError **error)
{
    struct clip *clip = g_new0(struct clip, 1);
    clip->path = g_strdup(path);
    clip->units = g_ptr_array_new_with_free_func((GDestroyNotify)gst_buffer_unref);
    clip->frame = GST_SECOND / 25; // unless the file says otherwise
    for (int h265 = 0; h265 < 2 && clip->units->len == 0; h265++) {
        clip->h265 = h265;
        if (!read_units(clip, error)) {
            clip_destroy(clip);
            return NULL;
        }
    }
    if (clip->units->len > 0)
        return clip;
    g_set_error(error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE, "%s: no H.264 or H.265 video",
                path);
    clip_destroy(clip);
    return NULL;
}

const struct clip *clip_load(const char *path, GError **error)
{
    g_mutex_lock(&loaded_lock);
    if (!loaded)
        loaded = g_hash_table_new(g_str_hash, g_str_equal);
    struct clip *clip = g_hash_table_lookup(loaded, path);
    if (!clip) {
        clip = clip_read(path, error);
        if (clip)
            g_hash_table_insert(loaded, clip->path, clip);
    }
    g_mutex_unlock(&loaded_lock);
    return clip;
}
