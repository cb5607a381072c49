#include "keeper/desk_side.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "link/link.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_US SCRIM_SECOND
#define LINK_BYTES (1U << 20)
#define STATUS_MAX (512U << 10) // a thousand cameras
#define LINK_VERSION 1

// What is said to every desk that comes.
struct news {
    enum scrim_link_kind kind;
    struct scrim_buf text; // the newest
    bool said;             // it is on its way
};

struct scrim_keeper_desk {
    char path[SCRIM_PATH_MAX];
    struct scrim_link *link; // NULL while there is no desk
    int64_t due_us;          // monotonic: of the next try to connect
    struct news storage_news, glass_news;
    struct scrim_storage *storage;
    struct scrim_glass *glass;
};

struct scrim_keeper_desk *scrim_keeper_desk_create(const char *path)
{
    struct scrim_keeper_desk *desk = scrim_new(struct scrim_keeper_desk);
    snprintf(desk->path, sizeof desk->path, "%s", path);
    desk->storage_news.kind = SCRIM_LINK_STORAGE;
    desk->glass_news.kind = SCRIM_LINK_GLASS_STATE;
    scrim_buf_init(&desk->storage_news.text, STATUS_MAX);
    scrim_buf_init(&desk->glass_news.text, SCRIM_GLASS_STATE_MAX);
    return desk;
}

void scrim_keeper_desk_destroy(struct scrim_keeper_desk *desk)
{
    if (!desk)
        return;
    scrim_link_destroy(desk->link);
    scrim_buf_finish(&desk->storage_news.text);
    scrim_buf_finish(&desk->glass_news.text);
    free(desk);
}

static void disconnect(struct scrim_keeper_desk *desk)
{
    scrim_link_destroy(desk->link);
    desk->link = NULL;
    desk->storage_news.said = desk->glass_news.said = false;
    desk->due_us = scrim_clock_mono_us() + CONNECT_US;
}

static void connect_desk(struct scrim_keeper_desk *desk)
{
    const uint8_t hello[6] = {0, LINK_VERSION, 0, 1, 0, 0}; // worker 1 of 0: the keeper
    struct scrim_error ignored;
    const int fd = scrim_link_connect(desk->path, &ignored);
    desk->due_us = scrim_clock_mono_us() + CONNECT_US;
    if (fd < 0)
        return;
    desk->link = scrim_link_create(fd, LINK_BYTES);
    if (scrim_link_send(desk->link, SCRIM_LINK_HELLO, 0, "", hello, sizeof hello, NULL, 0) < 0)
        disconnect(desk);
}

static void say(struct scrim_keeper_desk *desk, struct news *news)
{
    if (!desk->link || news->said || news->text.len == 0)
        return;
    // A link that is full has the one before in it still.
    news->said = scrim_link_send(desk->link, news->kind, 0, "", news->text.data, news->text.len,
                                 NULL, 0) >= 0;
    if (scrim_link_flush(desk->link) < 0)
        disconnect(desk);
}

static void tell(struct scrim_keeper_desk *desk, struct news *news, const char *json, size_t length)
{
    scrim_buf_clear(&news->text);
    news->said = scrim_buf_append(&news->text, json, length) < 0;
    say(desk, news);
}

void scrim_keeper_desk_tell(struct scrim_keeper_desk *desk, const char *json, size_t length)
{
    tell(desk, &desk->storage_news, json, length);
}

void scrim_keeper_desk_tell_glass(struct scrim_keeper_desk *desk, const char *json, size_t length)
{
    tell(desk, &desk->glass_news, json, length);
}

void scrim_keeper_desk_tend(struct scrim_keeper_desk *desk)
{
    if (!desk->link && scrim_clock_mono_us() >= desk->due_us)
        connect_desk(desk);
    say(desk, &desk->glass_news);
    say(desk, &desk->storage_news);
}

size_t scrim_keeper_desk_poll(const struct scrim_keeper_desk *desk, struct pollfd *fd)
{
    if (!desk->link)
        return 0;
    *fd = (struct pollfd){.fd = scrim_link_fd(desk->link), .events = POLLIN};
    if (scrim_link_wants_write(desk->link))
        fd->events |= POLLOUT;
    return 1;
}

void scrim_keeper_desk_ask(struct scrim_keeper_desk *desk, struct scrim_storage *storage)
{
    desk->storage = storage;
}

void scrim_keeper_desk_glass(struct scrim_keeper_desk *desk, struct scrim_glass *glass)
{
    desk->glass = glass;
}

static bool parse_wish(const struct scrim_link_message *message, uint32_t *ret_number,
                       struct scrim_storage_wish *ret)
{
    struct scrim_reader reader = scrim_reader_of(message->body, message->body_len);
    uint8_t gone, keep;
    uint32_t kbit;
    if (!scrim_read_u32(&reader, ret_number) || !scrim_read_u8(&reader, &gone) ||
        !scrim_read_u32(&reader, &ret->retention_hours) || !scrim_read_u32(&reader, &kbit) ||
        !scrim_read_u8(&reader, &keep) || reader.left > 0)
        return false;
    ret->camera = message->camera;
    ret->gone = gone;
    ret->expected_mbit = kbit / 1000.0;
    ret->keep = (enum scrim_keep)keep;
    return message->camera[0] && keep <= SCRIM_KEEP_NOTHING;
}

static int answer_glass(struct scrim_keeper_desk *desk, const struct scrim_link_message *message)
{
    struct scrim_glass_ask ask;
    struct scrim_glass_answer told;
    struct scrim_buf body;
    if (!scrim_glass_ask_parse(message->body, message->body_len, &ask))
        return SCRIM_EFORMAT;
    if (!desk->glass)
        return SCRIM_OK; // the desk loses patience
    scrim_glass_ask(desk->glass, &ask, &told);
    scrim_buf_init(&body, sizeof told);
    int result = scrim_glass_answer_format(&told, &body);
    if (result >= 0)
        result = scrim_link_send(desk->link, SCRIM_LINK_GLASS_ANSWER, 0, "", body.data, body.len,
                                 NULL, 0);
    scrim_buf_finish(&body);
    return result;
}

static int answer_wish(struct scrim_keeper_desk *desk, const struct scrim_link_message *message)
{
    struct scrim_storage_wish wish;
    char text[SCRIM_ADMISSION_TEXT];
    uint32_t number;
    if (!parse_wish(message, &number, &wish))
        return SCRIM_EFORMAT;
    if (!desk->storage)
        return SCRIM_OK; // the desk loses patience
    const bool ok = scrim_storage_ask(desk->storage, &wish, text);
    const uint8_t head[5] = {(uint8_t)(number >> 24), (uint8_t)(number >> 16),
                             (uint8_t)(number >> 8), (uint8_t)number, ok};
    return scrim_link_send(desk->link, SCRIM_LINK_ADMITTED, 0, message->camera, head, sizeof head,
                           text, strlen(text));
}

static int answer(struct scrim_keeper_desk *desk, const struct scrim_link_message *message)
{
    switch (message->kind) {
    case SCRIM_LINK_ADMIT: return answer_wish(desk, message);
    case SCRIM_LINK_GLASS_ASK: return answer_glass(desk, message);
    default: return SCRIM_EFORMAT;
    }
}

void scrim_keeper_desk_serve(struct scrim_keeper_desk *desk, const struct pollfd *fd)
{
    struct scrim_link_message message;
    int result = 0;
    if (desk->link && (fd->revents & POLLOUT))
        result = scrim_link_flush(desk->link);
    if (result >= 0 && desk->link && (fd->revents & (POLLIN | POLLHUP | POLLERR))) {
        while (result >= 0 && (result = scrim_link_receive(desk->link, &message)) > 0)
            result = answer(desk, &message);
        if (result >= 0)
            result = scrim_link_flush(desk->link);
    }
    if (result < 0)
        disconnect(desk);
}
