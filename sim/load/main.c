// scrim-camload: hundreds of cameras at the price of a few, for benches and soaks. How it differs
// from a camera, and from scrim-camsim: docs/ref/camload.md.
#include "base/alloc.h"
#include "base/fs.h"
#include "base/opt.h"
#include "camera.h"
#include "control.h"
#include "ledger.h"
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct args {
    int64_t cameras, port, control, fps_milli;
    const char *address, *user, *password_file, *ledger;
    struct scrim_opt_list clips;
};

static const struct scrim_opt option_table[] = {
    {"clip", 0, SCRIM_OPT_LIST, offsetof(struct args, clips), "FILE",
     "a .h264 or .h265 file; camera N plays the N-th of them, modulo their count", 0, 0},
    {"cameras", 0, SCRIM_OPT_INT, offsetof(struct args, cameras), "N", "how many: cam0 …", 1, 4096},
    {"fps-milli", 0, SCRIM_OPT_INT, offsetof(struct args, fps_milli), "N",
     "frames in 1000 s; 25000 unless given", 100, 240000},
    {"address", 0, SCRIM_OPT_TEXT, offsetof(struct args, address), "IPV4",
     "where to serve; 127.0.0.1 unless given", 0, 0},
    {"port", 0, SCRIM_OPT_INT, offsetof(struct args, port), "N", "RTSP; 0: any", 0, 65535},
    {"control", 0, SCRIM_OPT_INT, offsetof(struct args, control), "N",
     "of commands, on the same address; 0: any", 0, 65535},
    {"user", 0, SCRIM_OPT_TEXT, offsetof(struct args, user), "NAME", "asks for Digest", 0, 0},
    {"password-file", 0, SCRIM_OPT_TEXT, offsetof(struct args, password_file), "FILE",
     "the user's password", 0, 0},
    {"ledger", 0, SCRIM_OPT_TEXT, offsetof(struct args, ledger), "FILE",
     "what became of every unit (ledger.h)", 0, 0},
    {0},
};

static int parse(int argc, char **argv, struct args *ret, struct scrim_error *error)
{
    static const struct scrim_opt_spec spec = {
        "scrim-camload --clip FILE [--clip FILE …] [--cameras N] [--ledger FILE]",
        "Serves clips as many RTSP cameras, cheaply, and keeps account of every picture sent.",
        option_table, 0, 0};
    const char *positionals[1];
    int result = scrim_opt_parse(&spec, argc, argv, ret, positionals, error);
    if (result >= 0 && (ret->clips.count == 0 || ret->clips.count > SERVER_CLIPS_MAX))
        result =
            scrim_fail(error, SCRIM_EINVAL, "give --clip FILE, once to %d times", SERVER_CLIPS_MAX);
    if (result >= 0 && !ret->user != !ret->password_file)
        result = scrim_fail(error, SCRIM_EINVAL, "--user and --password-file go together");
    return result;
}

static int load(struct server *server, const struct args *args, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < args->clips.count && result >= 0; i++)
        result = clip_load(args->clips.items[i], &server->clips[server->clips_count++], error);
    if (result >= 0 && args->user) {
        struct scrim_buf password;
        scrim_buf_init(&password, 1024);
        result = scrim_fs_read(args->password_file, &password, error);
        while (password.len > 0 && password.data[password.len - 1] == '\n')
            password.len--;
        server->user = args->user;
        server->password = scrim_new_bytes(password.len + 1);
        for (size_t i = 0; i < password.len; i++)
            server->password[i] = (char)password.data[i];
        scrim_buf_finish_wipe(&password);
    }
    server->fps = (double)args->fps_milli / 1000;
    server->cameras_count = (uint32_t)args->cameras;
    server->cameras = scrim_new_array(server->cameras_count, struct camera);
    for (uint32_t i = 0; i < server->cameras_count && result >= 0; i++)
        camera_init(&server->cameras[i], server, i);
    return result;
}

// A listening socket; *port is what it got.
static int listen_at(const char *text, int64_t *port, struct scrim_error *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)*port)};
    socklen_t size = sizeof address;
    const int one = 1;
    if (inet_pton(AF_INET, text, &address.sin_addr) != 1)
        return scrim_fail(error, SCRIM_EINVAL, "--address %s: not an IPv4 address", text);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, SOMAXCONN) != 0) {
        const int failure = errno;
        scrim_close_fd(&fd);
        return scrim_fail_errno(error, failure, "%s:%d", text, (int)*port);
    }
    getsockname(fd, (struct sockaddr *)&address, &size);
    *port = ntohs(address.sin_port);
    return fd;
}

struct port {
    struct loop_source source;
    struct server *server;
};

static void port_ready(struct loop_source *source, uint32_t events)
{
    (void)events;
    int fd;
    while ((fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
        session_accept(((struct port *)source)->server, fd);
}

static void timer_ready(struct loop_source *timer, uint32_t events)
{
    (void)events;
    struct server *server = (struct server *)((char *)timer - offsetof(struct server, loop.timer));
    server_pace(server);
}

struct ending {
    struct loop_source source; // of a signalfd
    bool asked;
};

static void signal_ready(struct loop_source *source, uint32_t events)
{
    (void)events;
    ((struct ending *)source)->asked = true;
}

// A connection a camera, its peers besides.
static void allow_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int run(struct server *server, struct args *args, struct scrim_error *error)
{
    struct port port = {{listen_at(args->address, &args->port, error), port_ready}, server};
    const int control =
        port.source.fd < 0 ? port.source.fd : listen_at(args->address, &args->control, error);
    if (control < 0)
        return control;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    struct ending ending = {{signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK), signal_ready},
                            false};
    allow_descriptors();
    loop_init(&server->loop, timer_ready);
    loop_add(&server->loop, &ending.source, EPOLLIN);
    loop_add(&server->loop, &port.source, EPOLLIN);
    control_start(server, control);
    server_pace(server);
    // The line that whoever started us waits for.
    printf("ready rtsp=%d control=%d\n", (int)args->port, (int)args->control);
    fflush(stdout);
    while (!ending.asked) {
        loop_step(&server->loop);
        session_free_closed(server);
    }
    while (server->sessions)
        session_close(server->sessions);
    session_free_closed(server);
    return SCRIM_OK;
}

int main(int argc, char **argv)
{
    static struct server server;
    struct args args = {.cameras = 1, .fps_milli = 25000, .address = "127.0.0.1"};
    struct scrim_error error = {0};
    int result = parse(argc, argv, &args, &error);
    if (result == SCRIM_ECANCEL)
        return 0;
    if (result >= 0)
        result = load(&server, &args, &error);
    if (result >= 0)
        result = ledger_open(args.ledger, &error);
    if (result >= 0)
        result = run(&server, &args, &error);
    if (result < 0)
        fprintf(stderr, "scrim-camload: %s\n", error.text);
    return ledger_close() && result >= 0 ? 0 : 1;
}
