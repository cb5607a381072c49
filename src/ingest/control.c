#include "ingest/control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int scrim_control_pair(int ret[2], struct scrim_error *error)
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) < 0
               ? scrim_fail_errno(error, errno, "cannot make a pair of sockets")
               : SCRIM_OK;
}

// Room for descriptors, aligned as CMSG_FIRSTHDR wants it.
union ancillary {
    char room[CMSG_SPACE(SCRIM_CONTROL_FDS * sizeof(int))];
    struct cmsghdr align;
};

static ssize_t send_with_rights(int fd, const struct scrim_control *message, const int *fds,
                                unsigned count)
{
    struct iovec bytes = {(void *)(uintptr_t)message, sizeof *message};
    union ancillary ancillary = {0};
    struct msghdr header = {.msg_iov = &bytes,
                            .msg_iovlen = 1,
                            .msg_control = ancillary.room,
                            .msg_controllen = CMSG_SPACE(count * sizeof(int))};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
    return sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
}

int scrim_control_send(int fd, const struct scrim_control *message, const int *fds, unsigned count)
{
    if (count > SCRIM_CONTROL_FDS)
        return SCRIM_EINVAL;
    ssize_t sent;
    do {
        // An ingest process may not call sendmsg, with which it could name whom it sends to.
        sent = count > 0 ? send_with_rights(fd, message, fds, count)
                         : send(fd, message, sizeof *message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent == (ssize_t)sizeof *message)
        return SCRIM_OK;
    return sent < 0 && errno == EAGAIN ? SCRIM_EAGAIN : SCRIM_ENETWORK;
}

static void take_descriptors(struct msghdr *header, int ret_fds[SCRIM_CONTROL_FDS])
{
    unsigned taken = 0;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
            continue;
        const size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(at) + i * sizeof(int), sizeof fd);
            if (taken < SCRIM_CONTROL_FDS)
                ret_fds[taken++] = fd;
            else
                close(fd);
        }
    }
}

int scrim_control_receive(int fd, struct scrim_control *ret, int ret_fds[SCRIM_CONTROL_FDS])
{
    struct iovec bytes = {ret, sizeof *ret};
    union ancillary ancillary;
    struct msghdr header = {.msg_iov = &bytes,
                            .msg_iovlen = 1,
                            .msg_control = ancillary.room,
                            .msg_controllen = sizeof ancillary.room};
    for (unsigned i = 0; i < SCRIM_CONTROL_FDS; i++)
        ret_fds[i] = -1;
    ssize_t got;
    do {
        got = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? 0 : SCRIM_ENETWORK;
    take_descriptors(&header, ret_fds);
    if (got == (ssize_t)sizeof *ret && !(header.msg_flags & MSG_TRUNC)) {
        ret->host[sizeof ret->host - 1] = ret->text[sizeof ret->text - 1] =
            ret->password[sizeof ret->password - 1] = '\0';
        return 1;
    }
    for (unsigned i = 0; i < SCRIM_CONTROL_FDS; i++) {
        if (ret_fds[i] >= 0)
            close(ret_fds[i]);
        ret_fds[i] = -1;
    }
    return got == 0 ? SCRIM_ENETWORK : SCRIM_EFORMAT;
}
