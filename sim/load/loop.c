#include "loop.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENTS 64 // served in one step

static void need(bool good, const char *what)
{
    if (good)
        return;
    perror(what);
    exit(1);
}

void loop_init(struct loop *loop, void (*on_timer)(struct loop_source *timer, uint32_t events))
{
    *loop = (struct loop){.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    need(loop->epoll_fd >= 0, "scrim-camload: epoll_create1");
    loop->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    need(loop->timer.fd >= 0, "scrim-camload: timerfd_create");
    loop->timer.ready = on_timer;
    loop_add(loop, &loop->timer, EPOLLIN);
}

static void control(struct loop *loop, int operation, struct loop_source *source, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    need(epoll_ctl(loop->epoll_fd, operation, source->fd, &event) == 0, "scrim-camload: epoll_ctl");
}

void loop_add(struct loop *loop, struct loop_source *source, uint32_t events)
{
    control(loop, EPOLL_CTL_ADD, source, events);
}

void loop_change(struct loop *loop, struct loop_source *source, uint32_t events)
{
    control(loop, EPOLL_CTL_MOD, source, events);
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
    control(loop, EPOLL_CTL_DEL, source, 0);
}

void loop_set_timer(struct loop *loop, int64_t delay_us)
{
    const int64_t delay = delay_us > 0 ? delay_us : 1;
    const struct itimerspec when = {.it_value = {delay / 1000000, delay % 1000000 * 1000}};
    need(timerfd_settime(loop->timer.fd, 0, &when, NULL) == 0, "scrim-camload: timerfd_settime");
}

void loop_step(struct loop *loop)
{
    struct epoll_event events[EVENTS];
    const int count = epoll_wait(loop->epoll_fd, events, EVENTS, -1);
    need(count >= 0 || errno == EINTR, "scrim-camload: epoll_wait");
    for (int i = 0; i < count; i++) {
        struct loop_source *source = events[i].data.ptr;
        if (source == &loop->timer) {
            uint64_t expired;
            if (read(source->fd, &expired, sizeof expired) < 0)
                continue; // set anew meanwhile
        }
        if (source->fd >= 0)
            source->ready(source, events[i].events);
    }
}
