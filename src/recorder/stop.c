#include "recorder/stop.h"

#include "base/alloc.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct scrim_stop {
    int fd; // eventfd, never read: readable for everyone, for ever
    atomic_bool requested;
};

int scrim_stop_create(struct scrim_stop **ret, struct scrim_error *error)
{
    const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fd < 0)
        return scrim_fail_errno(error, errno, "cannot make an eventfd");
    struct scrim_stop *stop = scrim_new(struct scrim_stop);
    stop->fd = fd;
    *ret = stop;
    return SCRIM_OK;
}

void scrim_stop_destroy(struct scrim_stop *stop)
{
    if (!stop)
        return;
    close(stop->fd);
    free(stop);
}

void scrim_stop_request(struct scrim_stop *stop)
{
    if (!atomic_exchange(&stop->requested, true))
        eventfd_write(stop->fd, 1);
}

bool scrim_stop_requested(const struct scrim_stop *stop)
{
    return atomic_load_explicit(&stop->requested, memory_order_relaxed);
}

bool scrim_stop_wait(const struct scrim_stop *stop, int64_t timeout_us)
{
    struct pollfd wait = {.fd = stop->fd, .events = POLLIN};
    const int64_t timeout_ms = (timeout_us + 999) / 1000;
    poll(&wait, 1, timeout_ms < INT_MAX ? (int)timeout_ms : INT_MAX);
    return scrim_stop_requested(stop);
}

int scrim_stop_fd(const struct scrim_stop *stop)
{
    return stop->fd;
}
