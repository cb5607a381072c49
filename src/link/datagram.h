// Structs between processes of one program, a datagram each over a SOCK_SEQPACKET pair, with
// descriptors (SCM_RIGHTS, unix(7)) where they go along. For both ends of the same build: the bytes
// are those in memory.
#pragma once

#include "base/error.h"

#define SCRIM_DATAGRAM_FDS 2

// A connected pair, close-on-exec and non-blocking.
SCRIM_MUST_CHECK int scrim_datagram_pair(int ret[2], struct scrim_error *error);

// Sends `size` bytes and `count` descriptors, which stay the caller's. SCRIM_EAGAIN when the other
// side does not read, SCRIM_ENETWORK when it is gone. Without descriptors only send(2) is called.
SCRIM_MUST_CHECK int scrim_datagram_send(int fd, const void *bytes, size_t size, const int *fds,
                                         unsigned count);
// The same, but waits for the other side.
SCRIM_MUST_CHECK int scrim_datagram_send_all(int fd, const void *bytes, size_t size, const int *fds,
                                             unsigned count);
// Takes one datagram: 1, or 0 if there is none, SCRIM_ENETWORK when the other side is gone,
// SCRIM_EFORMAT for one of another size. Descriptors are the caller's; unused places are -1.
SCRIM_MUST_CHECK int scrim_datagram_receive(int fd, void *bytes, size_t size,
                                            int ret_fds[SCRIM_DATAGRAM_FDS]);
