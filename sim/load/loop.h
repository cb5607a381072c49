// One epoll set and one timer: everything the generator waits for.
#pragma once

#include <stdint.h>

// A descriptor that is waited for. Embedded as the first member of what owns it.
struct loop_source {
    int fd; // -1: none
    void (*ready)(struct loop_source *source, uint32_t events);
};

struct loop {
    int epoll_fd;
    struct loop_source timer;
};

// Both end the process with a sentence if the system has no descriptors left: there is nothing to
// serve without them.
void loop_init(struct loop *loop, void (*on_timer)(struct loop_source *timer, uint32_t events));
void loop_add(struct loop *loop, struct loop_source *source, uint32_t events);
void loop_change(struct loop *loop, struct loop_source *source, uint32_t events);
void loop_remove(struct loop *loop, struct loop_source *source);

// `delay_us` from now, at least one.
void loop_set_timer(struct loop *loop, int64_t delay_us);
// Waits once and serves what is ready. Sources that were removed on the way are not called, if
// whoever removed them frees them only after this returned and sets their fd to -1.
void loop_step(struct loop *loop);
