// One track as it is received: RTP packets in (RFC 3550), access units out. Puts packets of UDP
// back in order, notices every packet that is missing, drops the pictures that it hit and says how
// many there were, and maps the camera's RTP clock to its wall clock by sender reports.
// No socket, no clock: arrival times are passed in.
#pragma once

#include "bitstream/params.h"
#include "bitstream/unit.h"
#include "rtsp/sdp.h"

struct scrim_receiver_stats {
    uint64_t packets, lost, late, duplicate, malformed; // RTP
    uint64_t units, lost_units;
    uint64_t bytes;
    uint32_t jitter;       // interarrival jitter, in units of the RTP clock (RFC 3550, A.8)
    int64_t report_us;     // monotonic arrival of the newest sender report, 0: none
    int64_t report_utc_us; // its NTP time as UTC µs
    uint32_t report_rtp;
};

struct scrim_receiver;

// `media` gives payload type, codec, clock rate and parameter sets. `ordered`: packets come over a
// stream, a missing number is a loss at once; else they are awaited a little (reordering).
SCRIM_MUST_CHECK int scrim_receiver_create(const struct scrim_sdp_media *media, bool ordered,
                                           uint32_t our_ssrc, struct scrim_receiver **ret,
                                           struct scrim_error *error);
void scrim_receiver_destroy(struct scrim_receiver *receiver);

// A packet as it came. A malformed or foreign one is counted and costs nothing else.
// SCRIM_EFORMAT: the stream as a whole cannot be used (a picture without end, a payload format that
// the description did not announce).
SCRIM_MUST_CHECK int scrim_receiver_push(struct scrim_receiver *receiver, const uint8_t *packet,
                                         size_t size, int64_t mono_us, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_receiver_push_rtcp(struct scrim_receiver *receiver,
                                              const uint8_t *packet, size_t size, int64_t mono_us);
// True while units are ready: call after every _push until it is false. `ret->data` is valid until
// the next _push, _expire or _flush.
bool scrim_receiver_next(struct scrim_receiver *receiver, struct scrim_unit *ret);
// Gives up waiting for packets of UDP that are overdue; returns when it wants to be called again,
// INT64_MAX if nothing is awaited.
int64_t scrim_receiver_expire(struct scrim_receiver *receiver, int64_t mono_us);
// At the end of the stream: lets _next hand out the picture whose end was not seen yet.
void scrim_receiver_flush(struct scrim_receiver *receiver);

// As of the last unit: parameter sets, picture size; generation moves when the stream changes.
const struct scrim_params *scrim_receiver_params(const struct scrim_receiver *receiver);
void scrim_receiver_stats(const struct scrim_receiver *receiver, struct scrim_receiver_stats *ret);

// A receiver report with SDES CNAME (RFC 3550, 6.4.2) as of now, appended to `out`.
SCRIM_MUST_CHECK int scrim_receiver_report(struct scrim_receiver *receiver, int64_t mono_us,
                                           struct scrim_buf *out);
