// A program with a clock that a test sets: linked into scrim-keeper for
// tests/integration/glass_test.py, and into nothing that is shipped. $SCRIM_TEST_CLOCK names a file
// of 8 bytes, how many µs (of this machine's order) both clocks are ahead; it stays mapped when the
// program has locked itself in.
#include "base/clock.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead_us;

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * SCRIM_SECOND + now.tv_nsec / 1000 + *ahead_us;
}

static int64_t utc_us(void *context)
{
    (void)context;
    return read_clock(CLOCK_REALTIME);
}

static int64_t mono_us(void *context)
{
    (void)context;
    return read_clock(CLOCK_MONOTONIC);
}

__attribute__((constructor)) static void begin(void)
{
    static const struct scrim_clock clock = {utc_us, mono_us, NULL};
    const char *path = getenv("SCRIM_TEST_CLOCK");
    const int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped =
        fd >= 0 ? mmap(NULL, sizeof *ahead_us, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (mapped == MAP_FAILED)
        _exit(3);
    close(fd);
    ahead_us = mapped;
    scrim_clock_replace(&clock);
}
