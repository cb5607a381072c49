#include "keeper/desk_side.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "link/link.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_US SCRIM_SECOND
#define LINK_BYTES (1U << 20)
#define STATUS_MAX (512U << 10) // a thousand cameras
#define LINK_VERSION 1

struct scrim_keeper_desk {
    char path[SCRIM_PATH_MAX];
    struct scrim_link *link; // NULL while there is no desk
    int64_t due_us;          // monotonic: of the next try to connect
    struct scrim_buf status; // the newest
    bool said;               // it is on its way
};

struct scrim_keeper_desk *scrim_keeper_desk_create(const char *path)
{
    struct scrim_keeper_desk *desk = scrim_new(struct scrim_keeper_desk);
    snprintf(desk->path, sizeof desk->path, "%s", path);
    scrim_buf_init(&desk->status, STATUS_MAX);
    return desk;
}

void scrim_keeper_desk_destroy(struct scrim_keeper_desk *desk)
{
    if (!desk)
        return;
    scrim_link_destroy(desk->link);
    scrim_buf_finish(&desk->status);
    free(desk);
}

static void disconnect(struct scrim_keeper_desk *desk)
{
    scrim_link_destroy(desk->link);
    desk->link = NULL;
    desk->said = false;
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

static void say(struct scrim_keeper_desk *desk)
{
    if (!desk->link || desk->said || desk->status.len == 0)
        return;
    // A link that is full has the one before in it still.
    desk->said = scrim_link_send(desk->link, SCRIM_LINK_STORAGE, 0, "", desk->status.data,
                                 desk->status.len, NULL, 0) >= 0;
    if (scrim_link_flush(desk->link) < 0)
        disconnect(desk);
}

void scrim_keeper_desk_tell(struct scrim_keeper_desk *desk, const char *json, size_t length)
{
    scrim_buf_clear(&desk->status);
    desk->said = scrim_buf_append(&desk->status, json, length) < 0;
    say(desk);
}

void scrim_keeper_desk_tend(struct scrim_keeper_desk *desk)
{
    if (!desk->link && scrim_clock_mono_us() >= desk->due_us)
        connect_desk(desk);
    say(desk);
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

void scrim_keeper_desk_serve(struct scrim_keeper_desk *desk, const struct pollfd *fd)
{
    struct scrim_link_message message;
    int result = 0;
    if (desk->link && (fd->revents & POLLOUT))
        result = scrim_link_flush(desk->link);
    // The desk has nothing to tell; reading notices when it goes.
    if (result >= 0 && desk->link && (fd->revents & (POLLIN | POLLHUP | POLLERR))) {
        while ((result = scrim_link_receive(desk->link, &message)) > 0)
            ;
    }
    if (result < 0)
        disconnect(desk);
}
