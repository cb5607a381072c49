#include "recorder/streams.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "ingest/ingest.h"
#include "recorder/fork.h"
#include "recorder/orders.h"
#include "rtsp/url.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALIVE_US (20 * SCRIM_SECOND) // a process that says nothing for so long hangs
#define AGAIN_US SCRIM_SECOND        // after one ended
#define LEAVE_US (3 * SCRIM_SECOND)  // for saying goodbye to a camera
#define REQUESTS_AT_ONCE 8           // of a stream, before the others have their turn

struct stream {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    bool sub;
    bool wanted; // while a new configuration is taken over
    struct scrim_log log;
    char *url, *user, *tls_ca, *redirect_host; // owned; may be NULL but for the URL
    char host[SCRIM_HOST_MAX];                 // of the URL
    bool pinned;
    uint8_t fingerprint[SCRIM_TLS_FINGERPRINT];
    enum scrim_rtsp_lower lower;
    bool sound;           // is recorded
    enum scrim_keep keep; // of the camera; with another one it is another camera to the sealer
    const char *password; // of the secrets

    pid_t pid;                   // 0: does not run
    uint32_t serial;             // of the process, for the dialer's answers
    int control_fd;              // -1: none
    int udp[2];                  // what the dialer opened last, until it is connected; -1
    struct sockaddr_in6 address; // of the camera, as dialled last
    bool dialled;
    int64_t alive_us, due_us;     // monotonic
    struct scrim_control request; // to the dialer, if it `waits`
    bool waits;
    bool trial;
    uint32_t number; // of the trial
    bool leaving;    // nobody wants it any more: killed when due, gone when its process is
};

struct scrim_streams {
    struct stream *list[SCRIM_STREAMS_MAX];
    size_t count;
    int orders_fd, dialer_fd;
    uint32_t serials;
    struct scrim_log log;
};

struct scrim_streams *scrim_streams_create(int orders_fd, int dialer_fd)
{
    struct scrim_streams *streams = scrim_new(struct scrim_streams);
    streams->log = scrim_log_named("recorder");
    streams->orders_fd = orders_fd;
    streams->dialer_fd = dialer_fd;
    return streams;
}

static void close_udp(struct stream *stream)
{
    for (unsigned i = 0; i < 2; i++)
        scrim_close_fd(&stream->udp[i]);
}

// The process sees its control socket close, says goodbye to the camera and ends.
static void let_go(struct stream *stream)
{
    scrim_close_fd(&stream->control_fd);
    stream->waits = false;
    close_udp(stream);
}

static void free_stream(struct stream *stream)
{
    let_go(stream);
    free(stream->url);
    free(stream->user);
    free(stream->tls_ca);
    free(stream->redirect_host);
    free(stream);
}

void scrim_streams_destroy(struct scrim_streams *streams)
{
    if (!streams)
        return;
    for (size_t i = 0; i < streams->count; i++)
        free_stream(streams->list[i]);
    free(streams);
}

// ---- Configuration.

int scrim_streams_check(const struct scrim_site *site, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_rtsp_url url;
    unsigned count = 0;
    int result = SCRIM_OK;
    for (unsigned i = 0; i < site->config->cameras_count && result >= 0; i++) {
        const struct scrim_camera_config *camera = &site->config->cameras[i];
        count += camera->sub_url ? 2 : 1;
        result = scrim_rtsp_url_parse(camera->main_url, &url, error);
        if (result >= 0 && camera->sub_url)
            result = scrim_rtsp_url_parse(camera->sub_url, &url, error);
        if (result >= 0 && camera->tls_ca && scrim_site_file(site, camera->tls_ca, path) < 0)
            result =
                scrim_fail(error, SCRIM_EINVAL, "camera '%s': tls_ca: path too long", camera->id);
    }
    if (result >= 0 && count > SCRIM_STREAMS_WANTED_MAX)
        result =
            scrim_fail(error, SCRIM_ENOSPACE, "more than %d streams", SCRIM_STREAMS_WANTED_MAX);
    return result;
}

static struct stream *describe(const struct scrim_site *site,
                               const struct scrim_camera_config *camera, bool sub)
{
    static const enum scrim_rtsp_lower lowers[] = {[SCRIM_TRANSPORT_AUTO] = SCRIM_RTSP_LOWER_AUTO,
                                                   [SCRIM_TRANSPORT_TCP] = SCRIM_RTSP_LOWER_TCP,
                                                   [SCRIM_TRANSPORT_UDP] = SCRIM_RTSP_LOWER_UDP};
    struct stream *stream = scrim_new(struct stream);
    struct scrim_rtsp_url url = {0};
    char ca[SCRIM_PATH_MAX];
    snprintf(stream->camera, sizeof stream->camera, "%s", camera->id);
    stream->sub = sub;
    stream->log = scrim_log_named("recorder.%s%s", camera->id, sub ? ".sub" : "");
    stream->url = scrim_strdup(sub ? camera->sub_url : camera->main_url);
    if (scrim_rtsp_url_parse(stream->url, &url, NULL) >= 0) // as checked
        snprintf(stream->host, sizeof stream->host, "%s", url.host);
    stream->user = scrim_strdup(camera->user);
    stream->redirect_host = scrim_strdup(camera->redirect_host);
    if (camera->tls_ca && scrim_site_file(site, camera->tls_ca, ca) >= 0)
        stream->tls_ca = scrim_strdup(ca);
    stream->pinned = scrim_camera_fingerprint(camera, stream->fingerprint);
    stream->lower = lowers[camera->transport];
    stream->sound = !sub && camera->audio_reason;
    stream->keep = camera->keep;
    stream->control_fd = stream->udp[0] = stream->udp[1] = -1;
    return stream;
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same(const struct stream *a, const struct stream *b, bool same_password)
{
    return strcmp(a->camera, b->camera) == 0 && a->sub == b->sub && same_text(a->url, b->url) &&
           same_text(a->user, b->user) && same_text(a->tls_ca, b->tls_ca) &&
           same_text(a->redirect_host, b->redirect_host) && a->lower == b->lower &&
           a->sound == b->sound && a->keep == b->keep && a->pinned == b->pinned &&
           memcmp(a->fingerprint, b->fingerprint, sizeof a->fingerprint) == 0 && same_password;
}

// Keeps the stream that is the same already, else takes over the new description.
static void want(struct scrim_streams *streams, struct stream *described, const char *password)
{
    described->password = password;
    for (size_t i = 0; i < streams->count; i++) {
        struct stream *stream = streams->list[i];
        if (stream->wanted || stream->leaving ||
            !is_same(stream, described, same_text(stream->password, password)))
            continue;
        stream->password = password;
        stream->wanted = true;
        free_stream(described);
        return;
    }
    described->wanted = true;
    streams->list[streams->count++] = described;
}

static int tell_sealer(const struct scrim_streams *streams, const struct stream *stream,
                       enum scrim_order_kind kind, int fd)
{
    struct scrim_order order = {.kind = kind, .sub = stream->sub, .sound = stream->sound};
    snprintf(order.camera, sizeof order.camera, "%s", stream->camera);
    return scrim_order_send(streams->orders_fd, &order, fd);
}

static void drop(struct scrim_streams *streams, size_t at)
{
    free_stream(streams->list[at]);
    streams->list[at] = streams->list[--streams->count];
}

static void end_unwanted(struct scrim_streams *streams)
{
    for (size_t i = streams->count; i-- > 0;) {
        struct stream *stream = streams->list[i];
        if (stream->wanted || stream->leaving)
            continue;
        if (tell_sealer(streams, stream, SCRIM_ORDER_DETACH, -1) < 0)
            scrim_warn(&stream->log, "the sealer does not hear");
        let_go(stream);
        stream->leaving = true;
        stream->due_us = scrim_clock_mono_us() + LEAVE_US;
        if (stream->pid == 0)
            drop(streams, i);
    }
}

// When reloads follow one another so fast that who leaves takes the room of who comes.
static void hurry_leaving(struct scrim_streams *streams)
{
    for (size_t i = streams->count; i-- > 0;) {
        if (streams->list[i]->leaving) {
            kill(streams->list[i]->pid, SIGKILL);
            drop(streams, i);
        }
    }
}

// Without an original only the stream that the veil looks at is asked for.
static bool needs_main(const struct scrim_camera_config *camera)
{
    return camera->keep == SCRIM_KEEP_ORIGINAL || !camera->sub_url;
}

void scrim_streams_set(struct scrim_streams *streams, const struct scrim_site *site,
                       const struct scrim_secrets *secrets)
{
    const struct scrim_site_config *config = site->config;
    if (streams->count > SCRIM_STREAMS_WANTED_MAX)
        hurry_leaving(streams);
    for (size_t i = 0; i < streams->count; i++)
        streams->list[i]->wanted = false;
    for (unsigned i = 0; i < config->cameras_count; i++) {
        const struct scrim_camera_config *camera = &config->cameras[i];
        const char *password = scrim_secrets_get(secrets, camera->id);
        if (camera->audio_reason)
            scrim_info(&streams->log, "camera %s: its sound is recorded: %s", camera->id,
                       camera->audio_reason);
        if (needs_main(camera))
            want(streams, describe(site, camera, false), password);
        if (camera->sub_url)
            want(streams, describe(site, camera, true), password);
    }
    end_unwanted(streams);
}

// ---- Processes.

static int ingest(void *context, const int fds[SCRIM_FORK_FDS])
{
    const struct stream *stream = context;
    prctl(PR_SET_PDEATHSIG, SIGKILL); // also if it should hang
    const struct scrim_ingest_setup setup = {
        .log = stream->log,
        .url = stream->url,
        .user = stream->user,
        .lower = stream->lower,
        .sound = stream->sound,
        .tls_ca = stream->tls_ca,
        .tls_fingerprint = stream->pinned ? stream->fingerprint : NULL,
        .control_fd = fds[0],
        .sealer_fd = fds[1],
    };
    return stream->trial ? scrim_ingest_try(&setup, stream->number) : scrim_ingest_run(&setup);
}

static int send_password(const struct stream *stream)
{
    struct scrim_control message = {.kind = SCRIM_DIAL_PASSWORD};
    if (stream->password)
        snprintf(message.password, sizeof message.password, "%s", stream->password);
    const int result = scrim_control_send(stream->control_fd, &message, NULL, 0);
    sodium_memzero(&message, sizeof message);
    return result;
}

// Its process, which waits for the password. *ret_media leads to what it says of the camera.
static int launch(struct scrim_streams *streams, struct stream *stream, int *ret_media,
                  struct scrim_error *error)
{
    int control[2], media[2];
    int result = scrim_datagram_pair(control, error);
    if (result < 0)
        return result;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, media) < 0) {
        close(control[0]), close(control[1]);
        return scrim_fail(error, SCRIM_EINTERNAL, "cannot make a pair of sockets");
    }
    const int fds[SCRIM_FORK_FDS] = {control[1], media[1], -1};
    const pid_t pid = scrim_fork(ingest, stream, "scrim-ingest", fds, error);
    close(control[1]);
    close(media[1]);
    stream->control_fd = control[0];
    stream->pid = pid > 0 ? pid : 0;
    stream->serial = ++streams->serials;
    stream->alive_us = scrim_clock_mono_us();
    stream->dialled = false;
    if (pid < 0) {
        close(media[0]);
        return pid;
    }
    *ret_media = media[0];
    return SCRIM_OK;
}

static int start(struct scrim_streams *streams, struct stream *stream, struct scrim_error *error)
{
    int media = -1;
    int result = launch(streams, stream, &media, error);
    if (result < 0)
        return result;
    result = tell_sealer(streams, stream, SCRIM_ORDER_ATTACH, media);
    close(media);
    if (result >= 0)
        result = send_password(stream);
    if (result < 0)
        scrim_fail(error, result, "camera %s: its process cannot be set up", stream->camera);
    return result;
}

int scrim_streams_try(struct scrim_streams *streams, const struct scrim_trial_wish *wish,
                      int *ret_fd, struct scrim_error *error)
{
    struct scrim_rtsp_url url;
    int result = scrim_rtsp_url_parse(wish->url, &url, error);
    if (result >= 0 && streams->count == SCRIM_STREAMS_MAX)
        result = scrim_fail(error, SCRIM_ENOSPACE, "more than %d streams", SCRIM_STREAMS_MAX);
    if (result < 0)
        return result;
    const struct scrim_camera_config camera = {.id = (char *)(uintptr_t) "try",
                                               .main_url = (char *)(uintptr_t)wish->url,
                                               .user = wish->user[0] ? (char *)(uintptr_t)wish->user
                                                                     : NULL,
                                               .transport = (enum scrim_transport)wish->transport};
    struct stream *stream = describe(&(struct scrim_site){0}, &camera, false);
    stream->trial = stream->leaving = true;
    stream->number = wish->number;
    stream->pinned = wish->pinned;
    memcpy(stream->fingerprint, wish->fingerprint, sizeof stream->fingerprint);
    stream->due_us = scrim_clock_mono_us() + SCRIM_TRIAL_SECONDS * SCRIM_SECOND + LEAVE_US;
    stream->password = wish->password;
    result = launch(streams, stream, ret_fd, error);
    if (result >= 0 && send_password(stream) < 0)
        scrim_warn(&stream->log, "its process does not hear"); // it ends, and that is told
    stream->password = NULL;
    if (result < 0)
        free_stream(stream);
    else
        streams->list[streams->count++] = stream;
    return result;
}

static int start_due(struct scrim_streams *streams, struct scrim_error *error)
{
    const int64_t now_us = scrim_clock_mono_us();
    int result = SCRIM_OK;
    for (size_t i = 0; i < streams->count && result >= 0; i++) {
        struct stream *stream = streams->list[i];
        if (stream->pid == 0 && !stream->leaving && now_us >= stream->due_us)
            result = start(streams, stream, error);
    }
    return result;
}

bool scrim_streams_ended(struct scrim_streams *streams, pid_t pid, int status)
{
    for (size_t i = 0; i < streams->count; i++) {
        struct stream *stream = streams->list[i];
        if (stream->pid != pid)
            continue;
        if (stream->leaving) {
            drop(streams, i);
            return true;
        }
        if (WIFSIGNALED(status))
            scrim_error_log(&stream->log, "its process was ended by signal %d", WTERMSIG(status));
        else
            scrim_error_log(&stream->log, "its process ended with %d", WEXITSTATUS(status));
        let_go(stream);
        stream->pid = 0;
        stream->due_us = scrim_clock_mono_us() + AGAIN_US;
        return true;
    }
    return false;
}

// ---- Requests. Whoever makes them has read what a camera sent: it reaches its camera, no other.

static void refuse(const struct stream *stream, const struct scrim_control *request,
                   const char *why)
{
    struct scrim_control answer = {.kind = request->kind, .code = SCRIM_EACCESS};
    snprintf(answer.text, sizeof answer.text, "%s", why);
    if (scrim_control_send(stream->control_fd, &answer, NULL, 0) < 0)
        scrim_warn(&stream->log, "its process does not hear");
}

static bool may_reach(const struct stream *stream, const char *host)
{
    return strcasecmp(host, stream->host) == 0 ||
           (stream->redirect_host && strcasecmp(host, stream->redirect_host) == 0);
}

// False: the dialer has as much as it can take; the request waits until it reads again.
static bool forward(const struct scrim_streams *streams, struct stream *stream)
{
    const bool peer = stream->request.kind == SCRIM_DIAL_UDP_PEER;
    const int sent = scrim_datagram_send(streams->dialer_fd, &stream->request,
                                         sizeof stream->request, stream->udp, peer ? 2 : 0);
    stream->waits = sent == SCRIM_EAGAIN;
    if (stream->waits)
        return false;
    if (sent < 0)
        refuse(stream, &stream->request, "the dialer is gone");
    if (peer)
        close_udp(stream);
    return true;
}

static void take_request(struct scrim_streams *streams, struct stream *stream,
                         const struct scrim_control *request)
{
    if (request->kind == SCRIM_DIAL_ALIVE) {
        stream->alive_us = scrim_clock_mono_us();
        return;
    }
    stream->request = *request; // instead of one that still waits
    stream->request.stream = stream->serial;
    switch (request->kind) {
    case SCRIM_DIAL_TCP:
        if (!may_reach(stream, request->host)) {
            refuse(stream, request,
                   "the camera redirects to another host; if that is right, name it with "
                   "redirect_host");
            return;
        }
        break;
    case SCRIM_DIAL_UDP: close_udp(stream); break;
    case SCRIM_DIAL_UDP_PEER:
        if (!stream->dialled || stream->udp[0] < 0) {
            refuse(stream, request, "there are no UDP sockets to connect");
            return;
        }
        stream->request.address = stream->address;
        break;
    default: refuse(stream, request, "unknown request"); return;
    }
    (void)forward(streams, stream); // or later
}

static void forward_waiting(struct scrim_streams *streams)
{
    for (size_t i = 0; i < streams->count; i++) {
        if (streams->list[i]->waits && !forward(streams, streams->list[i]))
            return;
    }
}

bool scrim_streams_wait_for_dialer(const struct scrim_streams *streams)
{
    for (size_t i = 0; i < streams->count; i++) {
        if (streams->list[i]->waits)
            return true;
    }
    return false;
}

static void hear(struct scrim_streams *streams, struct stream *stream)
{
    struct scrim_control request;
    int fds[SCRIM_DATAGRAM_FDS];
    for (unsigned i = 0; i < REQUESTS_AT_ONCE && stream->control_fd >= 0; i++) {
        const int got = scrim_control_receive(stream->control_fd, &request, fds);
        if (got == 0)
            return;
        for (unsigned j = 0; j < SCRIM_DATAGRAM_FDS; j++)
            scrim_close_fd(&fds[j]); // nobody asked for them
        if (got > 0)
            take_request(streams, stream, &request);
        else
            let_go(stream); // it ends, and is started anew then
    }
}

void scrim_streams_answer(struct scrim_streams *streams, const struct scrim_control *answer,
                          const int fds[SCRIM_DATAGRAM_FDS])
{
    const unsigned count = (fds[0] >= 0 ? 1U : 0U) + (fds[1] >= 0 ? 1U : 0U);
    struct stream *stream = NULL;
    for (size_t i = 0; i < streams->count; i++) {
        if (streams->list[i]->serial == answer->stream && streams->list[i]->control_fd >= 0)
            stream = streams->list[i];
    }
    if (stream && scrim_control_send(stream->control_fd, answer, fds, count) < 0)
        scrim_warn(&stream->log, "its process does not hear");
    if (stream && answer->kind == SCRIM_DIAL_TCP && answer->code >= 0) {
        stream->address = answer->address;
        stream->dialled = true;
    }
    const bool keep = stream && answer->kind == SCRIM_DIAL_UDP && count == 2;
    if (keep)
        close_udp(stream);
    for (unsigned i = 0; i < SCRIM_DATAGRAM_FDS; i++) {
        if (keep)
            stream->udp[i] = fds[i];
        else if (fds[i] >= 0)
            close(fds[i]);
    }
}

size_t scrim_streams_poll(const struct scrim_streams *streams, struct pollfd *fds)
{
    for (size_t i = 0; i < streams->count; i++)
        fds[i] = (struct pollfd){.fd = streams->list[i]->control_fd, .events = POLLIN};
    return streams->count;
}

static void end_hung(struct stream *stream, int64_t now_us)
{
    if (stream->pid == 0)
        return;
    if (stream->leaving && now_us >= stream->due_us) {
        kill(stream->pid, SIGKILL);
    } else if (!stream->leaving && now_us - stream->alive_us >= ALIVE_US) {
        scrim_error_log(&stream->log, "its process hangs: killed");
        kill(stream->pid, SIGKILL);
        stream->alive_us = now_us;
    }
}

int scrim_streams_serve(struct scrim_streams *streams, const struct pollfd *fds, size_t count,
                        struct scrim_error *error)
{
    const int64_t now_us = scrim_clock_mono_us();
    for (size_t i = 0; i < count; i++) {
        if (fds[i].revents)
            hear(streams, streams->list[i]);
        end_hung(streams->list[i], now_us);
    }
    forward_waiting(streams);
    return start_due(streams, error);
}
