#include "desk/peers.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "desk/peer_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS_MAX (SCRIM_VEIL_WORKERS_MAX + 16)
#define MESSAGES_A_TURN 256 // then others have their turn
#define OUT_BYTES \
    (64U << 20) // the areas of all its cameras, at worst; a worker that lets so much wait reads no
                // more

#define LOOK_ROUND_MS 1000
#define SILENT_US (5 * SCRIM_SECOND)

struct peer {
    struct scrim_peers *peers;
    struct scrim_link *link;
    uv_poll_t poll;
    uv_timer_t again; // when a turn ended before the messages did
    unsigned handles; // of the two, still open
    bool introduced, gone;
    int64_t alive_us; // when a worker last said that it is; 0: it never did
    struct scrim_peer_hello hello;
    struct peer *next, **back;
};

struct scrim_peers {
    struct scrim_log log;
    uv_loop_t *loop;
    const struct scrim_site *site;
    struct scrim_peers_handler handler;
    int listen_fd;
    uv_poll_t accept;
    uv_timer_t look_round;
    struct peer *list;
    size_t count;
    unsigned workers;
};

static bool is_recorder(const struct peer *peer)
{
    return peer->introduced && peer->hello.workers == 0 && peer->hello.worker == 0;
}

static bool is_keeper(const struct peer *peer)
{
    return peer->introduced && peer->hello.workers == 0 && peer->hello.worker == 1;
}

static bool is_trier(const struct peer *peer)
{
    return peer->introduced && peer->hello.workers == 0 && peer->hello.worker == 2;
}

static bool is_worker(const struct peer *peer, unsigned worker)
{
    return peer->introduced && peer->hello.workers > 0 && peer->hello.worker == worker;
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct peer *peer = handle->data;
    if (--peer->handles == 0) {
        scrim_link_destroy(peer->link);
        free(peer);
    }
}

// Takes the peer out of the list; its memory goes when the loop has let go of it.
static void detach(struct peer *peer)
{
    peer->gone = true;
    *peer->back = peer->next;
    if (peer->next)
        peer->next->back = peer->back;
    peer->peers->count--;
    uv_close((uv_handle_t *)&peer->poll, on_handle_closed);
    uv_close((uv_handle_t *)&peer->again, on_handle_closed);
}

static void say_goodbye(struct peer *peer, const char *reason)
{
    const struct scrim_peers *peers = peer->peers;
    const struct scrim_peers_handler *handler = &peers->handler;
    if (!peer->introduced)
        return;
    if (is_keeper(peer)) {
        scrim_warn(&peers->log, "the keeper is gone: %s", reason);
        handler->keeper_gone(handler->context);
        return;
    }
    if (is_trier(peer)) {
        handler->tried(handler->context, NULL); // the recorder's own connection says more
        return;
    }
    if (is_recorder(peer)) {
        scrim_warn(&peers->log, "the recorder is gone: %s", reason);
        handler->recorder(handler->context, false);
        return;
    }
    scrim_warn(&peers->log, "veil worker %u is gone: %s", peer->hello.worker, reason);
    for (unsigned i = 0; i < peers->site->config->cameras_count; i++)
        if (i % peer->hello.workers == peer->hello.worker)
            handler->veil_state(handler->context, i, SCRIM_LIVE_DOWN, "the veil restarts");
}

static void drop(struct peer *peer, const char *reason)
{
    detach(peer);
    say_goodbye(peer, reason);
}

static bool same_kind(const struct peer *peer, const struct peer *other)
{
    if (is_recorder(peer))
        return is_recorder(other);
    if (is_trier(peer))
        return is_trier(other);
    return is_keeper(peer) ? is_keeper(other) : is_worker(other, peer->hello.worker);
}

// The newest of a kind is the one that lives: the other has not noticed yet that it is dead.
static void replace_older(struct peer *peer)
{
    for (struct peer *other = peer->peers->list, *next; other; other = next) {
        next = other->next;
        if (other != peer && same_kind(peer, other))
            drop(other, "another one has come in its place");
    }
}

static bool introduce(struct peer *peer, const struct scrim_link_message *message)
{
    struct scrim_peers *peers = peer->peers;
    if (!scrim_peer_hello_parse(message, &peer->hello))
        return false;
    peer->introduced = true;
    replace_older(peer);
    if (is_recorder(peer)) {
        scrim_info(&peers->log, "the recorder is here");
        peers->handler.recorder(peers->handler.context, true);
        return true;
    }
    if (is_keeper(peer)) {
        scrim_info(&peers->log, "the keeper is here");
        return true;
    }
    if (is_trier(peer)) {
        scrim_link_keep_no_trace(peer->link); // passwords go that way
        return true;
    }
    peers->workers = peer->hello.workers;
    scrim_info(&peers->log, "veil worker %u of %u is here", peer->hello.worker,
               peer->hello.workers);
    for (unsigned i = peer->hello.worker; i < peers->site->config->cameras_count;
         i += peer->hello.workers) {
        peers->handler.veil_state(peers->handler.context, i, SCRIM_LIVE_WAITING,
                                  "waiting for the first picture");
        peers->handler.worker_here(peers->handler.context, i);
    }
    return true;
}

static bool find_camera(const struct scrim_peers *peers, const char *id, unsigned *ret)
{
    for (unsigned i = 0; i < peers->site->config->cameras_count; i++) {
        if (strcmp(peers->site->config->cameras[i].id, id) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool take_disks(const struct peer *peer, const struct scrim_link_message *message)
{
    const struct scrim_peers *peers = peer->peers;
    struct scrim_disk_report report = {0};
    if (scrim_disk_report_parse(message->body, message->body_len, peers->site->config, &report) < 0)
        return false;
    peers->handler.disks(peers->handler.context, &report);
    return true;
}

static bool take_from_recorder(const struct peer *peer, unsigned camera,
                               const struct scrim_link_message *message)
{
    const struct scrim_peers_handler *handler = &peer->peers->handler;
    struct scrim_camera_status status;
    if (message->kind != SCRIM_LINK_CAMERA_STATE ||
        scrim_camera_status_parse(message->body, message->body_len, &status) < 0)
        return false;
    handler->status(handler->context, camera, &status);
    return true;
}

static bool take_from_trier(const struct peer *peer, const struct scrim_link_message *message)
{
    const struct scrim_peers_handler *handler = &peer->peers->handler;
    struct scrim_trial_report report;
    if (message->kind != SCRIM_LINK_TRIED ||
        !scrim_trial_report_parse(message->body, message->body_len, &report))
        return false;
    handler->tried(handler->context, &report);
    return true;
}

static bool take_from_keeper(const struct peer *peer, const struct scrim_link_message *message)
{
    const struct scrim_peers_handler *handler = &peer->peers->handler;
    struct scrim_peer_admitted admitted;
    if (message->kind == SCRIM_LINK_ADMITTED) {
        if (!scrim_peer_admitted_parse(message, &admitted))
            return false;
        handler->admitted(handler->context, &admitted);
        return true;
    }
    if (message->kind == SCRIM_LINK_GLASS_STATE || message->kind == SCRIM_LINK_GLASS_ANSWER)
        return handler->glass(handler->context, message);
    json_t *report = scrim_peer_storage_parse(message);
    if (!report)
        return false;
    handler->storage(handler->context, report);
    return true;
}

static bool take_from_veil(const struct peer *peer, unsigned camera,
                           const struct scrim_link_message *message)
{
    const struct scrim_peers_handler *handler = &peer->peers->handler;
    struct scrim_peer_init init;
    struct scrim_peer_veil_state state;
    struct scrim_peer_areas_taken taken;
    struct scrim_live_frame frame;
    const enum scrim_rendition rendition =
        message->flags & SCRIM_LINK_THIN ? SCRIM_RENDITION_THIN : SCRIM_RENDITION_FULL;
    if (peer->hello.workers == 0 || camera % peer->hello.workers != peer->hello.worker)
        return false; // somebody else's camera
    switch (message->kind) {
    case SCRIM_LINK_INIT:
        if (!scrim_peer_init_parse(message, &init))
            return false;
        handler->init(handler->context, camera, rendition,
                      &(struct scrim_live_init){init.mime, init.width, init.height, init.segment,
                                                init.segment_len});
        return true;
    case SCRIM_LINK_FRAME:
        return scrim_peer_frame_parse(message, &frame) &&
               handler->frame(handler->context, camera, rendition, &frame) >= 0;
    case SCRIM_LINK_VEIL_STATE:
        if (!scrim_peer_veil_state_parse(message, &state))
            return false;
        handler->veil_state(handler->context, camera, state.state, state.reason);
        return true;
    case SCRIM_LINK_AREAS_TAKEN:
        if (!scrim_peer_areas_taken_parse(message, &taken))
            return false;
        handler->areas_taken(handler->context, camera, taken.revision, taken.understood);
        return true;
    case SCRIM_LINK_OBSERVATION: return true; // for the rules, which are still to come
    default: return false;
    }
}

// False when the message breaks the rules.
static bool take(struct peer *peer, const struct scrim_link_message *message)
{
    unsigned camera;
    if (!peer->introduced)
        return introduce(peer, message);
    if (message->kind == SCRIM_LINK_ALIVE && peer->hello.workers > 0) {
        peer->alive_us = scrim_clock_mono_us();
        return true;
    }
    if (is_keeper(peer))
        return take_from_keeper(peer, message);
    if (is_trier(peer))
        return take_from_trier(peer, message);
    if (is_recorder(peer) && message->kind == SCRIM_LINK_DISKS)
        return take_disks(peer, message);
    if (!find_camera(peer->peers, message->camera, &camera))
        return false;
    return is_recorder(peer) ? take_from_recorder(peer, camera, message)
                             : take_from_veil(peer, camera, message);
}

static void receive(struct peer *peer)
{
    struct scrim_link_message message;
    int result = 1;
    for (unsigned i = 0; i < MESSAGES_A_TURN; i++) {
        result = scrim_link_receive(peer->link, &message);
        if (result > 0 && !take(peer, &message))
            result = SCRIM_EFORMAT;
        if (result <= 0)
            break;
    }
    if (result == SCRIM_EFORMAT)
        drop(peer, "it sent what the link does not allow");
    else if (result < 0)
        drop(peer, "the connection ended");
    else if (result > 0)
        uv_timer_start(&peer->again, peer->again.timer_cb, 0, 0);
}

static void on_again(uv_timer_t *timer)
{
    receive(timer->data);
}

static void on_ready(uv_poll_t *poll, int status, int events);

// Watches for what there is to do: reading always, writing while something waits.
static void watch(struct peer *peer)
{
    const int writing = scrim_link_wants_write(peer->link) ? UV_WRITABLE : 0;
    uv_poll_start(&peer->poll, UV_READABLE | writing, on_ready);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct peer *peer = poll->data;
    // It closed before it had read all: reading says so, once what it had sent is read.
    const bool ending = status < 0;
    if (ending || (events & UV_WRITABLE)) {
        if (scrim_link_flush(peer->link) < 0)
            shutdown(scrim_link_fd(peer->link), SHUT_RDWR);
        watch(peer);
    }
    if (ending || (events & UV_READABLE))
        receive(peer);
}

static bool send_to(struct peer *peer, enum scrim_link_kind kind, const char *camera,
                    const void *body, size_t body_len)
{
    const bool sent = scrim_link_send(peer->link, kind, 0, camera, body, body_len, NULL, 0) >= 0;
    if (sent)
        watch(peer); // it goes out with the next turn of the loop
    else
        shutdown(scrim_link_fd(peer->link), SHUT_RDWR); // which shows as its end
    return sent;
}

bool scrim_peers_ask_keeper(struct scrim_peers *peers, enum scrim_link_kind kind,
                            const char *camera, const void *body, size_t body_len)
{
    for (struct peer *peer = peers->list; peer; peer = peer->next)
        if (is_keeper(peer))
            return send_to(peer, kind, camera, body, body_len);
    return false;
}

bool scrim_peers_ask_trier(struct scrim_peers *peers, enum scrim_link_kind kind, const void *body,
                           size_t body_len)
{
    for (struct peer *peer = peers->list; peer; peer = peer->next)
        if (is_trier(peer))
            return send_to(peer, kind, "", body, body_len);
    return false;
}

// Never drops the peer at once: the caller may stand in the middle of something about it.
void scrim_peers_tell(struct scrim_peers *peers, unsigned camera, enum scrim_link_kind kind,
                      const void *body, size_t body_len)
{
    const char *id = peers->site->config->cameras[camera].id;
    for (struct peer *peer = peers->list; peer; peer = peer->next) {
        if (!peer->introduced || peer->hello.workers == 0 ||
            camera % peer->hello.workers != peer->hello.worker)
            continue;
        (void)send_to(peer, kind, id, body, body_len);
        return;
    }
}

// A worker that hangs keeps its connection, and the last picture of each of its cameras would go on
// looking like the present.
static void on_look_round(uv_timer_t *timer)
{
    const struct scrim_peers *peers = timer->data;
    const int64_t now_us = scrim_clock_mono_us();
    for (struct peer *peer = peers->list, *next; peer; peer = next) {
        next = peer->next;
        if (peer->alive_us > 0 && now_us - peer->alive_us > SILENT_US)
            drop(peer, "it is silent");
    }
}

static void add_peer(struct scrim_peers *peers, int fd)
{
    struct peer *peer = scrim_new(struct peer);
    peer->peers = peers;
    peer->link = scrim_link_create(fd, OUT_BYTES);
    if (uv_poll_init(peers->loop, &peer->poll, fd) != 0) {
        scrim_warn(&peers->log, "cannot watch a connection");
        scrim_link_destroy(peer->link);
        free(peer);
        return;
    }
    uv_timer_init(peers->loop, &peer->again);
    peer->again.timer_cb = on_again;
    peer->poll.data = peer->again.data = peer;
    peer->handles = 2;
    peer->next = peers->list;
    peer->back = &peers->list;
    if (peer->next)
        peer->next->back = &peer->next;
    peers->list = peer;
    peers->count++;
    watch(peer);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct scrim_peers *peers = poll->data;
    (void)events;
    if (status < 0)
        return;
    for (;;) {
        const int fd = accept4(peers->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd < 0)
            return; // EAGAIN, or a peer that has gone already
        if (peers->count < PEERS_MAX)
            add_peer(peers, fd);
        else
            close(fd);
    }
}

static unsigned expected_workers(const struct scrim_site *site)
{
    const long cores = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned workers = site->config->veil_workers;
    if (workers == 0)
        workers = cores > 0 ? (unsigned)cores : 1;
    if (workers > site->config->cameras_count)
        workers = site->config->cameras_count;
    return workers > 0 ? workers : 1;
}

int scrim_peers_create(uv_loop_t *loop, int listen_fd, const struct scrim_site *site,
                       const struct scrim_peers_handler *handler, struct scrim_peers **ret,
                       struct scrim_error *error)
{
    struct scrim_peers *peers = scrim_new(struct scrim_peers);
    peers->log = scrim_log_named("desk.peers");
    peers->loop = loop;
    peers->site = site;
    peers->handler = *handler;
    peers->listen_fd = listen_fd;
    peers->workers = expected_workers(site);
    const int failed = uv_poll_init(loop, &peers->accept, listen_fd); // makes it non-blocking
    if (failed != 0) {
        close(listen_fd);
        free(peers);
        return scrim_fail(error, SCRIM_EINTERNAL, "cannot watch run/desk.sock: %s",
                          uv_strerror(failed));
    }
    peers->accept.data = peers;
    uv_poll_start(&peers->accept, UV_READABLE, on_connection);
    uv_timer_init(loop, &peers->look_round);
    peers->look_round.data = peers;
    uv_timer_start(&peers->look_round, on_look_round, LOOK_ROUND_MS, LOOK_ROUND_MS);
    *ret = peers;
    return SCRIM_OK;
}

void scrim_peers_close(struct scrim_peers *peers)
{
    uv_poll_stop(&peers->accept);
    uv_close((uv_handle_t *)&peers->accept, NULL);
    uv_close((uv_handle_t *)&peers->look_round, NULL);
    while (peers->list)
        detach(peers->list);
}

void scrim_peers_free(struct scrim_peers *peers)
{
    if (!peers)
        return;
    close(peers->listen_fd);
    free(peers);
}

bool scrim_peers_recorder(const struct scrim_peers *peers)
{
    for (const struct peer *peer = peers->list; peer; peer = peer->next)
        if (is_recorder(peer))
            return true;
    return false;
}

bool scrim_peers_keeper(const struct scrim_peers *peers)
{
    for (const struct peer *peer = peers->list; peer; peer = peer->next)
        if (is_keeper(peer))
            return true;
    return false;
}

unsigned scrim_peers_workers(const struct scrim_peers *peers)
{
    return peers->workers;
}

bool scrim_peers_worker(const struct scrim_peers *peers, unsigned worker)
{
    for (const struct peer *peer = peers->list; peer; peer = peer->next)
        if (is_worker(peer, worker))
            return true;
    return false;
}
