#include "control.h"

#include "auth.h"
#include "base/alloc.h"
#include "sender.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINE_ROOM 256

// What every command does to one camera.
typedef void (*apply)(struct camera *camera, double value);

static void each_session(struct camera *camera, void (*act)(struct session *session))
{
    struct session *next;
    for (struct session *session = camera->server->sessions; session; session = next) {
        next = session->next;
        if (session->camera == camera)
            act(session);
    }
}

static void drop(struct camera *camera, double value)
{
    (void)value;
    each_session(camera, session_close);
}

static void end_abandoned(struct session *session)
{
    if (session->abandoned)
        session_close(session);
}

static void stall(struct camera *camera, double value)
{
    each_session(camera, value != 0 ? session_abandon : end_abandoned);
}

static void freeze(struct camera *camera, double value)
{
    camera->faults.freeze = value != 0;
}

static void hang(struct camera *camera, double value)
{
    camera->faults.hang = value != 0;
}

static void loss(struct camera *camera, double value)
{
    camera->faults.loss = value;
}

static void garbage(struct camera *camera, double value)
{
    camera->faults.garbage = (uint32_t)value;
}

static void refuse(struct camera *camera, double value)
{
    camera->faults.refuse = (uint32_t)value;
}

static void bad_description(struct camera *camera, double value)
{
    camera->faults.bad_description = value != 0;
}

static void session_timeout(struct camera *camera, double value)
{
    camera->faults.timeout_s = (uint32_t)value;
}

static void jump(struct camera *camera, double value)
{
    camera->rtp = fmod(camera->rtp + value * (SCRIM_RTP_HZ / 1000.0), 4294967296.0);
    if (camera->rtp < 0)
        camera->rtp += 4294967296.0;
}

static void skip_numbers(struct camera *camera, double value)
{
    for (struct session *viewer = camera->viewers; viewer; viewer = viewer->next_viewer)
        sender_skip_numbers(viewer, (uint16_t)value);
}

static void switch_clip(struct camera *camera, double value)
{
    if (value < camera->server->clips_count)
        camera->next_clip = &camera->server->clips[(unsigned)value];
}

static void new_nonce(struct session *session)
{
    auth_new_nonce(session->nonce);
}

static void stale(struct camera *camera, double value)
{
    (void)value;
    each_session(camera, new_nonce);
}

static const struct command {
    const char *name;
    double min, max; // of its number; both 0: it takes none
    apply apply;
} commands[] = {
    {"drop", 0, 0, drop},               // closes its connections
    {"stall", 0, 1, stall},             // 1: its connections become half open; 0: those are closed
    {"stale", 0, 0, stale},             // its nonces are stale now
    {"freeze", 0, 1, freeze},           // makes nothing, keeps the connection
    {"hang", 0, 1, hang},               // answers PLAY, then nothing
    {"loss", 0, 1, loss},               // share of RTP packets withheld
    {"garbage", 0, 1e6, garbage},       // overwrites the payload of so many packets to come
    {"seqgap", 0, 65535, skip_numbers}, // steps the RTP sequence number
    {"tsjump", -1e9, 1e9, jump},        // steps the RTP clock, ms
    {"speed", 0.01, 100, camera_set_speed},           // its clock runs fast or slow
    {"switch", 0, SERVER_CLIPS_MAX - 1, switch_clip}, // another clip, by its number
    {"fail", 0, 599, refuse},                         // DESCRIBE answers this status; 0 heals
    {"badsdp", 0, 1, bad_description},                // DESCRIBE answers nonsense
    {"timeout", 1, 3600, session_timeout},            // seconds of silence that a session lives
};

static const char *run(struct server *server, const struct command *command, const char *camera,
                       const char *argument)
{
    double value = 0;
    if (command->max > command->min) {
        char *end;
        value = strtod(argument, &end);
        if (end == argument || *end || !(value >= command->min && value <= command->max))
            return "error: a number out of range";
    }
    bool found = false;
    for (uint32_t i = 0; i < server->cameras_count; i++) {
        if (strcmp(camera, "*") == 0 || strcmp(camera, server->cameras[i].name) == 0) {
            command->apply(&server->cameras[i], value);
            found = true;
        }
    }
    return found ? "ok" : "error: no such camera";
}

// What a camera, or all of them, did so far.
static void stat(struct server *server, const char *name, char *ret, size_t room)
{
    uint64_t made = 0, sent = 0, cut = 0, unsent = 0, skipped = 0, withheld = 0, waiting = 0,
             packets = 0;
    unsigned watched = 0;
    for (uint32_t i = 0; i < server->cameras_count; i++) {
        const struct camera *camera = &server->cameras[i];
        if (strcmp(name, "*") != 0 && strcmp(name, camera->name) != 0)
            continue;
        made += camera->made;
        sent += camera->sent;
        cut += camera->cut;
        unsent += camera->unsent;
        skipped += camera->skipped;
        withheld += camera->withheld;
        packets += camera->packets;
        watched += camera->viewers != NULL;
        for (const struct session *viewer = camera->viewers; viewer; viewer = viewer->next_viewer)
            waiting += viewer->out.len;
    }
    snprintf(ret, room,
             "{\"frames\": %" PRIu64 ", \"sent\": %" PRIu64 ", \"cut\": %" PRIu64
             ", \"unsent\": %" PRIu64 ", \"skipped\": %" PRIu64 ", \"lost\": %" PRIu64
             ", \"packets\": %" PRIu64 ", \"watched\": %u, \"waiting_bytes\": %" PRIu64
             ", \"late_max_us\": %" PRId64 "}",
             made, sent, cut, unsent, skipped, withheld, packets, watched, waiting,
             server->late_max_us);
    if (strcmp(name, "*") == 0)
        server->late_max_us = 0;
}

static void answer(struct server *server, char *line, char *ret, size_t room)
{
    char *rest;
    const char *name = strtok_r(line, " \r", &rest);
    const char *camera = strtok_r(NULL, " \r", &rest);
    const char *argument = strtok_r(NULL, " \r", &rest);
    snprintf(ret, room, "error: no such command");
    if (!name || !camera) {
        snprintf(ret, room, "error: COMMAND CAMERA [NUMBER]");
    } else if (strcmp(name, "stat") == 0) {
        stat(server, camera, ret, room);
    } else {
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
            if (strcmp(commands[i].name, name) == 0)
                snprintf(ret, room, "%s",
                         run(server, &commands[i], camera, argument ? argument : ""));
        }
    }
}

struct client {
    struct loop_source source;
    struct server *server;
    char line[LINE_ROOM];
    size_t length;
};

static void client_end(struct client *client)
{
    loop_remove(&client->server->loop, &client->source);
    scrim_close_fd(&client->source.fd);
    free(client);
}

// Answers every whole line. False if the client is done for.
static bool serve_lines(struct client *client)
{
    char text[512];
    char *end;
    while ((end = memchr(client->line, '\n', client->length))) {
        const size_t size = (size_t)(end - client->line) + 1;
        *end = '\0';
        answer(client->server, client->line, text, sizeof text - 1);
        const size_t length = strlen(text);
        text[length] = '\n';
        if (send(client->source.fd, text, length + 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            return false;
        memmove(client->line, client->line + size, client->length - size);
        client->length -= size;
    }
    return client->length < sizeof client->line;
}

static void client_ready(struct loop_source *source, uint32_t events)
{
    (void)events;
    struct client *client = (struct client *)source;
    const ssize_t count = recv(source->fd, client->line + client->length,
                               sizeof client->line - client->length, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count > 0)
        client->length += (size_t)count;
    if (count <= 0 || !serve_lines(client))
        client_end(client);
}

struct port {
    struct loop_source source;
    struct server *server;
};

static void port_ready(struct loop_source *source, uint32_t events)
{
    (void)events;
    const struct port *port = (const struct port *)source;
    const int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    struct client *client = scrim_new(struct client);
    client->source = (struct loop_source){fd, client_ready};
    client->server = port->server;
    loop_add(&port->server->loop, &client->source, EPOLLIN);
}

void control_start(struct server *server, int fd)
{
    static struct port port;
    port = (struct port){{fd, port_ready}, server};
    loop_add(&server->loop, &port.source, EPOLLIN);
}
