#include "link/datagram.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// Room for descriptors, aligned as CMSG_FIRSTHDR wants it.
union ancillary {
    char room[CMSG_SPACE(SCRIM_DATAGRAM_FDS * sizeof(int))];
    struct cmsghdr align;
};

int scrim_datagram_pair(int ret[2], struct scrim_error *error)
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ret) < 0
               ? scrim_fail_errno(error, errno, "cannot make a pair of sockets")
               : SCRIM_OK;
}

static ssize_t send_with_rights(int fd, const void *bytes, size_t size, const int *fds,
                                unsigned count)
{
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    union ancillary ancillary = {0};
    struct msghdr header = {.msg_iov = &part,
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

int scrim_datagram_send(int fd, const void *bytes, size_t size, const int *fds, unsigned count)
{
    ssize_t sent;
    if (count > SCRIM_DATAGRAM_FDS)
        return SCRIM_EINVAL;
    do {
        sent = count > 0 ? send_with_rights(fd, bytes, size, fds, count)
                         : send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent >= 0)
        return (size_t)sent == size ? SCRIM_OK : SCRIM_ENETWORK;
    return errno == EAGAIN ? SCRIM_EAGAIN : SCRIM_ENETWORK;
}

int scrim_datagram_send_all(int fd, const void *bytes, size_t size, const int *fds, unsigned count)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};
    int result;
    while ((result = scrim_datagram_send(fd, bytes, size, fds, count)) == SCRIM_EAGAIN)
        poll(&wait, 1, -1);
    return result;
}

static void take_descriptors(struct msghdr *header, int ret_fds[SCRIM_DATAGRAM_FDS])
{
    unsigned taken = 0;
    for (struct cmsghdr *at = CMSG_FIRSTHDR(header); at; at = CMSG_NXTHDR(header, at)) {
        if (at->cmsg_level != SOL_SOCKET || at->cmsg_type != SCM_RIGHTS)
            continue;
        const size_t count = (at->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(at) + i * sizeof(int), sizeof fd);
            if (taken < SCRIM_DATAGRAM_FDS)
                ret_fds[taken++] = fd;
            else
                close(fd);
        }
    }
}

int scrim_datagram_receive(int fd, void *bytes, size_t size, int ret_fds[SCRIM_DATAGRAM_FDS])
{
    struct iovec part = {bytes, size};
    union ancillary ancillary;
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = ancillary.room,
                            .msg_controllen = sizeof ancillary.room};
    for (unsigned i = 0; i < SCRIM_DATAGRAM_FDS; i++)
        ret_fds[i] = -1;
    ssize_t got;
    do {
        got = recvmsg(fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return errno == EAGAIN ? 0 : SCRIM_ENETWORK;
    take_descriptors(&header, ret_fds);
    if ((size_t)got == size && !(header.msg_flags & MSG_TRUNC))
        return 1;
    for (unsigned i = 0; i < SCRIM_DATAGRAM_FDS; i++) {
        if (ret_fds[i] >= 0)
            close(ret_fds[i]);
        ret_fds[i] = -1;
    }
    return got == 0 ? SCRIM_ENETWORK : SCRIM_EFORMAT;
}
