// Sockets of this machine, by path (unix(7)). `type` is SOCK_STREAM or SOCK_SEQPACKET.
#pragma once

#include "base/error.h"

// Takes the place of what a run that was killed left at `path`; mode 0600. The caller's descriptor.
SCRIM_MUST_CHECK int scrim_unix_bind(const char *path, int type, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_unix_connect(const char *path, int type, struct scrim_error *error);
