// The cell of a veil worker: it decodes what cameras send, so it is the program most likely to be
// taken over, and has the least to take: two sockets, memory and time.
#pragma once

#include "base/error.h"

// For good. No file, no socket, no process, no other process's memory from here on; memory bounded
// by the number of cameras. Everything that must be opened is open already.
SCRIM_MUST_CHECK int scrim_veil_confine(unsigned cameras, struct scrim_error *error);
