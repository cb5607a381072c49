// One program that `scrim up` runs and runs again. Private to src/cli.
#pragma once

#include "base/log.h"

#include <stdint.h>
#include <sys/types.h>

#define SCRIM_CHILD_ARGUMENTS 12

struct scrim_child {
    char name[32];                          // in log lines
    char *arguments[SCRIM_CHILD_ARGUMENTS]; // argv, NULL-terminated, owned; [0] is the path
    int listen_fd;                          // passed on as LISTEN_FDS; -1 for none; owned
    pid_t pid;                              // 0 while it does not run
    int64_t started_us, due_us;             // monotonic; due: not to be started before
    unsigned quick_ends;                    // in a row, each soon after its start
    bool expected;                          // to end now, and to be started again at once
};

// `program` is looked for beside this executable.
void scrim_child_init(struct scrim_child *child, const char *program, const char *name,
                      int listen_fd);
void scrim_child_argument(struct scrim_child *child, const char *argument);
void scrim_child_finish(struct scrim_child *child);

// `withheld`: NULL-terminated names of environment variables that it does not inherit; NULL for
// none.
SCRIM_MUST_CHECK int scrim_child_start(struct scrim_child *child, const char *const *withheld,
                                       struct scrim_error *error);

// Notes that it ended, says so on `log` (NULL: say nothing) and when it is due again:
// at once after a good run or when it was expected to, later and later (up to 10 s) when it keeps
// ending soon.
void scrim_child_ended(struct scrim_child *child, int status, const struct scrim_log *log);
