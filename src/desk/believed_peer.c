#include "desk/believed_peer.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "link/unix_socket.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEERS_MAX 4 // one that is believed, and those who have not shown the proof yet
#define PATIENCE_US (20 * SCRIM_SECOND)
#define TICK_MS 1000

struct scrim_believed_peer {
    struct scrim_believed_socket *place;
    void *line;
    uv_poll_t poll;
    bool believed;
    int64_t since_us; // monotonic
    struct scrim_believed_peer *next, **back;
};

struct scrim_believed_socket {
    struct scrim_log log;
    struct scrim_believed_config config;
    uint8_t proof[SCRIM_BELIEVED_PROOF];
    int listen_fd;
    bool started;
    uv_loop_t *loop;
    uv_poll_t accept;
    uv_timer_t tick;
    struct scrim_believed_handler handler;
    void *context;
    struct scrim_believed_peer *list;
    unsigned count;
};

// --- connections ---

static void on_closed(uv_handle_t *handle)
{
    struct scrim_believed_peer *peer = handle->data;
    peer->place->handler.close(peer->line);
    free(peer);
}

static void drop(struct scrim_believed_peer *peer)
{
    struct scrim_believed_socket *place = peer->place;
    const bool believed = peer->believed;
    *peer->back = peer->next;
    if (peer->next)
        peer->next->back = peer->back;
    place->count--;
    uv_close((uv_handle_t *)&peer->poll, on_closed);
    if (!believed)
        return;
    scrim_warn(&place->log, "%s is gone", place->config.program);
    place->handler.gone(place->context);
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch(struct scrim_believed_peer *peer)
{
    const struct scrim_believed_handler *handler = &peer->place->handler;
    const bool writing = handler->wants_write && handler->wants_write(peer->line);
    uv_poll_start(&peer->poll, UV_READABLE | (writing ? UV_WRITABLE : 0), on_ready);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct scrim_believed_peer *peer = poll->data;
    struct scrim_believed_socket *place = peer->place;
    const int result = status < 0 ? SCRIM_ENETWORK
                                  : place->handler.ready(place->context, peer, peer->line, events);
    if (result == SCRIM_EFORMAT)
        scrim_warn(&place->log, "who speaks for %s is not believed", place->config.program);
    if (result < 0)
        drop(peer);
    else
        watch(peer);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct scrim_believed_socket *place = poll->data;
    (void)events;
    const int fd =
        status < 0 ? -1 : accept4(place->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    struct scrim_believed_peer *peer =
        place->count < PEERS_MAX ? scrim_new(struct scrim_believed_peer) : NULL;
    if (!peer || uv_poll_init(place->loop, &peer->poll, fd) != 0) {
        close(fd);
        free(peer);
        return;
    }
    peer->place = place;
    peer->line = place->handler.open(fd);
    peer->since_us = scrim_clock_mono_us();
    peer->poll.data = peer;
    peer->next = place->list;
    peer->back = &place->list;
    if (peer->next)
        peer->next->back = &peer->next;
    place->list = peer;
    place->count++;
    watch(peer);
}

static void on_tick(uv_timer_t *timer)
{
    struct scrim_believed_socket *place = timer->data;
    const int64_t now_us = scrim_clock_mono_us();
    place->handler.tick(place->context, now_us);
    for (struct scrim_believed_peer *peer = place->list, *next; peer; peer = next) {
        next = peer->next;
        if (!peer->believed && now_us - peer->since_us > PATIENCE_US)
            drop(peer);
    }
}

static struct scrim_believed_peer *believed_one(const struct scrim_believed_socket *place)
{
    struct scrim_believed_peer *peer = place->list;
    while (peer && !peer->believed)
        peer = peer->next;
    return peer;
}

void *scrim_believed_line(const struct scrim_believed_socket *place)
{
    const struct scrim_believed_peer *peer = believed_one(place);
    return peer ? peer->line : NULL;
}

bool scrim_believed_is(const struct scrim_believed_peer *peer)
{
    return peer->believed;
}

bool scrim_believed_show(struct scrim_believed_peer *peer,
                         const uint8_t proof[SCRIM_BELIEVED_PROOF])
{
    struct scrim_believed_socket *place = peer->place;
    if (sodium_memcmp(proof, place->proof, SCRIM_BELIEVED_PROOF) != 0)
        return false;
    struct scrim_believed_peer *before = believed_one(place);
    if (before && before != peer)
        drop(before);
    peer->believed = true;
    return true;
}

void scrim_believed_watch(struct scrim_believed_socket *place)
{
    struct scrim_believed_peer *peer = believed_one(place);
    if (peer)
        watch(peer);
}

// --- life ---

static int open_proof(struct scrim_believed_socket *place, const char *dir,
                      struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, 4096);
    int result = scrim_path_join(path, dir, place->config.directory);
    if (result >= 0 && access(path, F_OK) < 0)
        result = scrim_fs_make_dirs(path, 0700, error);
    if (result >= 0)
        result = scrim_path_join(path, dir, place->config.proof);
    if (result >= 0 && stat(path, &info) < 0 && errno == ENOENT) {
        randombytes_buf(place->proof, sizeof place->proof);
        // For the directory's group too: with systemd that is the program's own.
        result = scrim_fs_create(path, place->proof, sizeof place->proof, 0640, error);
    }
    if (result >= 0)
        result = scrim_fs_read(path, &bytes, error);
    if (result >= 0 && bytes.len != sizeof place->proof)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: not %zu bytes long; remove it", path,
                            sizeof place->proof);
    if (result >= 0)
        memcpy(place->proof, bytes.data, sizeof place->proof);
    scrim_buf_finish_wipe(&bytes);
    return result;
}

int scrim_believed_open(const char *dir, const struct scrim_believed_config *config,
                        struct scrim_believed_socket **ret, struct scrim_error *error)
{
    struct scrim_believed_socket *place = scrim_new(struct scrim_believed_socket);
    char path[SCRIM_PATH_MAX];
    place->log = scrim_log_named("desk");
    place->config = *config;
    place->listen_fd = -1;
    int result = scrim_path_join(path, dir, config->socket);
    if (result < 0)
        scrim_fail(error, result, "%s: path too long", dir);
    if (result >= 0)
        result = open_proof(place, dir, error);
    if (result >= 0)
        result = place->listen_fd = scrim_unix_bind(path, config->type, error);
    // With systemd the program is another user, of the same group.
    if (result >= 0 && chmod(path, 0660) < 0)
        result = scrim_fail_errno(error, errno, "%s", path);
    if (result < 0) {
        scrim_believed_free(place);
        return result;
    }
    *ret = place;
    return SCRIM_OK;
}

int scrim_believed_start(struct scrim_believed_socket *place, uv_loop_t *loop,
                         const struct scrim_believed_handler *handler, void *context,
                         struct scrim_error *error)
{
    const int failed = uv_poll_init(loop, &place->accept, place->listen_fd);
    if (failed != 0)
        return scrim_fail(error, SCRIM_EINTERNAL, "cannot watch %s: %s", place->config.socket,
                          uv_strerror(failed));
    place->loop = loop;
    place->handler = *handler;
    place->context = context;
    place->accept.data = place->tick.data = place;
    uv_poll_start(&place->accept, UV_READABLE, on_connection);
    uv_timer_init(loop, &place->tick);
    uv_timer_start(&place->tick, on_tick, TICK_MS, TICK_MS);
    place->started = true;
    return SCRIM_OK;
}

void scrim_believed_close(struct scrim_believed_socket *place)
{
    if (!place || !place->started)
        return;
    uv_close((uv_handle_t *)&place->accept, NULL);
    uv_close((uv_handle_t *)&place->tick, NULL);
    while (place->list)
        drop(place->list);
}

void scrim_believed_free(struct scrim_believed_socket *place)
{
    if (!place)
        return;
    scrim_close_fd(&place->listen_fd);
    sodium_memzero(place, sizeof *place);
    free(place);
}
