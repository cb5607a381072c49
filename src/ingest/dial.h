// The dialer: a process that resolves names and connects sockets for all streams of a recorder and
// hands them over. It sees no byte of what a camera sends, and of the files only those that the
// resolver reads.
#pragma once

#include "ingest/control.h"

// Serves requests of `fd` (struct scrim_control) until it closes; each on a thread of its own, at
// most SCRIM_DIALS_MAX at a time: further ones wait. Returns the exit status of the process.
#define SCRIM_DIALS_MAX 64
int scrim_dial_run(int fd);
