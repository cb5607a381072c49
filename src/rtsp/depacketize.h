// NAL units out of RTP payloads, into byte stream format: RFC 6184 (H.264) and RFC 7798 (H.265),
// without interleaving. Each byte is copied once.
#pragma once

#include "bitstream/nal.h"

// What a payload begins with; tells where pictures begin before anything is taken from it.
struct scrim_rtp_piece {
    unsigned type;    // nal_unit_type of its first NAL unit
    bool starts;      // that unit begins here; false: a later fragment of one
    bool first_slice; // a slice that begins a picture
};

struct scrim_depacketizer {
    enum scrim_codec codec;
    struct scrim_buf *out;  // not owned
    size_t ceiling;         // `out` may not grow beyond
    unsigned kinds;         // 1 << enum scrim_nal_kind of all that began; the caller clears it
    bool fragment;          // a fragmented unit is under way,
    unsigned fragment_type; // of this type
};

// SCRIM_OK; SCRIM_EUNSUPPORTED: nothing that belongs to a picture, to be passed over (a type
// without a meaning, an empty payload); SCRIM_EFORMAT: malformed, the picture has a hole.
SCRIM_MUST_CHECK int scrim_depacketize_peek(enum scrim_codec codec, const uint8_t *payload,
                                            size_t size, struct scrim_rtp_piece *ret);
// Appends what the payload holds. As _peek; also SCRIM_ENOSPACE: it does not fit under the ceiling,
// SCRIM_ENOMEM.
SCRIM_MUST_CHECK int scrim_depacketize(struct scrim_depacketizer *to, const uint8_t *payload,
                                       size_t size);

// Private from here on: the payload formats, and what they have in common.

int scrim_depacketize_h264_peek(const uint8_t *payload, size_t size, struct scrim_rtp_piece *ret);
int scrim_depacketize_h264(struct scrim_depacketizer *to, const uint8_t *payload, size_t size);
int scrim_depacketize_h265_peek(const uint8_t *payload, size_t size, struct scrim_rtp_piece *ret);
int scrim_depacketize_h265(struct scrim_depacketizer *to, const uint8_t *payload, size_t size);

// A NAL unit, or the first fragment of one, behind a start code. Its header may lie apart from the
// rest.
int scrim_depacketize_begin(struct scrim_depacketizer *to, unsigned type, const uint8_t *header,
                            size_t header_size, const uint8_t *rest, size_t size);
// A later fragment.
int scrim_depacketize_go_on(struct scrim_depacketizer *to, unsigned type, const uint8_t *rest,
                            size_t size);
// Units behind 16-bit sizes (RFC 6184, 5.7.1; RFC 7798, 4.4.2). `type_of`: of a header, or 64 or
// more for what may not stand here.
int scrim_depacketize_aggregate(struct scrim_depacketizer *to, struct scrim_reader units,
                                size_t header_size, unsigned (*type_of)(const uint8_t *header));
