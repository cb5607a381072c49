#include "base/signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/signalfd.h>

int scrim_signals_open(const int numbers[], struct scrim_error *error)
{
    sigset_t set;
    sigemptyset(&set);
    for (const int *number = numbers; *number != 0; number++)
        sigaddset(&set, *number);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return scrim_fail_errno(error, errno, "cannot block signals");
    const int fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return fd < 0 ? scrim_fail_errno(error, errno, "cannot wait for signals") : fd;
}
