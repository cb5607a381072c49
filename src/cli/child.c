#include "cli/child.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define GOOD_RUN_US (10 * SCRIM_SECOND)
#define FIRST_DELAY_US (200 * 1000)
#define LONGEST_DELAY_US (10 * SCRIM_SECOND)
#define FIRST_INHERITED_FD 3 // SD_LISTEN_FDS_START of sd_listen_fds(3)

static char *beside_this_program(const char *program)
{
    char path[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(path, '/');
    if (slash)
        slash[1] = '\0';
    char *whole = scrim_new_array(strlen(path) + strlen(program) + 1, char);
    memcpy(whole, path, strlen(path));
    memcpy(whole + strlen(path), program, strlen(program));
    return whole;
}

void scrim_child_init(struct scrim_child *child, const char *program, const char *name,
                      int listen_fd)
{
    *child = (struct scrim_child){.listen_fd = listen_fd};
    snprintf(child->name, sizeof child->name, "%s", name);
    child->arguments[0] = beside_this_program(program);
}

void scrim_child_argument(struct scrim_child *child, const char *argument)
{
    for (size_t i = 0; i + 1 < SCRIM_CHILD_ARGUMENTS; i++) {
        if (!child->arguments[i]) {
            child->arguments[i] = scrim_strdup(argument);
            return;
        }
    }
    abort(); // a table in cmd_up.c is too long: a bug
}

void scrim_child_finish(struct scrim_child *child)
{
    for (size_t i = 0; i < SCRIM_CHILD_ARGUMENTS; i++)
        free(child->arguments[i]);
    scrim_close_fd(&child->listen_fd);
}

// In the new process: only async-signal-safe work and setenv, for this program has one thread.
static _Noreturn void become(const struct scrim_child *child, const char *const *withheld,
                             pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    // A supervisor that is killed takes the site down in order, not half of it.
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    setpgid(0, 0); // Ctrl-C reaches the supervisor alone, which ends the others in order

    for (; withheld && *withheld; withheld++)
        unsetenv(*withheld);
    if (child->listen_fd >= 0) {
        char pid[16];
        snprintf(pid, sizeof pid, "%d", (int)getpid());
        setenv("LISTEN_PID", pid, 1);
        setenv("LISTEN_FDS", "1", 1);
        if (child->listen_fd == FIRST_INHERITED_FD)
            fcntl(child->listen_fd, F_SETFD, 0);
        else if (dup2(child->listen_fd, FIRST_INHERITED_FD) < 0)
            _exit(1);
    }
    execv(child->arguments[0], child->arguments);
    fprintf(stderr, "%s: %s\n", child->arguments[0], strerrordesc_np(errno));
    _exit(127);
}

int scrim_child_start(struct scrim_child *child, const char *const *withheld,
                      struct scrim_error *error)
{
    child->started_us = scrim_clock_mono_us();
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0) {
        child->due_us = child->started_us + LONGEST_DELAY_US;
        return scrim_fail_errno(error, errno, "cannot start %s", child->arguments[0]);
    }
    if (pid == 0)
        become(child, withheld, parent);
    child->pid = pid;
    return SCRIM_OK;
}

void scrim_child_ended(struct scrim_child *child, int status, const struct scrim_log *log)
{
    const int64_t now = scrim_clock_mono_us();
    const bool good_run = child->expected || now - child->started_us >= GOOD_RUN_US;
    child->quick_ends = good_run ? 0 : child->quick_ends + 1;

    int64_t delay = 0;
    if (child->quick_ends > 1) {
        const unsigned doublings = child->quick_ends - 2 < 6 ? child->quick_ends - 2 : 6;
        delay = (int64_t)FIRST_DELAY_US << doublings;
        if (delay > LONGEST_DELAY_US)
            delay = LONGEST_DELAY_US;
    }
    child->pid = 0;
    child->due_us = now + delay;
    const bool silent = !log || child->expected;
    child->expected = false;
    if (silent)
        return;
    if (WIFSIGNALED(status))
        scrim_warn(log, "%s was ended by signal %d; again in %" PRId64 " ms", child->name,
                   WTERMSIG(status), delay / 1000);
    else
        scrim_warn(log, "%s ended with status %d; again in %" PRId64 " ms", child->name,
                   WEXITSTATUS(status), delay / 1000);
}
