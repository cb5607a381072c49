#include "recorder/fanout.h"

#include "base/alloc.h"
#include "base/queue.h"
#include "recorder/fanout_impl.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define QUEUE_ITEMS 16384
#define QUEUE_BYTES (64U << 20)

struct scrim_fanout {
    const struct scrim_stop *stop;
    struct scrim_fanout_camera *cameras;
    struct scrim_queue *queue;
    int wake_fd; // eventfd: the queue has something
    struct scrim_veil_side *veil;
    struct scrim_desk_side *desk;
    pthread_t thread;
    bool running;
};

// ---- The sealer's thread.

static struct scrim_item *new_item(enum scrim_item_kind kind, unsigned camera, const void *data,
                                   size_t size)
{
    struct scrim_item *item = scrim_alloc(sizeof *item + size);
    if (!item)
        return NULL;
    *item = (struct scrim_item){.kind = kind, .camera = camera, .size = size};
    if (size > 0)
        memcpy(item->data, data, size);
    return item;
}

static bool push(struct scrim_fanout *fanout, struct scrim_item *item)
{
    if (!item)
        return false;
    if (!scrim_queue_push(fanout->queue, item, sizeof *item + item->size)) {
        free(item);
        return false;
    }
    eventfd_write(fanout->wake_fd, 1);
    return true;
}

void scrim_fanout_place(struct scrim_fanout *fanout, unsigned camera, const char *id, int place)
{
    struct scrim_item *item = new_item(SCRIM_ITEM_PLACE, camera, id, strlen(id) + 1);
    if (item)
        item->place = place;
    push(fanout, item);
}

bool scrim_fanout_wants(const struct scrim_fanout *fanout, unsigned camera)
{
    return atomic_load_explicit(&fanout->cameras[camera].wanted, memory_order_relaxed);
}

void scrim_fanout_stream(struct scrim_fanout *fanout, unsigned camera,
                         const struct scrim_params *params)
{
    struct scrim_item *item =
        new_item(SCRIM_ITEM_STREAM, camera, params->sets.data, params->sets.len);
    if (item)
        item->codec = params->codec;
    push(fanout, item);
}

bool scrim_fanout_packet(struct scrim_fanout *fanout, unsigned camera,
                         const struct scrim_unit *frame, const struct scrim_moment *moment)
{
    struct scrim_item *item = new_item(SCRIM_ITEM_PACKET, camera, frame->data, frame->size);
    if (item) {
        item->key = frame->random;
        item->after_loss = frame->lost_units > 0 || frame->lost_packets > 0;
        item->utc_us = moment->utc_us;
        item->pts_us = scrim_media_us(moment->media);
    }
    return push(fanout, item);
}

void scrim_fanout_drop(struct scrim_fanout *fanout, unsigned camera)
{
    atomic_fetch_add(&fanout->cameras[camera].drops, 1);
}

void scrim_fanout_end(struct scrim_fanout *fanout, unsigned camera, const char *why)
{
    push(fanout, new_item(SCRIM_ITEM_END, camera, why, strlen(why)));
}

void scrim_fanout_state(struct scrim_fanout *fanout, unsigned camera,
                        const struct scrim_camera_state *state)
{
    struct scrim_item *item = new_item(SCRIM_ITEM_STATE, camera, NULL, 0);
    if (item)
        item->state = *state;
    push(fanout, item);
}

void scrim_fanout_disks(struct scrim_fanout *fanout, const struct scrim_buf *json)
{
    push(fanout, new_item(SCRIM_ITEM_DISKS, 0, json->data, json->len));
}

// ---- The thread.

static void take_place(struct scrim_fanout *fanout, const struct scrim_item *item)
{
    struct scrim_fanout_camera *camera = &fanout->cameras[item->camera];
    const char *id = item->place >= 0 ? (const char *)item->data : "";
    // One that stays in its slot goes on with the stream it has: nobody tells of it again.
    if (strcmp(camera->id, id) != 0)
        scrim_veil_side_forget(fanout->veil, item->camera);
    camera->place = item->place;
    snprintf(camera->id, sizeof camera->id, "%s", id);
    scrim_veil_side_take(fanout->veil, item);
    scrim_desk_side_take(fanout->desk, item);
}

static void take_items(struct scrim_fanout *fanout)
{
    eventfd_t ignored;
    struct scrim_item *item;
    eventfd_read(fanout->wake_fd, &ignored);
    while ((item = scrim_queue_pop(fanout->queue, 0))) {
        if (item->kind == SCRIM_ITEM_PLACE)
            take_place(fanout, item);
        else if (item->kind == SCRIM_ITEM_STATE || item->kind == SCRIM_ITEM_DISKS)
            scrim_desk_side_take(fanout->desk, item);
        else
            scrim_veil_side_take(fanout->veil, item);
        free(item);
    }
}

static void *run(void *pointer)
{
    struct scrim_fanout *fanout = pointer;
    struct pollfd fds[2 + SCRIM_VEIL_SIDE_FDS + 1];
    while (!scrim_stop_requested(fanout->stop)) {
        const int64_t due_us = scrim_desk_side_tend(fanout->desk);
        fds[0] = (struct pollfd){.fd = scrim_stop_fd(fanout->stop), .events = POLLIN};
        fds[1] = (struct pollfd){.fd = fanout->wake_fd, .events = POLLIN};
        struct pollfd *veil_fds = fds + 2;
        const size_t veil_count = scrim_veil_side_poll(fanout->veil, veil_fds);
        struct pollfd *desk_fd = veil_fds + veil_count;
        const size_t desk_count = scrim_desk_side_poll(fanout->desk, desk_fd);
        if (poll(fds, 2 + veil_count + desk_count, (int)(due_us / 1000) + 1) < 0)
            continue; // EINTR; anything else shows in the calls below
        scrim_veil_side_serve(fanout->veil, veil_fds);
        if (desk_count > 0)
            scrim_desk_side_serve(fanout->desk, desk_fd);
        if (fds[1].revents)
            take_items(fanout);
        scrim_veil_side_flush(fanout->veil);
    }
    return NULL;
}

int scrim_fanout_create(const char *dir, int listen_fd, const struct scrim_stop *stop,
                        struct scrim_fanout **ret, struct scrim_error *error)
{
    char desk[SCRIM_PATH_MAX];
    if (scrim_path_join(desk, dir, "run/desk.sock") < 0) {
        close(listen_fd);
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    }
    const int wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_fd < 0) {
        const int result = scrim_fail_errno(error, errno, "cannot make an eventfd");
        close(listen_fd);
        return result;
    }

    struct scrim_fanout *fanout = scrim_new(struct scrim_fanout);
    fanout->stop = stop;
    fanout->cameras = scrim_new_array(SCRIM_FANOUT_CAMERAS_MAX, struct scrim_fanout_camera);
    fanout->queue = scrim_queue_create(QUEUE_ITEMS, QUEUE_BYTES);
    fanout->wake_fd = wake_fd;
    fanout->veil = scrim_veil_side_create(listen_fd, fanout->cameras);
    fanout->desk = scrim_desk_side_create(desk, fanout->cameras);
    *ret = fanout;
    return SCRIM_OK;
}

int scrim_fanout_start(struct scrim_fanout *fanout, struct scrim_error *error)
{
    const int failed = pthread_create(&fanout->thread, NULL, run, fanout);
    if (failed)
        return scrim_fail_errno(error, failed, "cannot start the fan-out thread");
    fanout->running = true;
    return SCRIM_OK;
}

void scrim_fanout_destroy(struct scrim_fanout *fanout)
{
    if (!fanout)
        return;
    if (fanout->running)
        pthread_join(fanout->thread, NULL);
    scrim_veil_side_destroy(fanout->veil);
    scrim_desk_side_destroy(fanout->desk);
    scrim_queue_destroy(fanout->queue, free);
    close(fanout->wake_fd);
    free(fanout->cameras);
    free(fanout);
}
