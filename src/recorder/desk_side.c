#include "base/alloc.h"
#include "base/clock.h"
#include "recorder/disks_state.h"
#include "recorder/fanout_impl.h"

#include <stdio.h>
#include <stdlib.h>

#define CONNECT_US SCRIM_SECOND
#define REPEAT_US (2 * SCRIM_SECOND)
#define LINK_BYTES (4U << 20)
#define LINK_VERSION 1
#define JSON_MAX 4096

struct scrim_desk_side {
    char path[SCRIM_PATH_MAX];
    struct scrim_fanout_camera *cameras;
    struct scrim_camera_state *states; // one per slot
    struct scrim_buf disks;            // JSON, as last told
    struct scrim_link *link;           // NULL while there is no desk
    int64_t due_us;                    // monotonic: of the next try to connect, or the next repeat
};

struct scrim_desk_side *scrim_desk_side_create(const char *path,
                                               struct scrim_fanout_camera *cameras)
{
    struct scrim_desk_side *side = scrim_new(struct scrim_desk_side);
    snprintf(side->path, sizeof side->path, "%s", path);
    side->cameras = cameras;
    scrim_buf_init(&side->disks, SCRIM_DISKS_JSON_MAX);
    side->states = scrim_new_array(SCRIM_FANOUT_CAMERAS_MAX, struct scrim_camera_state);
    return side;
}

void scrim_desk_side_destroy(struct scrim_desk_side *side)
{
    scrim_link_destroy(side->link);
    scrim_buf_finish(&side->disks);
    free(side->states);
    free(side);
}

static void disconnect(struct scrim_desk_side *side)
{
    scrim_link_destroy(side->link);
    side->link = NULL;
    side->due_us = scrim_clock_mono_us() + CONNECT_US;
}

static void flush(struct scrim_desk_side *side)
{
    if (side->link && scrim_link_flush(side->link) < 0)
        disconnect(side);
}

// A state that finds the link full is not missed: the next one says more.
static void send_state(struct scrim_desk_side *side, unsigned camera)
{
    if (!side->link || side->cameras[camera].id[0] == '\0')
        return;
    struct scrim_buf json;
    scrim_buf_init(&json, JSON_MAX);
    if (scrim_camera_state_json(&side->states[camera], atomic_load(&side->cameras[camera].drops),
                                &json) >= 0 &&
        scrim_link_send(side->link, SCRIM_LINK_CAMERA_STATE, 0, side->cameras[camera].id, json.data,
                        json.len, NULL, 0) < 0)
        side->due_us = scrim_clock_mono_us() + REPEAT_US;
    scrim_buf_finish(&json);
}

static void send_disks(struct scrim_desk_side *side)
{
    if (side->link && side->disks.len > 0 &&
        scrim_link_send(side->link, SCRIM_LINK_DISKS, 0, "", side->disks.data, side->disks.len,
                        NULL, 0) < 0)
        side->due_us = scrim_clock_mono_us() + REPEAT_US;
}

static void send_all(struct scrim_desk_side *side)
{
    for (unsigned i = 0; i < SCRIM_FANOUT_CAMERAS_MAX; i++)
        send_state(side, i);
    send_disks(side);
    side->due_us = scrim_clock_mono_us() + REPEAT_US;
    flush(side);
}

// No desk is no error: it starts after us, or is being started again.
static void connect_desk(struct scrim_desk_side *side)
{
    struct scrim_error ignored;
    const int fd = scrim_link_connect(side->path, &ignored);
    if (fd < 0) {
        side->due_us = scrim_clock_mono_us() + CONNECT_US;
        return;
    }
    const uint8_t hello[6] = {0, LINK_VERSION, 0, 0, 0, 0}; // workers 0: the recorder
    side->link = scrim_link_create(fd, LINK_BYTES);
    if (scrim_link_send(side->link, SCRIM_LINK_HELLO, 0, "", hello, sizeof hello, NULL, 0) < 0)
        disconnect(side);
    else
        send_all(side);
}

int64_t scrim_desk_side_tend(struct scrim_desk_side *side)
{
    if (scrim_clock_mono_us() >= side->due_us) {
        if (side->link)
            send_all(side);
        else
            connect_desk(side);
    }
    const int64_t left_us = side->due_us - scrim_clock_mono_us();
    return left_us > 0 ? left_us : 0;
}

size_t scrim_desk_side_poll(const struct scrim_desk_side *side, struct pollfd *fd)
{
    if (!side->link)
        return 0;
    *fd = (struct pollfd){.fd = scrim_link_fd(side->link), .events = POLLIN};
    if (scrim_link_wants_write(side->link))
        fd->events |= POLLOUT;
    return 1;
}

void scrim_desk_side_serve(struct scrim_desk_side *side, const struct pollfd *fd)
{
    struct scrim_link_message message;
    int result = 0;
    if (fd->revents & POLLOUT)
        flush(side);
    if (!side->link || !(fd->revents & (POLLIN | POLLHUP | POLLERR)))
        return;
    while ((result = scrim_link_receive(side->link, &message)) > 0)
        ; // the desk has nothing to tell us; reading notices when it goes
    if (result < 0)
        disconnect(side);
}

void scrim_desk_side_take(struct scrim_desk_side *side, const struct scrim_item *item)
{
    if (item->kind == SCRIM_ITEM_DISKS) { // goes out with the states that are repeated
        scrim_buf_clear(&side->disks);
        if (scrim_buf_append(&side->disks, item->data, item->size) < 0)
            scrim_buf_clear(&side->disks); // nothing is said rather than half of it
        return;
    }
    if (item->kind == SCRIM_ITEM_STATE)
        side->states[item->camera] = item->state;
    else if (item->place < 0) // gone; one that only has another place is as it was
        side->states[item->camera] = (struct scrim_camera_state){0};
    send_state(side, item->camera);
    flush(side);
}
