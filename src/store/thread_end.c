#include "store/thread_end.h"

#include "base/clock.h"

#include <time.h>

bool scrim_thread_end(pthread_t thread, int64_t timeout_us)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += timeout_us / SCRIM_SECOND + 1; // whole seconds, rounded up
    if (pthread_timedjoin_np(thread, NULL, &deadline) == 0)
        return true;
    pthread_detach(thread);
    return false;
}
