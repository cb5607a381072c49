#include "recorder/fork.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

// First places that no caller's descriptor may have, so that moving one does not close the other.
#define FIRST_FD 3
#define SAFE_FD 64

static void keep_descriptors(int *first, int *second)
{
    int safe[2] = {*first, *second};
    for (int i = 0; i < 2; i++)
        safe[i] = safe[i] >= 0 ? fcntl(safe[i], F_DUPFD_CLOEXEC, SAFE_FD) : -1;
    *first = safe[0] >= 0 ? dup3(safe[0], FIRST_FD, O_CLOEXEC) : -1;
    *second = safe[1] >= 0 ? dup3(safe[1], FIRST_FD + 1, O_CLOEXEC) : -1;
    close_range(FIRST_FD + 2, ~0U, 0);
}

static void fresh_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    for (int number = 1; number < SIGRTMIN; number++)
        signal(number, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t scrim_fork(int (*work)(void *context, int first, int second), void *context, const char *name,
                 int first, int second, struct scrim_error *error)
{
    const pid_t pid = fork();
    if (pid < 0)
        return scrim_fail_errno(error, errno, "cannot start a process");
    if (pid > 0)
        return pid;
    prctl(PR_SET_NAME, name);
    keep_descriptors(&first, &second);
    fresh_signals();
    _exit(work(context, first, second));
}
