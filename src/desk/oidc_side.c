#include "desk/oidc_side.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "desk/believed_peer.h"
#include "link/link.h"
#include "link/oidc.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define OUT_BYTES (1U << 20)
#define WAITING_MAX 16
#define PATIENCE_US (20 * SCRIM_SECOND) // more than scrim-oidc's own
#define URL_MAX 2000

_Static_assert(SCRIM_OIDC_PROOF == SCRIM_BELIEVED_PROOF, "one size of proof");

struct waiting {
    uint64_t number; // 0: this place is free
    int64_t until_us;
    scrim_oidc_answered answered;
    void *context;
};

struct scrim_oidc_side {
    struct scrim_log log;
    struct scrim_believed_socket *place;
    char authorization[URL_MAX + 1]; // "": the provider does not answer
    char why[512];
    uint64_t last;
    struct waiting waiting[WAITING_MAX];
};

static const char not_running[] = "The program that talks to the provider is not running.";

// --- who is there ---

static void end_waiting(struct waiting *waiting, const json_t *claims, const char *why)
{
    const struct waiting ended = *waiting;
    *waiting = (struct waiting){0};
    ended.answered(ended.context, claims, why);
}

static void *open_line(int fd)
{
    return scrim_link_create(fd, OUT_BYTES);
}

static void close_line(void *line)
{
    scrim_link_destroy(line);
}

static bool line_wants_write(const void *line)
{
    return scrim_link_wants_write(line);
}

static void on_gone(void *context)
{
    struct scrim_oidc_side *side = context;
    side->authorization[0] = '\0';
    snprintf(side->why, sizeof side->why, "%s", not_running);
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (side->waiting[i].number)
            end_waiting(&side->waiting[i], NULL, side->why);
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

static bool take_state(struct scrim_oidc_side *side, struct scrim_believed_peer *peer,
                       struct scrim_reader *reader)
{
    uint8_t proof[SCRIM_OIDC_PROOF], good;
    char text[URL_MAX + 1];
    if (!scrim_read_bytes(reader, proof, sizeof proof) || !scrim_read_u8(reader, &good) ||
        good > 1 || !take_text(reader, text, sizeof text) ||
        (good && strncmp(text, "https://", 8) != 0) || !scrim_believed_show(peer, proof))
        return false;
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
            end_waiting(&side->waiting[i], claims, why);
    json_decref(claims);
    return true;
}

static bool take(struct scrim_oidc_side *side, struct scrim_believed_peer *peer,
                 const struct scrim_link_message *message)
{
    struct scrim_reader reader = scrim_reader_of(message->body, message->body_len);
    if (message->body_len > SCRIM_OIDC_BODY_MAX + 64)
        return false;
    if (message->kind == SCRIM_LINK_OIDC_STATE)
        return take_state(side, peer, &reader);
    return scrim_believed_is(peer) && message->kind == SCRIM_LINK_OIDC_ANSWER &&
           take_answer(side, &reader);
}

static int on_ready(void *context, struct scrim_believed_peer *peer, void *line, int events)
{
    struct scrim_link_message message;
    int result = SCRIM_OK;
    if (events & UV_WRITABLE)
        result = scrim_link_flush(line);
    while (result >= 0 && (events & UV_READABLE) &&
           (result = scrim_link_receive(line, &message)) > 0)
        result = take(context, peer, &message) ? SCRIM_OK : SCRIM_EFORMAT;
    return result;
}

static void on_tick(void *context, int64_t now_us)
{
    struct scrim_oidc_side *side = context;
    for (size_t i = 0; i < WAITING_MAX; i++)
        if (side->waiting[i].number && side->waiting[i].until_us <= now_us)
            end_waiting(&side->waiting[i], NULL, "The provider does not answer in time.");
}

// --- life ---

int scrim_oidc_side_open(const char *dir, struct scrim_oidc_side **ret, struct scrim_error *error)
{
    static const struct scrim_believed_config config = {.program = "scrim-oidc",
                                                        .socket = SCRIM_OIDC_SOCKET,
                                                        .directory = SCRIM_OIDC_DIR,
                                                        .proof = SCRIM_OIDC_PROOF_FILE,
                                                        .type = SOCK_STREAM};
    struct scrim_oidc_side *side = scrim_new(struct scrim_oidc_side);
    side->log = scrim_log_named("desk.oidc");
    snprintf(side->why, sizeof side->why, "%s", not_running);
    const int result = scrim_believed_open(dir, &config, &side->place, error);
    if (result < 0) {
        scrim_oidc_side_free(side);
        return result;
    }
    *ret = side;
    return SCRIM_OK;
}

int scrim_oidc_side_start(struct scrim_oidc_side *side, uv_loop_t *loop, struct scrim_error *error)
{
    static const struct scrim_believed_handler handler = {.open = open_line,
                                                          .close = close_line,
                                                          .wants_write = line_wants_write,
                                                          .ready = on_ready,
                                                          .gone = on_gone,
                                                          .tick = on_tick};
    return scrim_believed_start(side->place, loop, &handler, side, error);
}

void scrim_oidc_side_close(struct scrim_oidc_side *side)
{
    if (side)
        scrim_believed_close(side->place);
}

void scrim_oidc_side_free(struct scrim_oidc_side *side)
{
    if (!side)
        return;
    scrim_believed_free(side->place);
    free(side);
}

// --- what it is asked ---

const char *scrim_oidc_side_authorization(const struct scrim_oidc_side *side, const char **ret_why)
{
    *ret_why = side->why;
    return side->authorization[0] ? side->authorization : NULL;
}

static bool send_question(struct scrim_oidc_side *side, struct scrim_link *line, uint64_t number,
                          const struct scrim_oidc_question *question)
{
    struct scrim_buf head;
    json_t *body =
        json_pack("{s:s,s:s,s:s,s:s}", "code", question->code, "verifier", question->verifier,
                  "redirect_uri", question->redirect_uri, "nonce", question->nonce);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    scrim_buf_init(&head, 16);
    const bool sent = text && scrim_buf_append_u64(&head, number) >= 0 &&
                      scrim_link_send(line, SCRIM_LINK_OIDC_EXCHANGE, 0, "", head.data, head.len,
                                      text, strlen(text)) >= 0;
    if (text)
        sodium_memzero(text, strlen(text));
    free(text);
    json_decref(body);
    scrim_buf_finish(&head);
    if (sent)
        scrim_believed_watch(side->place); // it goes out with the next turn of the loop
    return sent;
}

bool scrim_oidc_side_ask(struct scrim_oidc_side *side, const struct scrim_oidc_question *question,
                         scrim_oidc_answered answered, void *context)
{
    struct waiting *place = NULL;
    struct scrim_link *line = scrim_believed_line(side->place);
    for (size_t i = 0; i < WAITING_MAX && !place; i++)
        if (side->waiting[i].number == 0)
            place = &side->waiting[i];
    if (!line || !place || !send_question(side, line, ++side->last, question))
        return false;
    *place = (struct waiting){side->last, scrim_clock_mono_us() + PATIENCE_US, answered, context};
    return true;
}
