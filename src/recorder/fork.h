// Processes of the recorder: forked, not executed, so that they share what is the same, and left
// with nothing but two descriptors.
#pragma once

#include "base/error.h"

#include <sys/types.h>

// Runs `work` in a new process named `name` (proc(5), comm), which ends with what `work` returns;
// that the parent is gone it learns from its descriptors. Signals are as at a program's start;
// every descriptor but standard input, output and error, `first` and `second` (-1: none) is closed.
// The caller keeps its own copies.
SCRIM_MUST_CHECK pid_t scrim_fork(int (*work)(void *context, int first, int second), void *context,
                                  const char *name, int first, int second,
                                  struct scrim_error *error);
