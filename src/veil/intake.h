// What comes from one camera, as the recorder's link brings it (link.h): packets into pictures.
// Waits for key frames, and takes a new decoder when one fails too often. Bodies are not trusted;
// pictures over 1280×720 are made to fit before anything else.
#pragma once

#include "base/buf.h"
#include "media/decode.h"

// The body of SCRIM_LINK_PACKET.
struct scrim_packet {
    int64_t utc_us, pts_us;   // capture time, time in the stream
    struct scrim_reader unit; // access unit, borrowed
};
// SCRIM_EFORMAT for a malformed one.
SCRIM_MUST_CHECK int scrim_packet_read(struct scrim_reader body, struct scrim_packet *ret);

struct scrim_intake;

struct scrim_intake *scrim_intake_create(void);
void scrim_intake_destroy(struct scrim_intake *intake); // NULL is fine

// The body of SCRIM_LINK_STREAM: another stream, which needs another decoder. SCRIM_EFORMAT for a
// malformed one; the stream before goes on then.
SCRIM_MUST_CHECK int scrim_intake_stream(struct scrim_intake *intake, struct scrim_reader body);
// Makes a decoder, if there is none.
SCRIM_MUST_CHECK int scrim_intake_open(struct scrim_intake *intake, struct scrim_error *error);
// Packets are left out: what follows builds on them, up to the next key frame.
void scrim_intake_skip(struct scrim_intake *intake);
// Packets are missing before the next one: pictures are damaged up to the next key frame.
void scrim_intake_lost(struct scrim_intake *intake);
// Whether a packet can be decoded now.
bool scrim_intake_wants(const struct scrim_intake *intake, bool key);

// As scrim_decoder_send and scrim_decoder_receive. An error may cost the decoder: then nothing
// is wanted until there is another.
SCRIM_MUST_CHECK int scrim_intake_send(struct scrim_intake *intake,
                                       const struct scrim_packet *packet);
SCRIM_MUST_CHECK int scrim_intake_receive(struct scrim_intake *intake, struct scrim_decoded *ret);
