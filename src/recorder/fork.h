// Processes of the recorder: forked, not executed, so that they share what is the same, and left
// with nothing but the descriptors they are given.
#pragma once

#include "base/error.h"

#include <sys/types.h>

#define SCRIM_FORK_FDS 3

// Runs `work` in a new process named `name` (proc(5), comm), which ends with what `work` returns;
// that the parent is gone it learns from its descriptors. Signals are as at a program's start;
// every descriptor but standard input, output and error and those of `fds` is closed, and `work`
// gets the new numbers of these. -1: none. The caller keeps its own copies.
SCRIM_MUST_CHECK pid_t scrim_fork(int (*work)(void *context, const int fds[SCRIM_FORK_FDS]),
                                  void *context, const char *name, const int fds[SCRIM_FORK_FDS],
                                  struct scrim_error *error);
