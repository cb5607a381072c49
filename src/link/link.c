#include "link/link.h"

#include "base/alloc.h"
#include "link/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADER_BYTES (4 + 1 + 1 + 2 + SCRIM_CAMERA_ID_MAX + 1)
#define AFTER_LENGTH (HEADER_BYTES - 4) // what the length field counts besides the body
#define READ_STEP (256 << 10)

struct scrim_link {
    int fd;
    struct scrim_buf out; // framed bytes, from out_sent on still to be written
    size_t out_sent;
    struct scrim_buf in; // received bytes, from in_used on not yet handed out
    size_t in_used;
    bool no_trace; // bytes that are done with are overwritten
    bool drained;  // the last read found less than it had room for: there is no more for now
};

struct scrim_link *scrim_link_create(int fd, size_t max_queued)
{
    struct scrim_link *link = scrim_new(struct scrim_link);
    link->fd = fd;
    scrim_buf_init(&link->out, max_queued);
    scrim_buf_init(&link->in, SCRIM_LINK_FRAME_MAX + READ_STEP);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    return link;
}

void scrim_link_destroy(struct scrim_link *link)
{
    if (!link)
        return;
    close(link->fd);
    scrim_buf_finish_wipe(&link->out);
    scrim_buf_finish_wipe(&link->in);
    free(link);
}

int scrim_link_fd(const struct scrim_link *link)
{
    return link->fd;
}

bool scrim_link_wants_write(const struct scrim_link *link)
{
    return link->out.len > link->out_sent;
}

size_t scrim_link_queued(const struct scrim_link *link)
{
    return link->out.len - link->out_sent;
}

int scrim_link_send(struct scrim_link *link, enum scrim_link_kind kind, uint8_t flags,
                    const char *camera, const void *head, size_t head_len, const void *tail,
                    size_t tail_len)
{
    const size_t body = head_len + tail_len;
    if (body > SCRIM_LINK_FRAME_MAX - AFTER_LENGTH)
        return SCRIM_EINVAL;
    int room = scrim_buf_reserve(&link->out, HEADER_BYTES + body);
    if (room == SCRIM_ENOSPACE && link->out_sent > 0) { // what went out already still takes room
        scrim_buf_drop_front(&link->out, link->out_sent);
        link->out_sent = 0;
        room = scrim_buf_reserve(&link->out, HEADER_BYTES + body);
    }
    if (room < 0)
        return room == SCRIM_ENOSPACE ? SCRIM_EAGAIN : room;

    char id[SCRIM_CAMERA_ID_MAX + 1] = {0};
    if (camera)
        memcpy(id, camera, strnlen(camera, SCRIM_CAMERA_ID_MAX));
    int result = scrim_buf_append_u32(&link->out, (uint32_t)(AFTER_LENGTH + body));
    result |= scrim_buf_append_u8(&link->out, (uint8_t)kind);
    result |= scrim_buf_append_u8(&link->out, flags);
    result |= scrim_buf_append_u16(&link->out, 0);
    result |= scrim_buf_append(&link->out, id, sizeof id);
    result |= scrim_buf_append(&link->out, head, head_len);
    result |= scrim_buf_append(&link->out, tail, tail_len);
    return result; // the room was reserved: all zero
}

void scrim_link_keep_no_trace(struct scrim_link *link)
{
    link->no_trace = true;
}

int scrim_link_flush(struct scrim_link *link)
{
    while (link->out_sent < link->out.len) {
        const ssize_t sent = send(link->fd, link->out.data + link->out_sent,
                                  link->out.len - link->out_sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN ? SCRIM_OK : SCRIM_ENETWORK;
        link->out_sent += (size_t)sent;
    }
    if (link->no_trace && link->out.data)
        explicit_bzero(link->out.data, link->out.capacity);
    scrim_buf_clear(&link->out);
    link->out_sent = 0;
    return SCRIM_OK;
}

// 1: a whole message was taken; 0: more bytes are needed; negative: malformed.
static int take_message(struct scrim_link *link, struct scrim_link_message *ret)
{
    if (link->in.len == link->in_used)
        return 0;
    struct scrim_reader reader =
        scrim_reader_of(link->in.data + link->in_used, link->in.len - link->in_used);
    uint32_t length;
    if (!scrim_read_u32(&reader, &length))
        return 0;
    if (length < AFTER_LENGTH || length > SCRIM_LINK_FRAME_MAX)
        return SCRIM_EFORMAT;
    if (reader.left < length)
        return 0;

    reader.left = length;
    uint8_t kind;
    uint16_t reserved;
    if (!scrim_read_u8(&reader, &kind) || !scrim_read_u8(&reader, &ret->flags) ||
        !scrim_read_u16(&reader, &reserved) ||
        !scrim_read_bytes(&reader, ret->camera, sizeof ret->camera))
        return SCRIM_EFORMAT;
    if (reserved != 0 || ret->camera[SCRIM_CAMERA_ID_MAX] != '\0' || kind < SCRIM_LINK_HELLO ||
        kind >= SCRIM_LINK_KINDS)
        return SCRIM_EFORMAT;
    ret->kind = (enum scrim_link_kind)kind;
    ret->body = reader.at;
    ret->body_len = reader.left;
    link->in_used += 4 + (size_t)length;
    return 1;
}

static int read_some(struct scrim_link *link)
{
    if (link->in_used > 0) {
        scrim_buf_drop_front(&link->in, link->in_used);
        link->in_used = 0;
    }
    const int room = scrim_buf_reserve(&link->in, READ_STEP);
    if (room < 0)
        return room;
    ssize_t got;
    do {
        got = recv(link->fd, link->in.data + link->in.len, READ_STEP, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got < 0 && errno == EAGAIN)
        return 0;
    if (got <= 0)
        return SCRIM_ENETWORK;
    link->in.len += (size_t)got;
    link->drained = got < READ_STEP;
    return 1;
}

int scrim_link_receive(struct scrim_link *link, struct scrim_link_message *ret)
{
    for (;;) {
        int result = take_message(link, ret);
        if (result != 0)
            return result;
        if (link->drained) { // saves the call that would say so
            link->drained = false;
            return 0;
        }
        result = read_some(link);
        if (result <= 0)
            return result;
    }
}

// The first descriptor that systemd or `scrim up` passed on, or -1. See sd_listen_fds(3).
static int inherited_socket(void)
{
    const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    if (!pid || !count || strtol(pid, NULL, 10) != (long)getpid() || strtol(count, NULL, 10) != 1)
        return -1;
    const int first = 3;
    fcntl(first, F_SETFD, FD_CLOEXEC);
    return first;
}

int scrim_link_listen(const char *path, struct scrim_error *error)
{
    const int inherited = inherited_socket();
    return inherited >= 0 ? inherited : scrim_link_bind(path, error);
}

int scrim_link_bind(const char *path, struct scrim_error *error)
{
    return scrim_unix_bind(path, SOCK_STREAM, error);
}

int scrim_link_connect(const char *path, struct scrim_error *error)
{
    return scrim_unix_connect(path, SOCK_STREAM, error);
}
