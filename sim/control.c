#include "control.h"

#define SESSIONS_MAX 16 // control connections at a time

static void set_freeze(struct faults *faults, double value)
{
    faults->freeze = value != 0;
}

static void set_repeat(struct faults *faults, double value)
{
    faults->repeat = value != 0;
}

static void add_shift(struct faults *faults, double value)
{
    faults->shift_ms += (gint64)value;
}

static void set_loss(struct faults *faults, double value)
{
    faults->loss = value;
}

static void add_sequence_shift(struct faults *faults, double value)
{
    faults->sequence_shift += (guint)value;
}

static void set_garbage(struct faults *faults, double value)
{
    faults->garbage = (guint)value;
}

static void set_malformed(struct faults *faults, double value)
{
    faults->sdp = value != 0 ? FAULT_SDP_MALFORMED : FAULT_SDP_NONE;
}

static void set_no_video(struct faults *faults, double value)
{
    faults->sdp = value != 0 ? FAULT_SDP_NO_VIDEO : FAULT_SDP_NONE;
}

static void set_unknown_codec(struct faults *faults, double value)
{
    faults->sdp = value != 0 ? FAULT_SDP_UNKNOWN : FAULT_SDP_NONE;
}

static void set_refuse(struct faults *faults, double value)
{
    faults->refuse = (guint)value;
}

static const struct number_command {
    const char *name;
    double min, max;
    void (*edit)(struct faults *faults, double value);
} number_commands[] = {
    {"freeze", 0, 1, set_freeze},
    {"repeat", 0, 1, set_repeat},
    {"tsjump", -1e9, 1e9, add_shift},
    {"loss", 0, 1, set_loss},
    {"seqgap", 0, 65535, add_sequence_shift},
    {"garbage", 0, 1e6, set_garbage},
    {"badsdp", 0, 1, set_malformed},
    {"novideo", 0, 1, set_no_video},
    {"badcodec", 0, 1, set_unknown_codec},
    {"fail", 0, 599, set_refuse},
};

static bool number_in(const char *text, double min, double max, double *ret)
{
    char *end = NULL;
    const double value = text ? g_ascii_strtod(text, &end) : 0;
    if (!end || end == text || *end || !(value >= min && value <= max))
        return false;
    *ret = value;
    return true;
}

static GstRTSPFilterResult close_client(GstRTSPServer *server, GstRTSPClient *client, gpointer data)
{
    (void)server;
    if (g_object_get_data(G_OBJECT(client), CONTROL_CLIENT_CAMERA) == data)
        gst_rtsp_client_close(client);
    return GST_RTSP_FILTER_KEEP;
}

static char *drop(struct control *control, struct camera *camera, const char *argument)
{
    (void)argument;
    gst_rtsp_server_client_filter(control->server, close_client, camera);
    return g_strdup("ok");
}

static char *speed(struct control *control, struct camera *camera, const char *argument)
{
    (void)control;
    double factor;
    if (!number_in(argument, 0.01, 100, &factor))
        return g_strdup("error: speed takes a factor from 0.01 to 100");
    camera_speed(camera, factor);
    return g_strdup("ok");
}

static char *switch_clip(struct control *control, struct camera *camera, const char *argument)
{
    (void)control;
    if (!argument)
        return g_strdup("error: switch takes a file");
    g_autoptr(GError) error = NULL;
    const struct clip *clip = clip_load(argument, &error);
    if (!clip)
        return g_strdup_printf("error: %s", error->message);
    camera_switch(camera, clip);
    return g_strdup("ok");
}

static char *stat(struct control *control, struct camera *camera, const char *argument)
{
    (void)control, (void)argument;
    struct camera_stats stats;
    camera_stats(camera, &stats);
    return g_strdup_printf("{\"frames\": %" G_GUINT64_FORMAT ", \"lost\": %" G_GUINT64_FORMAT
                           ", \"index\": %u, \"loop_utc_us\": %" G_GINT64_FORMAT
                           ", \"frame_us\": %" G_GINT64_FORMAT ", \"watched\": %s}",
                           stats.frames, stats.lost, stats.index, stats.loop_utc_us, stats.frame_us,
                           stats.watched ? "true" : "false");
}

static const struct camera_command {
    const char *name;
    char *(*run)(struct control *control, struct camera *camera, const char *argument);
} camera_commands[] = {
    {"drop", drop},
    {"speed", speed},
    {"switch", switch_clip},
    {"stat", stat},
};

// The answer to one line; the caller frees it.
static char *answer(struct control *control, const char *line)
{
    g_auto(GStrv) words = g_strsplit(line, " ", 3);
    const guint count = g_strv_length(words);
    const char *argument = count > 2 ? words[2] : NULL;
    struct camera *camera = count > 1 ? g_hash_table_lookup(control->cameras, words[1]) : NULL;
    if (!camera)
        return g_strdup("error: no such camera");
    for (size_t i = 0; i < G_N_ELEMENTS(camera_commands); i++) {
        if (g_str_equal(words[0], camera_commands[i].name))
            return camera_commands[i].run(control, camera, argument);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(number_commands); i++) {
        const struct number_command *command = &number_commands[i];
        if (!g_str_equal(words[0], command->name))
            continue;
        double value;
        if (!number_in(argument, command->min, command->max, &value))
            return g_strdup_printf("error: %s takes a number from %g to %g", command->name,
                                   command->min, command->max);
        camera_faults_edit(camera, command->edit, value);
        return g_strdup("ok");
    }
    return g_strdup("error: no such command");
}

// One connection, in a thread of the service's pool.
static gboolean serve(GThreadedSocketService *service, GSocketConnection *connection,
                      GObject *source, gpointer data)
{
    (void)service, (void)source;
    g_autoptr(GDataInputStream) input =
        g_data_input_stream_new(g_io_stream_get_input_stream(G_IO_STREAM(connection)));
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    for (;;) {
        g_autofree char *line = g_data_input_stream_read_line_utf8(input, NULL, NULL, NULL);
        if (!line)
            return TRUE; // the other side is done
        g_autofree char *text = answer(data, line);
        if (!g_output_stream_printf(output, NULL, NULL, NULL, "%s\n", text))
            return TRUE;
    }
}

guint16 control_start(struct control *control, guint16 port, GError **error)
{
    GSocketService *service = g_threaded_socket_service_new(SESSIONS_MAX);
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) wanted = g_inet_socket_address_new(loopback, port);
    g_autoptr(GSocketAddress) bound = NULL;
    if (!g_socket_listener_add_address(G_SOCKET_LISTENER(service), wanted, G_SOCKET_TYPE_STREAM,
                                       G_SOCKET_PROTOCOL_TCP, NULL, &bound, error)) {
        g_object_unref(service);
        return 0;
    }
    g_signal_connect(service, "run", G_CALLBACK(serve), control);
    g_socket_service_start(service); // lives until the process ends
    return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
}
