// The audio track as it is received: RTP packets in, frames out. AAC in the mode AAC-hbr (RFC 3640,
// 3.3.6), G.711 (RFC 3551, 4.5.14). For interleaved connections only, where packets are in order: a
// number that is missing is lost at once, one that comes again or late is dropped. A frame is
// handed out from where it lies in the packet, and only a fragmented one is copied; nothing is
// allocated after _create. No socket, no clock: arrival times are passed in.
#pragma once

#include "bitstream/sound.h"
#include "rtsp/sdp.h"

struct scrim_sound_stats {
    uint64_t packets, lost, late; // RTP
    uint64_t malformed;           // packets, and access units that were not whole
    uint64_t frames;
};

struct scrim_sound_receiver;

// `media`: a track for which scrim_sdp_records_audio() is true. SCRIM_EUNSUPPORTED: it cannot be
// recorded all the same, and why.
SCRIM_MUST_CHECK int scrim_sound_receiver_create(const struct scrim_sdp_media *media,
                                                 struct scrim_sound_receiver **ret,
                                                 struct scrim_error *error);
void scrim_sound_receiver_destroy(struct scrim_sound_receiver *receiver); // NULL is fine

const struct scrim_sound_params *
scrim_sound_receiver_params(const struct scrim_sound_receiver *receiver);

// A packet as it came; it must stay valid until the next call. What is malformed or foreign is
// counted and costs nothing else.
void scrim_sound_receiver_push(struct scrim_sound_receiver *receiver, const uint8_t *packet,
                               size_t size, int64_t mono_us);
// True while the packet has frames: call after every _push until it is false. `ret->data` is valid
// until the next _push.
bool scrim_sound_receiver_next(struct scrim_sound_receiver *receiver,
                               struct scrim_sound_frame *ret);
void scrim_sound_receiver_stats(const struct scrim_sound_receiver *receiver,
                                struct scrim_sound_stats *ret);
