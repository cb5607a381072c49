// Packets to the veil workers, camera states to the desk: one thread with poll() owns
// run/packets.sock and the connection to run/desk.sock. The sealer hands it messages through a
// bounded queue and never waits; when queue or link is full, a camera's packets are dropped up to
// its next key frame, and counted. A worker that connects late gets the stream's parameters and
// starts at the next key frame.
#pragma once

#include "recorder/state.h"
#include "recorder/stop.h"

struct scrim_fanout;

// `listen_fd`: of run/packets.sock, taken over also on failure. `stop` must outlive it.
SCRIM_MUST_CHECK int scrim_fanout_create(const char *dir, int listen_fd,
                                         const struct scrim_stop *stop, struct scrim_fanout **ret,
                                         struct scrim_error *error);
// The thread runs until the stop is requested.
SCRIM_MUST_CHECK int scrim_fanout_start(struct scrim_fanout *fanout, struct scrim_error *error);
void scrim_fanout_destroy(struct scrim_fanout *fanout); // waits for the thread; NULL is fine

#define SCRIM_FANOUT_CAMERAS_MAX 1024

// From the sealer's thread. `camera` is a slot below SCRIM_FANOUT_CAMERAS_MAX, which the caller
// keeps for as long as the camera is there.
// `place`: the camera's place in scrim.yaml, which says what worker serves it; negative: it is
// gone.
void scrim_fanout_place(struct scrim_fanout *fanout, unsigned camera, const char *id, int place);
// False: no worker is connected for this camera, and packets need not be handed over.
bool scrim_fanout_wants(const struct scrim_fanout *fanout, unsigned camera);
void scrim_fanout_stream(struct scrim_fanout *fanout, unsigned camera,
                         const struct scrim_params *params);
// False: refused; the caller drops frames up to the next key frame.
SCRIM_MUST_CHECK bool scrim_fanout_packet(struct scrim_fanout *fanout, unsigned camera,
                                          const struct scrim_unit *frame,
                                          const struct scrim_moment *moment);
void scrim_fanout_drop(struct scrim_fanout *fanout, unsigned camera); // counts one frame
void scrim_fanout_end(struct scrim_fanout *fanout, unsigned camera, const char *why);
// What the desk is told of the disks: the body of DISKS.
void scrim_fanout_disks(struct scrim_fanout *fanout, const struct scrim_buf *json);
void scrim_fanout_state(struct scrim_fanout *fanout, unsigned camera,
                        const struct scrim_camera_state *state);
