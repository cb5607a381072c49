#include "base/alloc.h"
#include "recorder/fanout_impl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORKERS_MAX (SCRIM_VEIL_SIDE_FDS - 1)
#define LINK_BYTES (2 * SCRIM_LINK_FRAME_MAX) // the most that may ever wait for one worker
#define LATE_BYTES (8U << 20) // more than this waiting, and the picture would be old
#define LINK_VERSION 1

struct worker {
    struct scrim_link *link; // NULL: free
    bool introduced;         // its HELLO came
    unsigned number, count;  // serves cameras with place % count == number
};

struct stream {
    struct scrim_buf body; // of the STREAM message; empty while there is none
    bool synchronised;     // the worker has had a key frame since the last drop
};

struct scrim_veil_side {
    int listen_fd;
    struct scrim_fanout_camera *cameras;
    struct stream *streams; // one per slot
    struct worker workers[WORKERS_MAX];
};

struct scrim_veil_side *scrim_veil_side_create(int listen_fd, struct scrim_fanout_camera *cameras)
{
    struct scrim_veil_side *side = scrim_new(struct scrim_veil_side);
    side->listen_fd = listen_fd;
    side->cameras = cameras;
    side->streams = scrim_new_array(SCRIM_FANOUT_CAMERAS_MAX, struct stream);
    for (unsigned i = 0; i < SCRIM_FANOUT_CAMERAS_MAX; i++)
        scrim_buf_init(&side->streams[i].body, SCRIM_PARAMETER_SETS_MAX + 5);
    return side;
}

void scrim_veil_side_destroy(struct scrim_veil_side *side)
{
    for (size_t i = 0; i < WORKERS_MAX; i++)
        scrim_link_destroy(side->workers[i].link);
    for (unsigned i = 0; i < SCRIM_FANOUT_CAMERAS_MAX; i++)
        scrim_buf_finish(&side->streams[i].body);
    free(side->streams);
    close(side->listen_fd);
    free(side);
}

static bool serves(const struct worker *worker, const struct scrim_fanout_camera *camera)
{
    return worker->link && worker->introduced && camera->id[0] &&
           (unsigned)camera->place % worker->count == worker->number;
}

static struct worker *worker_of(struct scrim_veil_side *side, unsigned camera)
{
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        if (serves(&side->workers[i], &side->cameras[camera]))
            return &side->workers[i];
    }
    return NULL;
}

static void note_wanted(struct scrim_veil_side *side)
{
    for (unsigned i = 0; i < SCRIM_FANOUT_CAMERAS_MAX; i++)
        atomic_store(&side->cameras[i].wanted, worker_of(side, i) != NULL);
}

static void disconnect(struct scrim_veil_side *side, struct worker *worker)
{
    scrim_link_destroy(worker->link);
    *worker = (struct worker){0};
    note_wanted(side);
}

static void send_stream(struct scrim_veil_side *side, struct worker *worker, unsigned camera)
{
    struct stream *stream = &side->streams[camera];
    stream->synchronised = false;
    if (stream->body.len > 0 &&
        scrim_link_send(worker->link, SCRIM_LINK_STREAM, 0, side->cameras[camera].id,
                        stream->body.data, stream->body.len, NULL, 0) < 0)
        disconnect(side, worker); // it lost the thread; it comes back afresh
}

static void introduce(struct scrim_veil_side *side, struct worker *worker,
                      const struct scrim_link_message *hello)
{
    struct scrim_reader reader = scrim_reader_of(hello->body, hello->body_len);
    uint16_t version, number, count;
    if (hello->kind != SCRIM_LINK_HELLO || worker->introduced ||
        !scrim_read_u16(&reader, &version) || !scrim_read_u16(&reader, &number) ||
        !scrim_read_u16(&reader, &count) || reader.left != 0 || version != LINK_VERSION ||
        number >= count) {
        disconnect(side, worker);
        return;
    }
    // The newest of a number is the one that lives.
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        struct worker *other = &side->workers[i];
        if (other->introduced && (other->count != count || other->number == number))
            disconnect(side, other);
    }
    worker->number = number;
    worker->count = count;
    worker->introduced = true;
    for (unsigned i = 0; i < SCRIM_FANOUT_CAMERAS_MAX && worker->link; i++) {
        if (serves(worker, &side->cameras[i]))
            send_stream(side, worker, i);
    }
    note_wanted(side);
}

static void accept_workers(struct scrim_veil_side *side)
{
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        if (side->workers[i].link)
            continue;
        const int fd = accept4(side->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0)
            side->workers[i].link = scrim_link_create(fd, LINK_BYTES);
        return; // poll brings us back for the next
    }
}

static void read_from(struct scrim_veil_side *side, struct worker *worker)
{
    struct scrim_link_message message;
    int result = 0;
    while (worker->link && (result = scrim_link_receive(worker->link, &message)) > 0)
        introduce(side, worker, &message);
    if (worker->link && result < 0)
        disconnect(side, worker);
}

size_t scrim_veil_side_poll(const struct scrim_veil_side *side, struct pollfd *fds)
{
    bool full = true;
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        const struct scrim_link *link = side->workers[i].link;
        full &= link != NULL;
        // poll ignores negative descriptors, so that places stay the same.
        fds[1 + i] = (struct pollfd){.fd = link ? scrim_link_fd(link) : -1, .events = POLLIN};
        if (link && scrim_link_wants_write(link))
            fds[1 + i].events |= POLLOUT;
    }
    fds[0] = (struct pollfd){.fd = full ? -1 : side->listen_fd, .events = POLLIN};
    return SCRIM_VEIL_SIDE_FDS;
}

void scrim_veil_side_serve(struct scrim_veil_side *side, const struct pollfd *fds)
{
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        if (fds[1 + i].revents & (POLLIN | POLLHUP | POLLERR) && side->workers[i].link)
            read_from(side, &side->workers[i]);
    }
    if (fds[0].revents)
        accept_workers(side);
}

void scrim_veil_side_forget(struct scrim_veil_side *side, unsigned camera)
{
    scrim_buf_clear(&side->streams[camera].body);
}

static void take_stream(struct scrim_veil_side *side, const struct scrim_item *item)
{
    struct scrim_buf *body = &side->streams[item->camera].body;
    scrim_buf_clear(body);
    int result = scrim_buf_append_u8(body, (uint8_t)item->codec);
    if (result >= 0)
        result = scrim_buf_append_u32(body, (uint32_t)item->size);
    if (result >= 0)
        result = scrim_buf_append(body, item->data, item->size);
    if (result < 0)
        scrim_buf_clear(body); // no memory: the camera stays dark until its next STREAM
    struct worker *worker = worker_of(side, item->camera);
    if (worker)
        send_stream(side, worker, item->camera);
}

static void put_i64(uint8_t to[8], int64_t value)
{
    for (int i = 0; i < 8; i++)
        to[i] = (uint8_t)((uint64_t)value >> (56 - 8 * i));
}

static void take_packet(struct scrim_veil_side *side, const struct scrim_item *item)
{
    struct scrim_fanout_camera *camera = &side->cameras[item->camera];
    struct stream *stream = &side->streams[item->camera];
    struct worker *worker = worker_of(side, item->camera);
    if (!worker || stream->body.len == 0)
        return;
    const int flags = (item->key ? SCRIM_LINK_KEY : 0) | (item->after_loss ? SCRIM_LINK_LOSS : 0);
    uint8_t head[16];
    put_i64(head, item->utc_us);
    put_i64(head + 8, item->pts_us);
    // Before its first key frame a worker has lost nothing; later a hole must reach up to the next.
    if (!item->key && !stream->synchronised)
        return;
    if (scrim_link_queued(worker->link) > LATE_BYTES ||
        scrim_link_send(worker->link, SCRIM_LINK_PACKET, (uint8_t)flags, camera->id, head,
                        sizeof head, item->data, item->size) < 0) {
        stream->synchronised = false;
        atomic_fetch_add(&camera->drops, 1);
        return;
    }
    stream->synchronised = true;
}

static void take_end(struct scrim_veil_side *side, const struct scrim_item *item)
{
    struct worker *worker = worker_of(side, item->camera);
    scrim_buf_clear(&side->streams[item->camera].body);
    side->streams[item->camera].synchronised = false;
    if (worker && scrim_link_send(worker->link, SCRIM_LINK_END, 0, side->cameras[item->camera].id,
                                  item->data, item->size, NULL, 0) < 0)
        disconnect(side, worker);
}

void scrim_veil_side_take(struct scrim_veil_side *side, const struct scrim_item *item)
{
    switch (item->kind) {
    case SCRIM_ITEM_PLACE: // workers learn of it when they start anew, as they do with every change
        note_wanted(side);
        break;
    case SCRIM_ITEM_STREAM: take_stream(side, item); break;
    case SCRIM_ITEM_PACKET: take_packet(side, item); break;
    case SCRIM_ITEM_END: take_end(side, item); break;
    case SCRIM_ITEM_STATE:
    case SCRIM_ITEM_DISKS: break; // the desk's
    }
}

void scrim_veil_side_flush(struct scrim_veil_side *side)
{
    for (size_t i = 0; i < WORKERS_MAX; i++) {
        struct worker *worker = &side->workers[i];
        if (worker->link && scrim_link_wants_write(worker->link) &&
            scrim_link_flush(worker->link) < 0)
            disconnect(side, worker);
    }
}
