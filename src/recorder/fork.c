#include "recorder/fork.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

// First places that no caller's descriptor may have, so that moving one does not close the other.
#define FIRST_FD 3
#define SAFE_FD 64

static void keep_descriptors(const int fds[SCRIM_FORK_FDS], int ret[SCRIM_FORK_FDS])
{
    int safe[SCRIM_FORK_FDS];
    for (int i = 0; i < SCRIM_FORK_FDS; i++)
        safe[i] = fds[i] >= 0 ? fcntl(fds[i], F_DUPFD_CLOEXEC, SAFE_FD) : -1;
    for (int i = 0; i < SCRIM_FORK_FDS; i++)
        ret[i] = safe[i] >= 0 ? dup3(safe[i], FIRST_FD + i, O_CLOEXEC) : -1;
    close_range(FIRST_FD + SCRIM_FORK_FDS, ~0U, 0);
    for (int i = 0; i < SCRIM_FORK_FDS; i++) {
        if (ret[i] < 0)
            close(FIRST_FD + i);
    }
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

pid_t scrim_fork(int (*work)(void *context, const int fds[SCRIM_FORK_FDS]), void *context,
                 const char *name, const int fds[SCRIM_FORK_FDS], struct scrim_error *error)
{
    const pid_t pid = fork();
    if (pid < 0)
        return scrim_fail_errno(error, errno, "cannot start a process");
    if (pid > 0)
        return pid;
    int kept[SCRIM_FORK_FDS];
    prctl(PR_SET_NAME, name);
    keep_descriptors(fds, kept);
    fresh_signals();
    _exit(work(context, kept));
}
