// scrim-camsim: cameras for tests, the demo and benchmarks. Many in one process, each a looped file
// at its own pace, over TCP and UDP, with Digest authentication, and with faults on command
// (control.h).
#include "control.h"

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>

#define ROLE "viewer"
#define PASSWORD_VARIABLE "SCRIM_CAMSIM_PASSWORD"

struct arguments {
    char *address;
    int port, control_port;
    char *user, *password_file;
    char *transport;
    char **mounts; // NAME=FILE
};

static gboolean refuse(GError **error, const char *format, const char *text)
{
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s%s", format, text);
    return FALSE;
}

static gboolean parse_arguments(int argc, char **argv, struct arguments *ret, GError **error)
{
    const GOptionEntry entries[] = {
        {"address", 'a', 0, G_OPTION_ARG_STRING, &ret->address, "listen here (127.0.0.1)", "IP"},
        {"port", 'p', 0, G_OPTION_ARG_INT, &ret->port, "RTSP port (8554; 0: any free one)", "PORT"},
        {"control", 'c', 0, G_OPTION_ARG_INT, &ret->control_port,
         "control port on the loopback (8555; 0: any free one)", "PORT"},
        {"user", 'u', 0, G_OPTION_ARG_STRING, &ret->user,
         "ask for Digest authentication; the password comes from --password-file or "
         "$" PASSWORD_VARIABLE,
         "NAME"},
        {"password-file", 0, 0, G_OPTION_ARG_FILENAME, &ret->password_file, "", "FILE"},
        {"transport", 't', 0, G_OPTION_ARG_STRING, &ret->transport, "offer only this one",
         "tcp|udp"},
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &ret->mounts, NULL, "NAME=FILE …"},
        {0},
    };
    g_autoptr(GOptionContext) context = g_option_context_new("- RTSP cameras from video files");
    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_add_group(context, gst_init_get_option_group());
    if (!g_option_context_parse(context, &argc, &argv, error))
        return FALSE;
    if (!ret->mounts)
        return refuse(error, "no camera given: NAME=FILE", "");
    if (ret->port < 0 || ret->port > 65535 || ret->control_port < 0 || ret->control_port > 65535)
        return refuse(error, "a port is a number from 0 to 65535", "");
    return TRUE;
}

static gboolean transports_of(const char *text, GstRTSPLowerTrans *ret, GError **error)
{
    if (!text)
        *ret = GST_RTSP_LOWER_TRANS_TCP | GST_RTSP_LOWER_TRANS_UDP;
    else if (g_str_equal(text, "tcp"))
        *ret = GST_RTSP_LOWER_TRANS_TCP;
    else if (g_str_equal(text, "udp"))
        *ret = GST_RTSP_LOWER_TRANS_UDP;
    else
        return refuse(error, "--transport must be tcp or udp, not ", text);
    return TRUE;
}

static gboolean add_camera(struct control *control, const char *mount, GstRTSPLowerTrans transports,
                           GError **error)
{
    const char *equals = strchr(mount, '=');
    if (!equals || equals == mount)
        return refuse(error, "a camera is given as NAME=FILE, not ", mount);
    char *name = g_strndup(mount, (gsize)(equals - mount));
    const struct clip *clip = clip_load(equals + 1, error);
    if (!clip) {
        g_free(name);
        return FALSE;
    }
    g_autoptr(GstRTSPMountPoints) mounts = gst_rtsp_server_get_mount_points(control->server);
    g_hash_table_insert(control->cameras, name, camera_create(mounts, name, clip, transports));
    return TRUE;
}

static char *read_password(const struct arguments *arguments, GError **error)
{
    char *password = NULL;
    if (arguments->password_file) {
        if (!g_file_get_contents(arguments->password_file, &password, NULL, error))
            return NULL;
        return g_strchomp(password);
    }
    password = g_strdup(g_getenv(PASSWORD_VARIABLE));
    if (!password)
        refuse(error, "--user needs --password-file or $", PASSWORD_VARIABLE);
    return password;
}

static gboolean ask_for_password(struct control *control, const struct arguments *arguments,
                                 GError **error)
{
    g_autofree char *password = read_password(arguments, error);
    if (!password)
        return FALSE;
    g_autoptr(GstRTSPAuth) auth = gst_rtsp_auth_new();
    g_autoptr(GstRTSPToken) token =
        gst_rtsp_token_new(GST_RTSP_TOKEN_MEDIA_FACTORY_ROLE, G_TYPE_STRING, ROLE, NULL);
    gst_rtsp_auth_set_supported_methods(auth, GST_RTSP_AUTH_DIGEST);
    gst_rtsp_auth_add_digest(auth, arguments->user, password, token);
    gst_rtsp_server_set_auth(control->server, auth);
    GHashTableIter iterator;
    gpointer camera;
    g_hash_table_iter_init(&iterator, control->cameras);
    while (g_hash_table_iter_next(&iterator, NULL, &camera))
        gst_rtsp_media_factory_add_role(
            camera_factory(camera), ROLE, GST_RTSP_PERM_MEDIA_FACTORY_ACCESS, G_TYPE_BOOLEAN, TRUE,
            GST_RTSP_PERM_MEDIA_FACTORY_CONSTRUCT, G_TYPE_BOOLEAN, TRUE, NULL);
    return TRUE;
}

// "/quay/stream=0" belongs to the camera "quay".
static struct camera *camera_of(struct control *control, const GstRTSPContext *context)
{
    if (!context->uri)
        return NULL;
    g_auto(GStrv) parts = g_strsplit(context->uri->abspath, "/", 3);
    return parts[0] && parts[1] ? g_hash_table_lookup(control->cameras, parts[1]) : NULL;
}

static GstRTSPStatusCode before_describe(GstRTSPClient *client, GstRTSPContext *context,
                                         gpointer data)
{
    struct camera *camera = camera_of(data, context);
    if (!camera)
        return GST_RTSP_STS_OK; // the server itself answers 404
    g_object_set_data(G_OBJECT(client), CONTROL_CLIENT_CAMERA, camera);
    struct faults faults;
    camera_faults_get(camera, &faults);
    return faults.refuse ? (GstRTSPStatusCode)faults.refuse : GST_RTSP_STS_OK;
}

static void before_answer(GstRTSPClient *client, GstRTSPContext *context, gpointer answer,
                          gpointer data)
{
    (void)client;
    struct camera *camera = camera_of(data, context);
    if (!camera || context->method != GST_RTSP_DESCRIBE ||
        gst_rtsp_message_get_type(answer) != GST_RTSP_MESSAGE_RESPONSE)
        return;
    struct faults faults;
    camera_faults_get(camera, &faults);
    faults_spoil_description(faults.sdp, answer);
}

static void client_connected(GstRTSPServer *server, GstRTSPClient *client, gpointer control)
{
    (void)server;
    g_signal_connect(client, "pre-describe-request", G_CALLBACK(before_describe), control);
    g_signal_connect(client, "send-message", G_CALLBACK(before_answer), control);
}

static gboolean serve(struct control *control, const struct arguments *arguments, GError **error)
{
    g_autofree char *port = g_strdup_printf("%d", arguments->port);
    gst_rtsp_server_set_address(control->server,
                                arguments->address ? arguments->address : "127.0.0.1");
    gst_rtsp_server_set_service(control->server, port);
    g_signal_connect(control->server, "client-connected", G_CALLBACK(client_connected), control);
    g_autoptr(GSource) source = gst_rtsp_server_create_source(control->server, NULL, error);
    if (!source)
        return FALSE;
    g_source_attach(source, NULL);
    const guint16 bound = control_start(control, (guint16)arguments->control_port, error);
    if (bound == 0)
        return FALSE;
    // The line that whoever started us waits for.
    printf("ready rtsp=%d control=%d\n", gst_rtsp_server_get_bound_port(control->server), bound);
    fflush(stdout);
    return TRUE;
}

static gboolean start(struct control *control, const struct arguments *arguments, GError **error)
{
    GstRTSPLowerTrans transports = GST_RTSP_LOWER_TRANS_UNKNOWN;
    if (!transports_of(arguments->transport, &transports, error))
        return FALSE;
    for (char **mount = arguments->mounts; *mount; mount++) {
        if (!add_camera(control, *mount, transports, error))
            return FALSE;
    }
    if (arguments->user && !ask_for_password(control, arguments, error))
        return FALSE;
    return serve(control, arguments, error);
}

static gboolean quit(gpointer loop)
{
    g_main_loop_quit(loop);
    return G_SOURCE_CONTINUE;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.port = 8554, .control_port = 8555};
    g_autoptr(GError) error = NULL;
    if (!parse_arguments(argc, argv, &arguments, &error)) {
        fprintf(stderr, "scrim-camsim: %s\n", error->message);
        return 2;
    }
    struct control control = {
        .cameras = g_hash_table_new(g_str_hash, g_str_equal),
        .server = gst_rtsp_server_new(),
    };
    if (!start(&control, &arguments, &error)) {
        fprintf(stderr, "scrim-camsim: %s\n", error->message);
        return 1;
    }
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    g_unix_signal_add(SIGINT, quit, loop);
    g_unix_signal_add(SIGTERM, quit, loop);
    g_main_loop_run(loop);
    return 0; // the threads end with the process
}
