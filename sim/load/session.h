// A connection to the RTSP port (RFC 2326): OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER,
// SET_PARAMETER, TEARDOWN; what came in is answered at once. One video track, interleaved or over
// UDP.
#pragma once

#include "base/buf.h"
#include "camera.h"

#define SCRIM_RTP_HZ 90000

struct session {
    struct loop_source source; // the connection
    struct server *server;
    struct session *next;        // of all connections
    struct session *next_viewer; // of those that play the camera
    struct camera *camera;       // once it was asked for
    uint32_t number;
    bool has_track, playing, started, mute; // mute: PLAY was answered and that is all
    bool abandoned; // half open: its descriptor stays, nothing is read, written or closed
    bool wants_out; // waits for room in the socket
    char nonce[33];
    bool nonce_stale;
    int64_t heard_us; // monotonic
    struct scrim_buf in, out;
    uint64_t queued, written; // bytes for the connection, for ever; between them lies `out`
    struct sender *sender;    // from SETUP on
};

void session_accept(struct server *server, int fd);
// Hangs up. The memory is freed at the end of the step.
void session_close(struct session *session);
void session_free_closed(struct server *server);
// Writes to the connection what `out` holds. False if that closed it.
bool session_flush(struct session *session);
// Becomes half open: what a peer sees of a camera whose power went.
void session_abandon(struct session *session);
