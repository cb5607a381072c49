// The control port, on the loopback: one command a line, one answer a line ("ok", "error: …" or
// JSON). CAMERA is a name or "*" for all of them. Where scrim-camsim has the same command, it is
// the same.
#pragma once

#include "server.h"

// Serves `fd`, which listens.
void control_start(struct server *server, int fd);
