// Access units out of RTP payloads that are in order, without those that have a hole.
//
// Where a picture ends. A new time stamp ends it (RFC 6184, 5.1; RFC 7798, 4.1). So does, while
// time stamps do not tell pictures apart, a parameter set behind a slice (H.264 7.4.1.2.3, H.265
// 7.4.2.4.4), and, behind a marker bit, anything that begins a picture, even under the old time
// stamp. What holds no slice (parameter sets, SEI) is never a unit of its own: it goes with the
// picture behind it, whatever its time stamp and marker say. Unless it was a picture that came with
// junk for slices, and counts as lost: packets of it were of no use, or it has a marker and, by the
// distances to the pictures around it, the time of a picture.
//
// When it is handed out. The marker bit alone says so without waiting for the next picture, but
// some cameras set it on each slice. So it is believed once it was right SCRIM_MARKER_PROOFS times
// in a row, and no longer after it was wrong once. Until it is believed, a marked picture waits for
// what follows it, SCRIM_MARKER_US at most, so that a camera with a picture a minute is not held
// up; with a camera whose markers were wrong, always for the next picture. Never in the middle of a
// fragmented NAL unit.
//
// What a hole hits. A picture without its marker is incomplete and goes as a whole, as does one
// that goes on behind the hole. The first one that begins behind it may have lost its own beginning
// (parameter sets, SEI), unless the one missing packet was the end of the picture before, or
// by the time stamps as many pictures are missing as packets. It goes if by the time stamps none is
// missing: then the packet can only have been its own. Else it stays if it begins with a NAL unit
// as all intact pictures of its kind (random access or not) do, or with one of those that are no
// slices.
#pragma once

#include "bitstream/params.h"
#include "bitstream/unit.h"
#include "rtsp/cadence.h"
#include "rtsp/depacketize.h"
#include "rtsp/rtp.h"

#define SCRIM_MARKER_PROOFS 3
#define SCRIM_MARKER_US 100000

struct scrim_assembly;

// `burst`: how many packets may be taken before units are fetched. Memory: one unit of up to
// SCRIM_ACCESS_UNIT_MAX being collected, and as many bytes of finished ones as the burst holds.
struct scrim_assembly *scrim_assembly_create(enum scrim_codec codec, unsigned burst);
void scrim_assembly_destroy(struct scrim_assembly *assembly); // NULL is fine

// Parameter sets that the description of the session holds.
SCRIM_MUST_CHECK int scrim_assembly_describe(struct scrim_assembly *assembly, const uint8_t *sets,
                                             size_t size);

// Takes the next packet; `time` is its unwrapped time stamp at 90 kHz. Returns SCRIM_OK,
// SCRIM_EUNSUPPORTED for a packet that was of no use, SCRIM_ENOMEM, or SCRIM_ENOSPACE for a picture
// without end.
SCRIM_MUST_CHECK int scrim_assembly_take(struct scrim_assembly *assembly,
                                         const struct scrim_rtp_packet *packet, int64_t time);
// `lost` packets are missing before the next one; 0: nobody knows how many.
void scrim_assembly_hole(struct scrim_assembly *assembly, uint32_t lost);
// Hands out the marked picture that waited long enough. Returns when it wants to be called again.
int64_t scrim_assembly_expire(struct scrim_assembly *assembly, int64_t mono_us);
// Nothing follows.
void scrim_assembly_flush(struct scrim_assembly *assembly);

// The next finished unit, valid until _recycle; `sender_utc_us` is left 0. SCRIM_EEND: there is
// none. SCRIM_EFORMAT: too many parameter sets.
SCRIM_MUST_CHECK int scrim_assembly_next(struct scrim_assembly *assembly, struct scrim_unit *ret);
// Forgets finished units; call it before more packets are taken. One that was not fetched counts as
// lost.
void scrim_assembly_recycle(struct scrim_assembly *assembly);

const struct scrim_params *scrim_assembly_params(const struct scrim_assembly *assembly);
void scrim_assembly_count(const struct scrim_assembly *assembly, uint64_t *ret_units,
                          uint64_t *ret_lost_units);
