#include "recorder/keys.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_US SCRIM_SECOND
#define ASK_AGAIN_US (5 * SCRIM_SECOND) // after a refusal, or when no answer came
#define REST_US (2 * SCRIM_SECOND)      // how late the next hour's keys may be asked for
#define LINK_BYTES (1U << 20)           // two questions of 48 bytes for 1024 cameras, ten times
#define LINK_VERSION 1

struct client {
    struct scrim_hours *hours; // not owned
    int64_t asked_us;          // monotonic; 0: what is missing was not asked for
    uint64_t asked_hour;       // what was this hour then
};

struct scrim_keys {
    char path[SCRIM_PATH_MAX];
    scrim_keys_purged purged;
    void *context;
    struct scrim_emergency *emergency; // NULL: no break-glass; not owned
    struct scrim_link *link;           // NULL while there is no keeper
    int64_t connect_us;                // monotonic; no try before
    struct client *clients;
    size_t count;
    char trouble[160]; // "": none
    bool refused;      // the newest answer was a refusal
};

// What a camera without a key will say, too.
static void set_trouble(struct scrim_keys *keys, const char *text)
{
    if (strcmp(keys->trouble, text) == 0)
        return;
    snprintf(keys->trouble, sizeof keys->trouble, "%s", text);
    for (size_t i = 0; i < keys->count; i++)
        scrim_hours_explain(keys->clients[i].hours, keys->trouble);
}

struct scrim_keys *scrim_keys_create(const char *path, scrim_keys_purged purged, void *context)
{
    struct scrim_keys *keys = scrim_new(struct scrim_keys);
    snprintf(keys->path, sizeof keys->path, "%s", path);
    keys->purged = purged;
    keys->context = context;
    set_trouble(keys, "scrim-keeper was not reached yet");
    return keys;
}

void scrim_keys_destroy(struct scrim_keys *keys)
{
    if (!keys)
        return;
    scrim_link_destroy(keys->link);
    free(keys->clients);
    free(keys);
}

void scrim_keys_emergency(struct scrim_keys *keys, struct scrim_emergency *emergency)
{
    keys->emergency = emergency;
}

static void disconnect(struct scrim_keys *keys)
{
    scrim_link_destroy(keys->link);
    keys->link = NULL;
    if (keys->emergency)
        scrim_emergency_clear(keys->emergency);
    keys->connect_us = scrim_clock_mono_us() + CONNECT_US;
    set_trouble(keys, "scrim-keeper does not answer");
}

static void flush(struct scrim_keys *keys)
{
    if (keys->link && scrim_link_flush(keys->link) < 0)
        disconnect(keys);
}

static int want(struct scrim_keys *keys, const struct scrim_hours *hours, uint64_t hour)
{
    uint8_t body[8];
    for (size_t i = 0; i < sizeof body; i++)
        body[i] = (uint8_t)(hour >> (56 - 8 * i));
    return scrim_link_send(keys->link, SCRIM_LINK_HOUR_KEY_WANTED, 0, scrim_hours_camera(hours),
                           body, sizeof body, NULL, 0);
}

// The keeper tells of purges and emergency keys to whoever asks for keys. After a new start of it
// we may have all of ours, and ask for one all the same.
static int introduce(struct scrim_keys *keys)
{
    const uint8_t hello[6] = {0, LINK_VERSION, 0, 0, 0, 0};
    const int result =
        scrim_link_send(keys->link, SCRIM_LINK_HELLO, 0, "", hello, sizeof hello, NULL, 0);
    return result < 0 || keys->count == 0
               ? result
               : want(keys, keys->clients[0].hours, scrim_hour_of(scrim_clock_utc_us()));
}

// Takes over a socket connected to the keeper.
static void use_link(struct scrim_keys *keys, int fd)
{
    scrim_link_destroy(keys->link);
    keys->link = scrim_link_create(fd, LINK_BYTES);
    keys->refused = false;
    for (size_t i = 0; i < keys->count; i++)
        keys->clients[i].asked_us = 0;
    if (introduce(keys) < 0)
        disconnect(keys);
}

void scrim_keys_add(struct scrim_keys *keys, struct scrim_hours *hours)
{
    struct client *clients = scrim_new_array(keys->count + 1, struct client);
    if (keys->count > 0)
        memcpy(clients, keys->clients, keys->count * sizeof *clients);
    clients[keys->count++].hours = hours;
    free(keys->clients);
    keys->clients = clients;
    scrim_hours_explain(hours, keys->trouble[0] ? keys->trouble : "scrim-keeper was just asked");
}

void scrim_keys_remove(struct scrim_keys *keys, const struct scrim_hours *hours)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (keys->clients[i].hours == hours)
            keys->clients[i--] = keys->clients[--keys->count];
    }
}

static bool lacks(const struct client *client, uint64_t hour)
{
    return !scrim_hours_holds(client->hours, hour) || !scrim_hours_holds(client->hours, hour + 1);
}

static int ask(struct scrim_keys *keys, struct scrim_hours *hours, uint64_t hour)
{
    return scrim_hours_holds(hours, hour) ? SCRIM_OK : want(keys, hours, hour);
}

// A question that the queue has no room for is asked again later, and so is one without an answer.
static void ask_for_missing(struct scrim_keys *keys, int64_t now_us)
{
    const uint64_t hour = scrim_hour_of(now_us);
    const int64_t mono_us = scrim_clock_mono_us();
    for (size_t i = 0; i < keys->count; i++) {
        struct client *client = &keys->clients[i];
        const bool asked = client->asked_us > 0 && client->asked_hour == hour;
        if (!lacks(client, hour) || (asked && mono_us < client->asked_us + ASK_AGAIN_US))
            continue;
        if (asked && !keys->refused)
            set_trouble(keys, "scrim-keeper does not answer");
        if (ask(keys, client->hours, hour) < 0 || ask(keys, client->hours, hour + 1) < 0)
            continue;
        client->asked_us = mono_us;
        client->asked_hour = hour;
    }
}

// No keeper is not an error of ours: it starts after us, or is being started again.
static void connect_keeper(struct scrim_keys *keys)
{
    struct scrim_error ignored;
    if (scrim_clock_mono_us() < keys->connect_us)
        return;
    const int fd = scrim_link_connect(keys->path, &ignored);
    if (fd < 0)
        disconnect(keys);
    else
        use_link(keys, fd);
}

int64_t scrim_keys_tend(struct scrim_keys *keys)
{
    const int64_t now_us = scrim_clock_utc_us();
    for (size_t i = 0; i < keys->count; i++)
        scrim_hours_tend(keys->clients[i].hours, now_us);
    if (!keys->link)
        connect_keeper(keys);
    if (keys->link) {
        ask_for_missing(keys, now_us);
        flush(keys);
    }
    return keys->link ? REST_US : CONNECT_US;
}

static struct client *client_of(struct scrim_keys *keys, const char *camera)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (strcmp(scrim_hours_camera(keys->clients[i].hours), camera) == 0)
            return &keys->clients[i];
    }
    return NULL;
}

static bool all_there(const struct scrim_keys *keys)
{
    const uint64_t hour = scrim_hour_of(scrim_clock_utc_us());
    for (size_t i = 0; i < keys->count; i++) {
        if (lacks(&keys->clients[i], hour))
            return false;
    }
    return true;
}

static bool take_key(struct scrim_keys *keys, const struct scrim_link_message *message)
{
    struct scrim_reader reader = scrim_reader_of(message->body, message->body_len);
    struct client *client = client_of(keys, message->camera);
    uint64_t hour;
    if (message->body_len != 8 + SCRIM_HOUR_KEY || !scrim_read_u64(&reader, &hour))
        return false;
    if (client)
        scrim_hours_put(client->hours, hour, reader.at);
    keys->refused = false;
    if (all_there(keys))
        set_trouble(keys, "");
    return true;
}

static void take_refusal(struct scrim_keys *keys, const struct scrim_link_message *message)
{
    char text[sizeof keys->trouble];
    snprintf(text, sizeof text, "scrim-keeper refuses: %.*s", (int)message->body_len,
             (const char *)message->body);
    set_trouble(keys, text);
    keys->refused = true;
}

static bool take_purge(struct scrim_keys *keys, const struct scrim_link_message *message)
{
    struct scrim_reader reader = scrim_reader_of(message->body, message->body_len);
    struct scrim_record purge = {.type = SCRIM_RECORD_PURGE};
    uint64_t start, end;
    uint8_t cause;
    if (!scrim_read_u64(&reader, &start) || !scrim_read_u64(&reader, &end) ||
        !scrim_read_u64(&reader, &purge.segments) || !scrim_read_u8(&reader, &cause) ||
        (cause != SCRIM_GAP_DISK && cause != SCRIM_GAP_OPERATOR))
        return false;
    purge.start_us = (int64_t)start;
    purge.end_us = (int64_t)end;
    purge.cause = (enum scrim_gap_cause)cause;
    snprintf(purge.camera, sizeof purge.camera, "%s", message->camera);
    snprintf(purge.detail, sizeof purge.detail, "%.*s", (int)reader.left, (const char *)reader.at);
    keys->purged(keys->context, &purge);
    return true;
}

static bool take_emergency(struct scrim_keys *keys, const struct scrim_link_message *message)
{
    struct scrim_glass_key key;
    if (!scrim_glass_key_parse(message->body, message->body_len, &key))
        return false;
    if (keys->emergency)
        scrim_emergency_put(keys->emergency, &key);
    return true;
}

static bool take(struct scrim_keys *keys, const struct scrim_link_message *message)
{
    switch (message->kind) {
    case SCRIM_LINK_HELLO: return true;
    case SCRIM_LINK_HOUR_KEY: return take_key(keys, message);
    case SCRIM_LINK_REFUSED: take_refusal(keys, message); return true;
    case SCRIM_LINK_PURGED: return take_purge(keys, message);
    case SCRIM_LINK_GLASS_KEY: return take_emergency(keys, message);
    default: return false;
    }
}

size_t scrim_keys_poll(const struct scrim_keys *keys, struct pollfd *fd)
{
    if (!keys->link)
        return 0;
    *fd = (struct pollfd){.fd = scrim_link_fd(keys->link), .events = POLLIN};
    if (scrim_link_wants_write(keys->link))
        fd->events |= POLLOUT;
    return 1;
}

void scrim_keys_serve(struct scrim_keys *keys, const struct pollfd *fd)
{
    struct scrim_link_message message;
    int result = 0;
    if (fd->revents & POLLOUT)
        flush(keys);
    if (!keys->link || !(fd->revents & (POLLIN | POLLHUP | POLLERR)))
        return;
    while ((result = scrim_link_receive(keys->link, &message)) > 0) {
        if (!take(keys, &message)) {
            result = SCRIM_EFORMAT;
            break;
        }
    }
    if (result < 0)
        disconnect(keys);
}

bool scrim_keys_wait(struct scrim_keys *keys, int64_t timeout_us)
{
    const int64_t until_us = scrim_clock_mono_us() + timeout_us;
    for (;;) {
        struct pollfd fd;
        int64_t rest_us = scrim_keys_tend(keys);
        const int64_t left_us = until_us - scrim_clock_mono_us();
        if (all_there(keys) || left_us <= 0 || keys->refused)
            return all_there(keys);
        if (rest_us > left_us)
            rest_us = left_us;
        const nfds_t count = scrim_keys_poll(keys, &fd);
        if (poll(&fd, count, (int)(rest_us / 1000) + 1) > 0)
            scrim_keys_serve(keys, &fd);
    }
}

const char *scrim_keys_trouble(const struct scrim_keys *keys)
{
    return keys->trouble[0] ? keys->trouble : NULL;
}
