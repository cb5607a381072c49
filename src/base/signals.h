// Signals as a readable descriptor, for programs that wait in poll() and end in an orderly way.
#pragma once

#include "base/error.h"

// Blocks the signals `numbers` (a list that ends with 0) in this thread and those it starts, and
// returns a non-blocking descriptor on which they arrive as struct signalfd_siginfo. Ignores
// SIGPIPE: a peer that goes is an error of write(). Call it before the first thread. The caller
// closes the descriptor.
int scrim_signals_open(const int numbers[], struct scrim_error *error);
