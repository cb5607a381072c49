#include "session.h"

#include "auth.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "sender.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_MAX (16U << 10)
#define OUT_CEILING (4U << 20)  // sender.c stops far below
#define SEND_BUFFER (256 << 10) // bytes in the kernel: what a camera may have sent and nobody read
#define TEXT_MAX 256

struct request {
    char method[24], url[TEXT_MAX], cseq[16];
    char transport[TEXT_MAX], authorization[1024];
    size_t body;
};

// ---- Connections

static void connection_ready(struct loop_source *source, uint32_t events);

void session_accept(struct server *server, int fd)
{
    struct session *session = scrim_new(struct session);
    const int one = 1, buffer = SEND_BUFFER;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    session->source = (struct loop_source){fd, connection_ready};
    session->server = server;
    session->number = server->sessions_made++;
    session->heard_us = scrim_clock_mono_us();
    auth_new_nonce(session->nonce);
    scrim_buf_init(&session->in, IN_MAX);
    scrim_buf_init(&session->out, OUT_CEILING);
    session->next = server->sessions;
    server->sessions = session;
    loop_add(&server->loop, &session->source, EPOLLIN);
}

static void stop_playing(struct session *session)
{
    if (session->playing)
        camera_leave(session->camera, session);
    session->playing = false;
    sender_destroy(session);
}

void session_close(struct session *session)
{
    struct server *server = session->server;
    if (session->source.fd < 0)
        return;
    stop_playing(session);
    if (!session->abandoned)
        loop_remove(&server->loop, &session->source);
    scrim_close_fd(&session->source.fd);
    session->source.fd = -1;
    struct session **link = &server->sessions;
    while (*link != session)
        link = &(*link)->next;
    *link = session->next;
    session->next = server->closed;
    server->closed = session;
}

void session_free_closed(struct server *server)
{
    while (server->closed) {
        struct session *session = server->closed;
        server->closed = session->next;
        scrim_buf_finish(&session->in);
        scrim_buf_finish(&session->out);
        free(session);
    }
}

void session_abandon(struct session *session)
{
    stop_playing(session);
    if (!session->abandoned)
        loop_remove(&session->server->loop, &session->source);
    session->abandoned = true;
}

static void want_out(struct session *session, bool wanted)
{
    if (session->wants_out == wanted)
        return;
    session->wants_out = wanted;
    loop_change(&session->server->loop, &session->source, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

bool session_flush(struct session *session)
{
    struct scrim_buf *out = &session->out;
    if (out->len > 0) {
        const ssize_t written =
            send(session->source.fd, out->data, out->len, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (written < 0 && errno != EAGAIN && errno != EINTR) {
            session_close(session);
            return false;
        }
        if (written > 0) {
            session->written += (size_t)written;
            scrim_buf_drop_front(out, (size_t)written);
            sender_settle(session);
        }
    }
    want_out(session, out->len > 0);
    return true;
}

// ---- Answers

// `more`: header lines, each with its line end; `body` may be empty.
static void answer(struct session *session, const struct request *request, unsigned status,
                   const char *reason, const char *more, const char *body)
{
    struct scrim_buf text;
    scrim_buf_init(&text, IN_MAX);
    int result = scrim_buf_printf(&text, "RTSP/1.0 %u %s\r\nCSeq: %s\r\nServer: camload\r\n%s",
                                  status, reason, request->cseq, more);
    if (result >= 0)
        result = body[0]
                     ? scrim_buf_printf(&text, "Content-Length: %zu\r\n\r\n%s", strlen(body), body)
                     : scrim_buf_append_text(&text, "\r\n");
    if (result >= 0)
        result = scrim_buf_append(&session->out, text.data, text.len);
    session->queued += text.len;
    scrim_buf_finish(&text);
    if (result < 0)
        session_close(session);
    else
        (void)session_flush(session);
}

static void options(struct session *session, const struct request *request)
{
    answer(session, request, 200, "OK",
           "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, SET_PARAMETER, TEARDOWN\r\n",
           "");
}

static const char *base64(const struct clip_set *set, char *ret, size_t room)
{
    if (sodium_base64_encoded_len(set->size, sodium_base64_VARIANT_ORIGINAL) > room)
        return "";
    return sodium_bin2base64(ret, room, set->data, set->size, sodium_base64_VARIANT_ORIGINAL);
}

// sprop parameters of RFC 6184 (8.1) and RFC 7798 (7.1).
static int append_sets(const struct clip *clip, struct scrim_buf *sdp)
{
    static const char *const names_265[] = {"sprop-vps", "sprop-sps", "sprop-pps"};
    char text[1024] = "";
    int result = scrim_buf_append_text(
        sdp, clip->codec == SCRIM_CODEC_H265 ? "" : "packetization-mode=1;sprop-parameter-sets=");
    for (unsigned i = 0; i < clip->sets_count && result >= 0; i++) {
        const char *value = base64(&clip->sets[i], text, sizeof text);
        result = clip->codec == SCRIM_CODEC_H265
                     ? scrim_buf_printf(sdp, "%s%s=%s", i ? ";" : "", names_265[i], value)
                     : scrim_buf_printf(sdp, "%s%s", i ? "," : "", value);
    }
    return result;
}

static void describe(struct session *session, const struct request *request)
{
    const struct camera *camera = session->camera;
    const struct clip *clip = camera->next_clip ? camera->next_clip : camera->clip;
    if (camera->faults.refuse) {
        answer(session, request, camera->faults.refuse, "Refused", "", "");
        return;
    }
    if (camera->faults.bad_description) {
        answer(session, request, 200, "OK", "Content-Type: application/sdp\r\n",
               "{\"sdp\": false}");
        return;
    }
    struct scrim_buf sdp;
    scrim_buf_init(&sdp, IN_MAX);
    int result = scrim_buf_printf(
        &sdp,
        "v=0\r\no=- %u 1 IN IP4 0.0.0.0\r\ns=%s\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
        "m=video 0 RTP/AVP 96\r\na=rtpmap:96 %s/90000\r\na=framerate:%g\r\na=control:trackID=0\r\n"
        "a=fmtp:96 ",
        session->number, camera->name, clip->codec == SCRIM_CODEC_H265 ? "H265" : "H264",
        session->server->fps);
    if (result >= 0)
        result = append_sets(clip, &sdp);
    if (result >= 0)
        result = scrim_buf_append(&sdp, "\r\n", 3); // its NUL too
    if (result >= 0)
        answer(session, request, 200, "OK", "Content-Type: application/sdp\r\n",
               (const char *)sdp.data);
    else
        answer(session, request, 500, "Internal Server Error", "", "");
    scrim_buf_finish(&sdp);
}

// ---- SETUP

// The number behind `name` in a Transport header.
static bool port_in(const char *transport, const char *name, unsigned *ret)
{
    const char *at = strstr(transport, name);
    char *end;
    if (!at)
        return false;
    at += strlen(name);
    const unsigned long value = strtoul(at, &end, 10);
    *ret = (unsigned)value;
    return end != at && value < 65536;
}

// A socket on our side's address, at any port or at `port`, that talks to the peer's `to`.
static int udp_socket(int connection, uint16_t port, unsigned to)
{
    struct sockaddr_in ours, theirs;
    socklen_t size = sizeof ours;
    getsockname(connection, (struct sockaddr *)&ours, &size);
    size = sizeof theirs;
    getpeername(connection, (struct sockaddr *)&theirs, &size);
    ours.sin_port = htons(port);
    theirs.sin_port = htons((uint16_t)to);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && (bind(fd, (struct sockaddr *)&ours, sizeof ours) != 0 ||
                    connect(fd, (struct sockaddr *)&theirs, sizeof theirs) != 0))
        scrim_close_fd(&fd);
    return fd;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

// A pair of neighbours, the first one even (RFC 3550, 11). Returns the first one's port, 0: none.
static uint16_t udp_pair(int connection, unsigned to, int ret_fds[2])
{
    for (int attempt = 0; attempt < 64; attempt++) {
        int first = udp_socket(connection, 0, to);
        const uint16_t port = first >= 0 ? port_of(first) : 0;
        int second =
            port && port % 2 == 0 ? udp_socket(connection, (uint16_t)(port + 1), to + 1) : -1;
        if (second >= 0) {
            ret_fds[0] = first;
            ret_fds[1] = second;
            return port;
        }
        scrim_close_fd(&first);
    }
    return 0;
}

static void setup(struct session *session, const struct request *request)
{
    const char *transport = request->transport;
    char more[TEXT_MAX];
    unsigned number = 0;
    int fds[2];
    if (session->sender) {
        answer(session, request, 455, "Method Not Valid in This State", "", "");
        return;
    }
    int length;
    if (strstr(transport, "RTP/AVP/TCP")) {
        if (!port_in(transport, "interleaved=", &number))
            number = 0;
        session->sender = sender_create_tcp((uint8_t)number);
        length = snprintf(more, sizeof more, "Transport: RTP/AVP/TCP;unicast;interleaved=%u-%u\r\n",
                          number & 255, (number + 1) & 255);
    } else {
        const uint16_t port = port_in(transport, "client_port=", &number)
                                  ? udp_pair(session->source.fd, number, fds)
                                  : 0;
        if (port == 0) {
            answer(session, request, 461, "Unsupported Transport", "", "");
            return;
        }
        session->sender = sender_create_udp(fds[0], fds[1]);
        length = snprintf(more, sizeof more,
                          "Transport: RTP/AVP;unicast;client_port=%u-%u;server_port=%u-%u\r\n",
                          number, number + 1, port, port + 1U);
    }
    snprintf(more + length, sizeof more - (size_t)length, "Session: %08x;timeout=%u\r\n",
             session->number + 1, session->camera->faults.timeout_s);
    answer(session, request, 200, "OK", more, "");
}

static void play(struct session *session, const struct request *request)
{
    char more[TEXT_MAX + 128];
    if (!session->sender) {
        answer(session, request, 455, "Method Not Valid in This State", "", "");
        return;
    }
    if (!session->playing) {
        session->mute = session->camera->faults.hang;
        session->playing = true;
        camera_join(session->camera, session);
    }
    snprintf(more, sizeof more,
             "Session: %08x\r\nRange: npt=now-\r\nRTP-Info: url=%.*s;seq=%u;rtptime=%u\r\n",
             session->number + 1, TEXT_MAX - 1, request->url, sender_next_number(session),
             (uint32_t)session->camera->rtp);
    answer(session, request, 200, "OK", more, "");
}

static void parameters(struct session *session, const struct request *request)
{
    answer(session, request, 200, "OK", "", "");
}

static void teardown(struct session *session, const struct request *request)
{
    answer(session, request, 200, "OK", "", "");
    session_close(session);
}

// ---- Requests

static const struct method {
    const char *name;
    bool open; // to those without a password, and without a camera
    void (*run)(struct session *session, const struct request *request);
} methods[] = {
    {"OPTIONS", true, options},
    {"DESCRIBE", false, describe},
    {"SETUP", false, setup},
    {"PLAY", false, play},
    {"GET_PARAMETER", false, parameters},
    {"SET_PARAMETER", false, parameters},
    {"TEARDOWN", false, teardown},
};

// "rtsp://host:port/cam3/trackID=0" asks for cam3.
static struct camera *camera_of(struct server *server, const char *url)
{
    const char *host = strstr(url, "://");
    const char *path = host ? strchr(host + 3, '/') : NULL;
    return path ? camera_find(server, path + 1, strcspn(path + 1, "/?")) : NULL;
}

static bool admitted(struct session *session, const struct request *request)
{
    const struct server *server = session->server;
    char more[TEXT_MAX];
    if (!server->user || auth_fits(request->authorization, request->method, server->user,
                                   server->password, session->nonce))
        return true;
    snprintf(more, sizeof more, "WWW-Authenticate: Digest realm=\"%s\", nonce=\"%s\"%s\r\n",
             AUTH_REALM, session->nonce,
             auth_is_stale(request->authorization, session->nonce) ? ", stale=true" : "");
    answer(session, request, 401, "Unauthorized", more, "");
    return false;
}

static void serve_request(struct session *session, const struct request *request)
{
    const struct method *method = NULL;
    for (size_t i = 0; i < sizeof methods / sizeof *methods && !method; i++) {
        if (strcmp(methods[i].name, request->method) == 0)
            method = &methods[i];
    }
    session->heard_us = scrim_clock_mono_us();
    if (!method) {
        answer(session, request, 405, "Method Not Allowed", "", "");
        return;
    }
    if (!session->camera)
        session->camera = camera_of(session->server, request->url);
    if (!method->open && !admitted(session, request))
        return;
    if (!method->open && !session->camera)
        answer(session, request, 404, "Not Found", "", "");
    else
        method->run(session, request);
}

// The value of a header line `name: value`, if that is what it is.
static const char *header_value(const char *line, const char *name)
{
    const size_t length = strlen(name);
    return strncasecmp(line, name, length) == 0 && line[length] == ':'
               ? line + length + 1 + strspn(line + length + 1, " ")
               : NULL;
}

// `head` without its empty line, NUL-terminated; is cut up.
static bool parse_head(char *head, struct request *ret)
{
    const struct {
        const char *name;
        char *to;
        size_t room;
    } wanted[] = {{"CSeq", ret->cseq, sizeof ret->cseq},
                  {"Transport", ret->transport, sizeof ret->transport},
                  {"Authorization", ret->authorization, sizeof ret->authorization}};
    char *rest, *line = strtok_r(head, "\r\n", &rest);
    const size_t method = line ? strcspn(line, " ") : 0;
    if (method == 0 || line[method] != ' ' || method >= sizeof ret->method)
        return false;
    snprintf(ret->method, sizeof ret->method, "%.*s", (int)method, line);
    const char *url = line + method + 1;
    snprintf(ret->url, sizeof ret->url, "%.*s", (int)strcspn(url, " "), url);
    while ((line = strtok_r(NULL, "\r\n", &rest))) {
        for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
            const char *value = header_value(line, wanted[i].name);
            if (value)
                snprintf(wanted[i].to, wanted[i].room, "%s", value);
        }
        const char *length = header_value(line, "Content-Length");
        if (length)
            ret->body = strtoul(length, NULL, 10);
    }
    return true;
}

// Bytes at the front of `in` that are dealt with; 0: more are needed; -1: it is no RTSP.
static ssize_t serve_front(struct session *session)
{
    const uint8_t *data = session->in.data;
    const size_t size = session->in.len;
    if (size > 0 && data[0] == '$') { // a receiver report
        const size_t frame = size < 4 ? 4 : 4 + ((size_t)data[2] << 8 | data[3]);
        return frame <= size ? (ssize_t)frame : 0;
    }
    const uint8_t *end = size < 4 ? NULL : memmem(data, size, "\r\n\r\n", 4);
    if (!end)
        return size < IN_MAX - 1 ? 0 : -1;
    const size_t head = (size_t)(end - data);
    SCRIM_AUTO(scrim_free_pointer) char *text = scrim_new_bytes(head + 1);
    memcpy(text, data, head);
    struct request request = {0};
    if (!parse_head(text, &request) || request.body > IN_MAX - head - 4)
        return -1;
    if (size < head + 4 + request.body)
        return 0;
    serve_request(session, &request);
    return (ssize_t)(head + 4 + request.body);
}

static void serve_input(struct session *session)
{
    ssize_t done = 1;
    while (done > 0 && session->source.fd >= 0 && session->in.len > 0) {
        done = serve_front(session);
        if (done > 0)
            scrim_buf_drop_front(&session->in, (size_t)done);
    }
    if (done < 0)
        session_close(session);
}

static void connection_ready(struct loop_source *source, uint32_t events)
{
    struct session *session = (struct session *)source;
    if ((events & EPOLLOUT) && !session_flush(session))
        return;
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    uint8_t bytes[4096];
    const ssize_t count = recv(source->fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0 || scrim_buf_append(&session->in, bytes, (size_t)count) < 0)
        session_close(session);
    else
        serve_input(session);
}
