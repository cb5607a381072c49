#include "desk/oidc_side.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "link/link.h"
#include "link/oidc.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEERS_MAX 4 // one that is believed, and those who have not shown the proof yet
#define OUT_BYTES (1U << 20)
#define WAITING_MAX 16
#define PATIENCE_US (20 * SCRIM_SECOND) // more than scrim-oidc's own
#define TICK_MS 1000
#define URL_MAX 2000

struct peer {
    struct scrim_oidc_side *side;
    struct scrim_link *link;
    uv_poll_t poll;
    bool believed;
    int64_t since_us; // monotonic
    struct peer *next, **back;
};

struct waiting {
    uint64_t number; // 0: this place is free
    int64_t until_us;
    scrim_oidc_answered answered;
    void *context;
};

struct scrim_oidc_side {
    struct scrim_log log;
    uint8_t proof[SCRIM_OIDC_PROOF];
    int listen_fd;
    bool started;
    uv_loop_t *loop;
    uv_poll_t accept;
    uv_timer_t tick;
    struct peer *list;
    unsigned count;
    char authorization[URL_MAX + 1]; // "": the provider does not answer
    char why[512];
    uint64_t last;
    struct waiting waiting[WAITING_MAX];
};

static const char not_running[] = "The program that talks to the provider is not running.";

// --- who is there ---

static void on_closed(uv_handle_t *handle)
{
    struct peer *peer = handle->data;
    scrim_link_destroy(peer->link);
    free(peer);
}

static void detach(struct peer *peer)
{
    *peer->back = peer->next;
    if (peer->next)
        peer->next->back = peer->back;
    peer->side->count--;
    uv_close((uv_handle_t *)&peer->poll, on_closed);
}

static void end_waiting(struct scrim_oidc_side *side, struct waiting *waiting, const json_t *claims,
                        const char *why)
{
    const struct waiting ended = *waiting;
    (void)side;
    *waiting = (struct waiting){0};
    ended.answered(ended.context, claims, why);
}

static void drop(struct peer *peer)
{
    struct scrim_oidc_side *side = peer->side;
    const bool believed = peer->believed;
    detach(peer);
    if (!believed)
        return;
    scrim_warn(&side->log, "scrim-oidc is gone");
    side->authorization[0] = '\0';
    snprintf(side->why, sizeof side->why, "%s", not_running);
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (side->waiting[i].number)
            end_waiting(side, &side->waiting[i], NULL, side->why);
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void watch(struct peer *peer)
{
    const int writing = scrim_link_wants_write(peer->link) ? UV_WRITABLE : 0;
    uv_poll_start(&peer->poll, UV_READABLE | writing, on_ready);
}

// --- what it says ---

// A sentence or an address, as a browser and a log can take it.
static bool take_text(const struct scrim_reader *reader, char *ret, size_t size)
{
    if (reader->left >= size)
        return false;
    if (reader->left > 0)
        memcpy(ret, reader->at, reader->left);
    ret[reader->left] = '\0';
    for (size_t i = 0; i < reader->left; i++)
        if ((unsigned char)ret[i] < ' ' || ret[i] == 0x7f)
            return false;
    return true;
}

static bool take_state(struct peer *peer, struct scrim_reader *reader)
{
    struct scrim_oidc_side *side = peer->side;
    uint8_t proof[SCRIM_OIDC_PROOF], good;
    char text[URL_MAX + 1];
    if (!scrim_read_bytes(reader, proof, sizeof proof) ||
        sodium_memcmp(proof, side->proof, sizeof proof) != 0 || !scrim_read_u8(reader, &good) ||
        good > 1 || !take_text(reader, text, sizeof text) ||
        (good && strncmp(text, "https://", 8) != 0))
        return false;
    for (struct peer *other = side->list, *next; other; other = next) {
        next = other->next;
        if (other != peer && other->believed) // it has not noticed yet that it is dead
            drop(other);
    }
    peer->believed = true;
    snprintf(side->authorization, sizeof side->authorization, "%s", good ? text : "");
    snprintf(side->why, sizeof side->why, "%.500s", good ? "" : text);
    if (good)
        scrim_info(&side->log, "the provider answers");
    else
        scrim_warn(&side->log, "nobody can sign in with the provider: %s", side->why);
    return true;
}

static bool take_answer(struct scrim_oidc_side *side, struct scrim_reader *reader)
{
    uint64_t number;
    uint8_t good;
    char why[512] = "";
    if (!scrim_read_u64(reader, &number) || number == 0 || !scrim_read_u8(reader, &good) ||
        good > 1)
        return false;
    json_t *claims =
        good ? json_loadb((const char *)reader->at, reader->left, JSON_REJECT_DUPLICATES, NULL)
             : NULL;
    if (good ? !json_is_object(claims) : !take_text(reader, why, sizeof why)) {
        json_decref(claims);
        return false;
    }
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (side->waiting[i].number == number) // or it is too late, and was told so
            end_waiting(side, &side->waiting[i], claims, why);
    json_decref(claims);
    return true;
}

static bool take(struct peer *peer, const struct scrim_link_message *message)
{
    struct scrim_reader reader = scrim_reader_of(message->body, message->body_len);
    if (message->body_len > SCRIM_OIDC_BODY_MAX + 64)
        return false;
    if (message->kind == SCRIM_LINK_OIDC_STATE)
        return take_state(peer, &reader);
    return peer->believed && message->kind == SCRIM_LINK_OIDC_ANSWER &&
           take_answer(peer->side, &reader);
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct peer *peer = poll->data;
    struct scrim_link_message message;
    int result = status < 0 ? SCRIM_ENETWORK : SCRIM_OK;
    if (result >= 0 && (events & UV_WRITABLE))
        result = scrim_link_flush(peer->link);
    while (result >= 0 && (events & UV_READABLE) &&
           (result = scrim_link_receive(peer->link, &message)) > 0)
        result = take(peer, &message) ? SCRIM_OK : SCRIM_EFORMAT;
    if (result == SCRIM_EFORMAT)
        scrim_warn(&peer->side->log, "who speaks for the provider is not believed");
    if (result < 0)
        drop(peer);
    else
        watch(peer);
}

static void on_connection(uv_poll_t *poll, int status, int events)
{
    struct scrim_oidc_side *side = poll->data;
    (void)events;
    const int fd =
        status < 0 ? -1 : accept4(side->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    struct peer *peer = side->count < PEERS_MAX ? scrim_new(struct peer) : NULL;
    if (!peer || uv_poll_init(side->loop, &peer->poll, fd) != 0) {
        close(fd);
        free(peer);
        return;
    }
    peer->side = side;
    peer->link = scrim_link_create(fd, OUT_BYTES);
    peer->since_us = scrim_clock_mono_us();
    peer->poll.data = peer;
    peer->next = side->list;
    peer->back = &side->list;
    if (peer->next)
        peer->next->back = &peer->next;
    side->list = peer;
    side->count++;
    watch(peer);
}

static void on_tick(uv_timer_t *timer)
{
    struct scrim_oidc_side *side = timer->data;
    const int64_t now_us = scrim_clock_mono_us();
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (side->waiting[i].number && side->waiting[i].until_us <= now_us)
            end_waiting(side, &side->waiting[i], NULL, "The provider does not answer in time.");
    for (struct peer *peer = side->list, *next; peer; peer = next) {
        next = peer->next;
        if (!peer->believed && now_us - peer->since_us > PATIENCE_US)
            drop(peer);
    }
}

// --- life ---

static int open_proof(const char *dir, uint8_t ret[SCRIM_OIDC_PROOF], struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, 4096);
    int result = scrim_path_join(path, dir, SCRIM_OIDC_DIR);
    if (result >= 0 && access(path, F_OK) < 0)
        result = scrim_fs_make_dirs(path, 0700, error);
    if (result >= 0)
        result = scrim_path_join(path, dir, SCRIM_OIDC_PROOF_FILE);
    if (result >= 0 && stat(path, &info) < 0 && errno == ENOENT) {
        randombytes_buf(ret, SCRIM_OIDC_PROOF);
        // For the directory's group too: with systemd that is scrim-oidc's own.
        result = scrim_fs_create(path, ret, SCRIM_OIDC_PROOF, 0640, error);
    }
    if (result >= 0)
        result = scrim_fs_read(path, &bytes, error);
    if (result >= 0 && bytes.len != SCRIM_OIDC_PROOF)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: not %d bytes long; remove it", path,
                            SCRIM_OIDC_PROOF);
    if (result >= 0)
        memcpy(ret, bytes.data, SCRIM_OIDC_PROOF);
    scrim_buf_finish_wipe(&bytes);
    return result;
}

int scrim_oidc_side_open(const char *dir, struct scrim_oidc_side **ret, struct scrim_error *error)
{
    struct scrim_oidc_side *side = scrim_new(struct scrim_oidc_side);
    char path[SCRIM_PATH_MAX];
    side->log = scrim_log_named("desk.oidc");
    side->listen_fd = -1;
    snprintf(side->why, sizeof side->why, "%s", not_running);
    int result = scrim_path_join(path, dir, SCRIM_OIDC_SOCKET);
    if (result < 0)
        scrim_fail(error, result, "%s: path too long", dir);
    if (result >= 0)
        result = open_proof(dir, side->proof, error);
    if (result >= 0)
        result = side->listen_fd = scrim_link_bind(path, error);
    // With systemd scrim-oidc is another user, of the same group.
    if (result >= 0 && chmod(path, 0660) < 0)
        result = scrim_fail_errno(error, errno, "%s", path);
    if (result < 0) {
        scrim_oidc_side_free(side);
        return result;
    }
    *ret = side;
    return SCRIM_OK;
}

int scrim_oidc_side_start(struct scrim_oidc_side *side, uv_loop_t *loop, struct scrim_error *error)
{
    const int failed = uv_poll_init(loop, &side->accept, side->listen_fd);
    if (failed != 0)
        return scrim_fail(error, SCRIM_EINTERNAL, "cannot watch %s: %s", SCRIM_OIDC_SOCKET,
                          uv_strerror(failed));
    side->loop = loop;
    side->accept.data = side->tick.data = side;
    uv_poll_start(&side->accept, UV_READABLE, on_connection);
    uv_timer_init(loop, &side->tick);
    uv_timer_start(&side->tick, on_tick, TICK_MS, TICK_MS);
    side->started = true;
    return SCRIM_OK;
}

void scrim_oidc_side_close(struct scrim_oidc_side *side)
{
    if (!side || !side->started)
        return;
    uv_close((uv_handle_t *)&side->accept, NULL);
    uv_close((uv_handle_t *)&side->tick, NULL);
    while (side->list)
        drop(side->list);
}

void scrim_oidc_side_free(struct scrim_oidc_side *side)
{
    if (!side)
        return;
    scrim_close_fd(&side->listen_fd);
    sodium_memzero(side, sizeof *side);
    free(side);
}

// --- what it is asked ---

const char *scrim_oidc_side_authorization(const struct scrim_oidc_side *side, const char **ret_why)
{
    *ret_why = side->why;
    return side->authorization[0] ? side->authorization : NULL;
}

static bool send_question(struct peer *peer, uint64_t number,
                          const struct scrim_oidc_question *question)
{
    struct scrim_buf head;
    json_t *body =
        json_pack("{s:s,s:s,s:s,s:s}", "code", question->code, "verifier", question->verifier,
                  "redirect_uri", question->redirect_uri, "nonce", question->nonce);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    scrim_buf_init(&head, 16);
    const bool sent = text && scrim_buf_append_u64(&head, number) >= 0 &&
                      scrim_link_send(peer->link, SCRIM_LINK_OIDC_EXCHANGE, 0, "", head.data,
                                      head.len, text, strlen(text)) >= 0;
    if (text)
        sodium_memzero(text, strlen(text));
    free(text);
    json_decref(body);
    scrim_buf_finish(&head);
    if (sent)
        watch(peer); // it goes out with the next turn of the loop
    return sent;
}

bool scrim_oidc_side_ask(struct scrim_oidc_side *side, const struct scrim_oidc_question *question,
                         scrim_oidc_answered answered, void *context)
{
    struct waiting *place = NULL;
    struct peer *peer = side->list;
    while (peer && !peer->believed)
        peer = peer->next;
    for (size_t i = 0; i < WAITING_MAX && !place; i++)
        if (side->waiting[i].number == 0)
            place = &side->waiting[i];
    if (!peer || !place || !send_question(peer, ++side->last, question))
        return false;
    *place = (struct waiting){side->last, scrim_clock_mono_us() + PATIENCE_US, answered, context};
    return true;
}
