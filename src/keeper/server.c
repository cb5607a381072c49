#include "keeper/server.h"

#include "base/alloc.h"
#include "base/log.h"
#include "keeper/shred.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINK_VERSION 1
#define LINK_BYTES (1U << 20) // answers for 1024 cameras, and as much again
#define QUESTIONS_MAX 4096    // answered in one go; the next ones wait
#define AHEAD_US (2 * 3600 * SCRIM_SECOND)
#define DONE_MAX 1024

struct client {
    struct scrim_link *link; // NULL: a free place
    uid_t uid;
    bool trusted;    // root or our own user
    bool introduced; // HELLO came
    bool asks_keys;  // a recorder: hears of purges
};

struct question {
    size_t client;
    struct scrim_hour_range hour; // one hour
};

struct scrim_key_server {
    struct scrim_key_server_setup setup;
    struct scrim_log log;
    uid_t recorder;
    struct client clients[SCRIM_KEY_CLIENTS_MAX];
    struct question *questions; // QUESTIONS_MAX
    size_t questions_count;
};

int scrim_key_server_create(const struct scrim_key_server_setup *setup,
                            struct scrim_key_server **ret, struct scrim_error *error)
{
    char store[SCRIM_PATH_MAX];
    struct stat info;
    if (scrim_path_join(store, setup->site->dir, "store") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", setup->site->dir);
    if (stat(store, &info) < 0)
        return scrim_fail_errno(error, errno, "%s", store);
    struct scrim_key_server *server = scrim_new(struct scrim_key_server);
    server->setup = *setup;
    server->log = scrim_log_named("keeper.keys");
    server->recorder = info.st_uid;
    server->questions = scrim_new_array(QUESTIONS_MAX, struct question);
    // Without this a connection that is gone by the time we look would block accept.
    fcntl(setup->listen_fd, F_SETFL, fcntl(setup->listen_fd, F_GETFL) | O_NONBLOCK);
    *ret = server;
    return SCRIM_OK;
}

void scrim_key_server_destroy(struct scrim_key_server *server)
{
    if (!server)
        return;
    for (size_t i = 0; i < SCRIM_KEY_CLIENTS_MAX; i++)
        scrim_link_destroy(server->clients[i].link);
    close(server->setup.listen_fd);
    free(server->questions);
    free(server);
}

static void drop(struct scrim_key_server *server, struct client *client, const char *why)
{
    if (why)
        scrim_warn(&server->log, "a connection of user %u is closed: %s", (unsigned)client->uid,
                   why);
    scrim_link_destroy(client->link);
    *client = (struct client){0};
}

static void send_to(struct scrim_key_server *server, struct client *client,
                    enum scrim_link_kind kind, const char *camera, const void *body, size_t len)
{
    if (client->link && scrim_link_send(client->link, kind, 0, camera, body, len, NULL, 0) < 0)
        drop(server, client, "it does not read our answers");
}

static void refuse(struct scrim_key_server *server, struct client *client, const char *camera,
                   const char *sentence)
{
    send_to(server, client, SCRIM_LINK_REFUSED, camera, sentence, strlen(sentence));
}

static void accept_client(struct scrim_key_server *server)
{
    const int fd = accept4(server->setup.listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return; // gone again
    struct ucred peer;
    socklen_t size = sizeof peer;
    struct client *place = NULL;
    for (size_t i = 0; i < SCRIM_KEY_CLIENTS_MAX && !place; i++) {
        if (!server->clients[i].link)
            place = &server->clients[i];
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || !place) {
        scrim_warn(&server->log, "a connection is turned away: %s",
                   place ? "its user is unknown" : "there are too many");
        close(fd);
        return;
    }
    *place = (struct client){.link = scrim_link_create(fd, LINK_BYTES),
                             .uid = peer.uid,
                             .trusted = peer.uid == 0 || peer.uid == geteuid()};
    if (!place->trusted && peer.uid != server->recorder)
        drop(server, place, "that user may not");
}

static void send_purge(struct scrim_key_server *server, struct client *client,
                       const struct scrim_record *purge)
{
    struct scrim_buf body;
    scrim_buf_init(&body, 25 + sizeof purge->detail);
    int result = scrim_buf_append_u64(&body, (uint64_t)purge->start_us);
    result |= scrim_buf_append_u64(&body, (uint64_t)purge->end_us);
    result |= scrim_buf_append_u64(&body, purge->segments);
    result |= scrim_buf_append_u8(&body, (uint8_t)purge->cause);
    result |= scrim_buf_append_text(&body, purge->detail);
    if (result == SCRIM_OK)
        send_to(server, client, SCRIM_LINK_PURGED, purge->camera, body.data, body.len);
    else
        drop(server, client, "out of memory");
    scrim_buf_finish(&body);
}

bool scrim_key_server_purged(struct scrim_key_server *server, const struct scrim_record *purge)
{
    for (size_t i = 0; i < SCRIM_KEY_CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (!client->asks_keys)
            continue;
        send_purge(server, client, purge);
        if (client->link && scrim_link_flush(client->link) >= 0)
            return true;
    }
    return false;
}

static void send_glass(struct scrim_key_server *server, struct client *client)
{
    struct scrim_glass_public keys[2];
    const size_t count = server->setup.glass ? scrim_glass_public(server->setup.glass, keys) : 0;
    for (size_t i = 0; i < count; i++) {
        struct scrim_glass_key key = {
            .start_us = keys[i].start_us, .end_us = keys[i].end_us, .good_us = keys[i].good_us};
        struct scrim_buf body;
        memcpy(key.key, keys[i].key, sizeof key.key);
        scrim_buf_init(&body, sizeof key);
        if (scrim_glass_key_format(&key, &body) >= 0)
            send_to(server, client, SCRIM_LINK_GLASS_KEY, "", body.data, body.len);
        else
            drop(server, client, "out of memory");
        scrim_buf_finish(&body);
    }
}

void scrim_key_server_tell_glass(struct scrim_key_server *server)
{
    for (size_t i = 0; i < SCRIM_KEY_CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->asks_keys)
            send_glass(server, client);
        if (client->link && scrim_link_flush(client->link) < 0)
            drop(server, client, NULL);
    }
}

static bool is_time_of(uint64_t hour)
{
    const int64_t now_us = scrim_clock_utc_us();
    return hour >= scrim_hour_of(now_us - SCRIM_HOUR_LINGER_US) &&
           hour <= scrim_hour_of(now_us + AHEAD_US);
}

static bool take_question(struct scrim_key_server *server, size_t at,
                          const struct scrim_link_message *message)
{
    struct client *client = &server->clients[at];
    struct scrim_reader reader = scrim_reader_of(message->body, message->body_len);
    uint64_t hour;
    if (!scrim_read_u64(&reader, &hour) || reader.left > 0)
        return false;
    const bool is_first = !client->asks_keys;
    client->asks_keys = true;
    if (is_first)
        send_glass(server, client);
    if (!is_time_of(hour)) {
        scrim_warn(&server->log, "user %u asked for a key of %s at a time that is not its own",
                   (unsigned)client->uid, message->camera);
        refuse(server, client, message->camera,
               "keys are given out from two minutes before to two hours after now");
        return true;
    }
    struct question *question = &server->questions[server->questions_count++];
    *question = (struct question){.client = at, .hour = {.first = hour, .last = hour}};
    memcpy(question->hour.camera, message->camera, sizeof question->hour.camera);
    return true;
}

static bool take_shred(struct scrim_key_server *server, struct client *client,
                       const struct scrim_link_message *message)
{
    struct scrim_reader reader = scrim_reader_of(message->body, message->body_len);
    struct scrim_hour_range range = {0};
    struct scrim_error error;
    struct scrim_buf done;
    char reason[SCRIM_SHRED_REASON_MAX + 1];
    if (!scrim_read_u64(&reader, &range.first) || !scrim_read_u64(&reader, &range.last) ||
        range.first > range.last || reader.left == 0 || reader.left > SCRIM_SHRED_REASON_MAX)
        return false;
    snprintf(reason, sizeof reason, "%.*s", (int)reader.left, (const char *)reader.at);
    memcpy(range.camera, message->camera, sizeof range.camera);
    if (!client->trusted) {
        refuse(server, client, range.camera, "only root and the keeper's own user may shred");
        return true;
    }
    scrim_buf_init(&done, DONE_MAX);
    if (server->setup.shred(server->setup.context, &range, reason, &done, &error) < 0) {
        scrim_warn(&server->log, "shredding is refused: %s", error.text);
        refuse(server, client, range.camera, error.text);
    } else {
        scrim_info(&server->log, "user %u: %.*s, reason: %s", (unsigned)client->uid, (int)done.len,
                   (const char *)done.data, reason);
        send_to(server, client, SCRIM_LINK_DONE, range.camera, done.data, done.len);
    }
    scrim_buf_finish(&done);
    return true;
}

static bool take_hello(struct scrim_key_server *server, struct client *client,
                       const struct scrim_link_message *message)
{
    static const uint8_t hello[6] = {0, LINK_VERSION, 0, 0, 0, 0};
    if (message->body_len != sizeof hello || memcmp(message->body, hello, 2) != 0)
        return false;
    client->introduced = true;
    send_to(server, client, SCRIM_LINK_HELLO, "", hello, sizeof hello);
    return true;
}

static bool take(struct scrim_key_server *server, size_t at,
                 const struct scrim_link_message *message)
{
    struct client *client = &server->clients[at];
    if (message->kind == SCRIM_LINK_HELLO)
        return take_hello(server, client, message);
    if (!client->introduced)
        return false;
    if (message->kind == SCRIM_LINK_HOUR_KEY_WANTED)
        return take_question(server, at, message);
    return message->kind == SCRIM_LINK_SHRED && take_shred(server, client, message);
}

static void receive(struct scrim_key_server *server, size_t at)
{
    struct client *client = &server->clients[at];
    struct scrim_link_message message;
    int result = 0;
    while (client->link && server->questions_count < QUESTIONS_MAX &&
           (result = scrim_link_receive(client->link, &message)) > 0) {
        if (!take(server, at, &message))
            result = SCRIM_EFORMAT;
        if (result < 0)
            break;
    }
    if (client->link && result < 0)
        drop(server, client, result == SCRIM_EFORMAT ? "it does not speak our language" : NULL);
}

// All questions, and this hour and the next for every camera of the site: the ring is written as
// seldom as can be.
static int make_keys(struct scrim_key_server *server, struct scrim_error *error)
{
    const struct scrim_site_config *config = server->setup.site->config;
    const uint64_t hour = scrim_hour_of(scrim_clock_utc_us());
    bool missing = false;
    for (size_t i = 0; i < server->questions_count; i++)
        missing |= !scrim_hour_ring_holds(server->setup.ring, server->questions[i].hour.camera,
                                          server->questions[i].hour.first);
    if (!missing)
        return SCRIM_OK;
    const size_t count = server->questions_count + config->cameras_count;
    struct scrim_hour_range *wanted = scrim_new_array(count, struct scrim_hour_range);
    for (size_t i = 0; i < server->questions_count; i++)
        wanted[i] = server->questions[i].hour;
    for (size_t i = server->questions_count; i < count; i++) {
        wanted[i] = (struct scrim_hour_range){.first = hour, .last = hour + 1};
        snprintf(wanted[i].camera, sizeof wanted[i].camera, "%s",
                 config->cameras[i - server->questions_count].id);
    }
    const int result = scrim_hour_ring_make(server->setup.ring, wanted, count, error);
    free(wanted);
    return result;
}

static void answer(struct scrim_key_server *server, const struct question *question)
{
    struct client *client = &server->clients[question->client];
    uint8_t body[8 + SCRIM_HOUR_KEY];
    for (size_t i = 0; i < 8; i++)
        body[i] = (uint8_t)(question->hour.first >> (56 - 8 * i));
    if (scrim_hour_ring_get(server->setup.ring, question->hour.camera, question->hour.first,
                            body + 8) >= 0)
        send_to(server, client, SCRIM_LINK_HOUR_KEY, question->hour.camera, body, sizeof body);
    sodium_memzero(body, sizeof body);
}

// A place of a client that was dropped meanwhile is free: nothing is sent to it.
static void answer_questions(struct scrim_key_server *server)
{
    struct scrim_error error;
    if (server->questions_count == 0)
        return;
    const int made = make_keys(server, &error);
    if (made < 0)
        scrim_error_log(&server->log, "%s", error.text);
    for (size_t i = 0; i < server->questions_count; i++) {
        const struct question *question = &server->questions[i];
        if (made >= 0)
            answer(server, question);
        else
            refuse(server, &server->clients[question->client], question->hour.camera, error.text);
    }
    server->questions_count = 0;
}

size_t scrim_key_server_poll(const struct scrim_key_server *server, struct pollfd *fds)
{
    size_t count = 0;
    fds[count++] = (struct pollfd){.fd = server->setup.listen_fd, .events = POLLIN};
    for (size_t i = 0; i < SCRIM_KEY_CLIENTS_MAX; i++) {
        const struct client *client = &server->clients[i];
        if (!client->link)
            continue;
        fds[count] = (struct pollfd){.fd = scrim_link_fd(client->link), .events = POLLIN};
        if (scrim_link_wants_write(client->link))
            fds[count].events |= POLLOUT;
        count++;
    }
    return count;
}

bool scrim_key_server_serve(struct scrim_key_server *server, const struct pollfd *fds)
{
    for (size_t i = 0; i < SCRIM_KEY_CLIENTS_MAX; i++) {
        if (server->clients[i].link)
            receive(server, i);
    }
    const bool more = server->questions_count == QUESTIONS_MAX;
    answer_questions(server);
    for (size_t i = 0; i < SCRIM_KEY_CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->link && scrim_link_flush(client->link) < 0)
            drop(server, client, NULL);
    }
    if (fds[0].revents) // last, so that no question's place has changed hands
        accept_client(server);
    return more;
}
