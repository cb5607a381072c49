// run/status.sock: who connects is told how the site is (status.h), and the connection ends.
// Nothing is ever read from it. The socket is the desk's user's and root's alone (0600). Loop
// thread only.
#pragma once

#include "desk/desk.h"

struct scrim_status_side;

#define SCRIM_STATUS_SOCKET "run/status.sock" // below the site directory

// Takes the listening socket over. `desk` must outlive it.
SCRIM_MUST_CHECK int scrim_status_side_create(struct scrim_desk *desk, int listen_fd,
                                              struct scrim_status_side **ret,
                                              struct scrim_error *error);
// The loop must run once more before _free.
void scrim_status_side_close(struct scrim_status_side *side);
void scrim_status_side_free(struct scrim_status_side *side); // NULL is fine
