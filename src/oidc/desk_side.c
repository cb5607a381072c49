#include "oidc/desk_side.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "link/link.h"
#include "link/oidc.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_US (SCRIM_SECOND / 2)
#define LINK_BYTES (1U << 20)

struct scrim_oidc_desk {
    struct scrim_log log;
    struct scrim_oidc_desk_setup setup;
    struct scrim_link *link; // NULL while there is no desk
    int64_t due_us;          // monotonic: of the next try to connect
    char why[512];           // "": the provider answers
    bool known;              // how the provider is
};

struct scrim_oidc_desk *scrim_oidc_desk_create(const struct scrim_oidc_desk_setup *setup)
{
    struct scrim_oidc_desk *desk = scrim_new(struct scrim_oidc_desk);
    desk->log = scrim_log_named("oidc");
    desk->setup = *setup;
    return desk;
}

void scrim_oidc_desk_destroy(struct scrim_oidc_desk *desk)
{
    if (!desk)
        return;
    scrim_link_destroy(desk->link);
    free(desk);
}

static void disconnect(struct scrim_oidc_desk *desk)
{
    scrim_link_destroy(desk->link);
    desk->link = NULL;
    desk->due_us = scrim_clock_mono_us() + CONNECT_US;
}

static bool send_all(struct scrim_oidc_desk *desk, enum scrim_link_kind kind,
                     const struct scrim_buf *head, const char *tail)
{
    return scrim_link_send(desk->link, kind, 0, "", head->data, head->len, tail, strlen(tail)) >=
               0 &&
           scrim_link_flush(desk->link) >= 0;
}

// The proof is read each time: a desk that started afresh may have made another.
static bool say_state(struct scrim_oidc_desk *desk)
{
    struct scrim_buf head;
    struct scrim_error error;
    const bool good = desk->why[0] == '\0';
    scrim_buf_init(&head, 4096);
    bool sent = scrim_fs_read(desk->setup.proof, &head, &error) >= 0;
    if (!sent)
        scrim_warn(&desk->log, "%s", error.text);
    sent = sent && head.len == SCRIM_OIDC_PROOF && scrim_buf_append_u8(&head, good) >= 0 &&
           send_all(desk, SCRIM_LINK_OIDC_STATE, &head,
                    good ? scrim_provider_authorization(desk->setup.provider) : desk->why);
    scrim_buf_finish_wipe(&head);
    return sent;
}

void scrim_oidc_desk_tell(struct scrim_oidc_desk *desk, const char *why)
{
    desk->known = true;
    snprintf(desk->why, sizeof desk->why, "%s", why ? why : "");
    if (desk->link && !say_state(desk))
        disconnect(desk);
}

void scrim_oidc_desk_tend(struct scrim_oidc_desk *desk)
{
    struct scrim_error ignored; // no desk is no news
    if (desk->link || !desk->known || scrim_clock_mono_us() < desk->due_us)
        return;
    desk->due_us = scrim_clock_mono_us() + CONNECT_US;
    const int fd = scrim_link_connect(desk->setup.socket, &ignored);
    if (fd < 0)
        return;
    desk->link = scrim_link_create(fd, LINK_BYTES);
    if (!say_state(desk))
        disconnect(desk);
}

// --- what the desk asks ---

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static int exchange(struct scrim_oidc_desk *desk, const json_t *question, char **ret_claims,
                    struct scrim_error *error)
{
    const struct scrim_code_exchange wanted = {
        .code = text_of(question, "code"),
        .verifier = text_of(question, "verifier"),
        .redirect_uri = text_of(question, "redirect_uri"),
        .nonce = text_of(question, "nonce"),
    };
    json_t *claims = NULL;
    int result = scrim_provider_exchange(desk->setup.provider, &wanted, &claims, error);
    if (result < 0)
        return result;
    *ret_claims = json_dumps(claims, JSON_COMPACT);
    json_decref(claims);
    return *ret_claims && strlen(*ret_claims) < SCRIM_OIDC_BODY_MAX
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_ENOSPACE, "the provider says too much");
}

static bool answer(struct scrim_oidc_desk *desk, uint64_t number, bool good, const char *text)
{
    struct scrim_buf head;
    scrim_buf_init(&head, 16);
    const bool sent = scrim_buf_append_u64(&head, number) >= 0 &&
                      scrim_buf_append_u8(&head, good) >= 0 &&
                      send_all(desk, SCRIM_LINK_OIDC_ANSWER, &head, text);
    scrim_buf_finish(&head);
    return sent;
}

static bool take(struct scrim_oidc_desk *desk, const struct scrim_link_message *message)
{
    struct scrim_reader reader = scrim_reader_of(message->body, message->body_len);
    struct scrim_error error = {0};
    char *claims = NULL;
    uint64_t number;
    if (message->kind != SCRIM_LINK_OIDC_EXCHANGE || !scrim_read_u64(&reader, &number))
        return false;
    json_t *question =
        json_loadb((const char *)reader.at, reader.left, JSON_REJECT_DUPLICATES, NULL);
    const int result = exchange(desk, question, &claims, &error);
    json_decref(question);
    if (result < 0)
        scrim_warn(&desk->log, "a sign-in fails: %s", error.text);
    const bool sent = answer(desk, number, result >= 0, result >= 0 ? claims : error.text);
    free(claims);
    return sent;
}

size_t scrim_oidc_desk_poll(const struct scrim_oidc_desk *desk, struct pollfd *fd)
{
    if (!desk->link)
        return 0;
    *fd = (struct pollfd){.fd = scrim_link_fd(desk->link), .events = POLLIN};
    if (scrim_link_wants_write(desk->link))
        fd->events |= POLLOUT;
    return 1;
}

void scrim_oidc_desk_serve(struct scrim_oidc_desk *desk, const struct pollfd *fd)
{
    struct scrim_link_message message;
    int result = 0;
    if (fd->revents & POLLOUT)
        result = scrim_link_flush(desk->link);
    if (result >= 0 && (fd->revents & (POLLIN | POLLHUP | POLLERR))) {
        while ((result = scrim_link_receive(desk->link, &message)) > 0)
            if (!take(desk, &message)) {
                result = SCRIM_EFORMAT;
                break;
            }
    }
    if (result < 0)
        disconnect(desk);
}
