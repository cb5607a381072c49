// The parts of an ingest process. One thread; everything waits in scrim_ingest_wait, which keeps up
// with the parent and the sealer meanwhile.
#pragma once

#include "base/backoff.h"
#include "base/clock.h"
#include "ingest/control.h"
#include "ingest/ingest.h"
#include "ingest/transport.h"
#include "ingest/wire.h"
#include "link/trial.h"
#include "rtsp/receiver.h"
#include "rtsp/sound.h"
#include "rtsp/url.h"

#include <poll.h>

#define SCRIM_SEALER_BYTES (12U << 20) // waits for the sealer at most: some seconds of a camera

struct scrim_ingest {
    struct scrim_ingest_setup setup;
    struct scrim_rtsp_url camera; // of setup.url
    struct scrim_tls *tls;        // NULL: no rtsps
    char *password;               // SCRIM_PASSWORD_MAX in locked memory, "" if there is none
    struct scrim_link *sealer;
    struct scrim_feed_stats stats;
    int64_t feed_due_us, alive_due_us; // monotonic
    int64_t dial_us;       // how long to wait for a connection: short while an outage is young
    int64_t talk_us;       // from there to PLAY
    int64_t first_wait_us; // for the first picture: longer each time that none came
    struct scrim_control answer; // of the dialer, once `answered`
    bool answered;
    int answer_fds[SCRIM_DATAGRAM_FDS];
    enum scrim_rtsp_refusal refusal; // of the connection that ended last
    struct scrim_trial *trial;       // NULL: it records
    int64_t end_us;                  // monotonic: over by then
    char sound_problem[512];         // why there is no sound, as last logged
    bool over;                       // parent or sealer is gone: end
};

// Waits until `until_us` (monotonic), or until a descriptor of `fds` is ready, an answer of the
// dialer has come, or it is over. `revents` of `fds` are set. Returns now.
int64_t scrim_ingest_wait(struct scrim_ingest *ingest, struct pollfd *fds, nfds_t count,
                          int64_t until_us);

// Asks the dialer and waits for its answer in ingest->answer and _fds, which the caller takes over.
// SCRIM_ETIMEOUT after `timeout_us`, SCRIM_ECANCEL when it is over.
SCRIM_MUST_CHECK int scrim_ingest_dial(struct scrim_ingest *ingest,
                                       const struct scrim_control *request, int64_t timeout_us,
                                       struct scrim_error *error);

// What is common to recording and to a trial (NULL: none): confines the process, waits for the
// password.
SCRIM_MUST_CHECK int scrim_ingest_begin(struct scrim_ingest *ingest,
                                        const struct scrim_ingest_setup *setup,
                                        struct scrim_trial *trial, struct scrim_error *error);
void scrim_ingest_end(struct scrim_ingest *ingest);

// One connection, from dialling to its end. Always fails: `error` tells how it ended.
// *ret_healthy_us: how long pictures came.
int scrim_ingest_connection(struct scrim_ingest *ingest, int64_t *ret_healthy_us,
                            struct scrim_error *error);

// ---- Pictures on their way to the sealer (delivery.c).

struct scrim_delivery {
    struct scrim_ingest *ingest;
    unsigned generation;    // of the parameters that the sealer knows
    uint32_t declared_mfps; // of the session description
    bool dropping;          // up to the next key frame, because the sealer's queue was full
    uint32_t lost_units, lost_packets, dropped_units; // not told yet
    int64_t first_us, last_us;                        // monotonic arrival of pictures, 0: none yet
    int64_t longest_us;                               // recent distance between pictures, fading
    int64_t first_wait_us;                            // as long as there is no such distance
};

// Queues all units that are ready for the sealer; whoever does flushes ingest->sealer in the end.
SCRIM_MUST_CHECK int scrim_delivery_take(struct scrim_delivery *delivery,
                                         struct scrim_receiver *receiver);
// When to give up waiting for the next picture (monotonic).
int64_t scrim_delivery_stall_us(const struct scrim_delivery *delivery);

// ---- Trials (trial.c). Both are for every stream, and do nothing where `trial` is NULL.

// A step is done.
void scrim_trial_passed(struct scrim_ingest *ingest, enum scrim_trial_step step);
// A picture, which a trial looks at instead of handing it to the sealer.
void scrim_trial_unit(struct scrim_ingest *ingest, const struct scrim_params *params,
                      const struct scrim_unit *unit);

// ---- Sound likewise (sound.c). It gives way to pictures, and never ends a connection.

struct scrim_sound_delivery {
    struct scrim_ingest *ingest;
    struct scrim_sound_receiver *receiver; // NULL: no sound is recorded
    bool told;                             // of the track
    uint64_t lost_packets;                 // not told yet, those included that the sealer missed
};

// Once the tracks are set up. `udp`: pictures come by UDP, so that there is no sound.
void scrim_sound_delivery_begin(struct scrim_sound_delivery *delivery,
                                const struct scrim_rtsp_session *session, bool udp);
// A packet of the track. SCRIM_ENETWORK: the sealer is gone.
SCRIM_MUST_CHECK int scrim_sound_delivery_take(struct scrim_sound_delivery *delivery,
                                               const uint8_t *packet, size_t size, int64_t mono_us);
void scrim_sound_delivery_end(struct scrim_sound_delivery *delivery);

SCRIM_MUST_CHECK int scrim_ingest_confine(struct scrim_error *error);
