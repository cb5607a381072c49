// RFC 6184, packetization modes 0 and 1. Mode 2 sends pictures interleaved; no camera does, and
// its packets count as malformed.
#include "rtsp/depacketize.h"

// Table 1.
enum { STAP_A = 24, STAP_B = 25, MTAP24 = 27, FU_A = 28, FU_B = 29 };
enum { FU_START = 0x80, FU_END = 0x40 };

static bool is_single(unsigned type)
{
    return type >= 1 && type <= 23;
}

static unsigned type_in_aggregate(const uint8_t *header)
{
    const unsigned type = header[0] & 0x1fU;
    return is_single(type) ? type : 64;
}

// first_mb_in_slice leads the slice header: ue(v), whose zero is a one bit (H.264 7.3.3).
static void look_at_unit(unsigned type, const uint8_t *behind_header, size_t size,
                         struct scrim_rtp_piece *ret)
{
    const enum scrim_nal_kind kind = scrim_nal_kind(SCRIM_CODEC_H264, type);
    const bool slice = kind == SCRIM_NAL_SLICE || kind == SCRIM_NAL_RANDOM;
    *ret = (struct scrim_rtp_piece){
        .type = type,
        .starts = true,
        // Data partitions B and C (3, 4) begin with something else.
        .first_slice = slice && type != 3 && type != 4 && size > 0 && (behind_header[0] & 0x80),
    };
}

int scrim_depacketize_h264_peek(const uint8_t *payload, size_t size, struct scrim_rtp_piece *ret)
{
    if (size == 0)
        return SCRIM_EUNSUPPORTED;
    const unsigned type = payload[0] & 0x1fU;
    if (is_single(type)) {
        look_at_unit(type, payload + 1, size - 1, ret);
        return SCRIM_OK;
    }
    if (type == STAP_A) {
        if (size < 4)
            return SCRIM_EFORMAT;
        look_at_unit(payload[3] & 0x1fU, payload + 4, size - 4, ret);
        return SCRIM_OK;
    }
    if (type == FU_A) {
        if (size < 2)
            return SCRIM_EFORMAT;
        look_at_unit(payload[1] & 0x1fU, payload + 2, size - 2, ret);
        ret->starts = payload[1] & FU_START;
        ret->first_slice &= ret->starts;
        return SCRIM_OK;
    }
    const bool interleaved = (type >= STAP_B && type <= MTAP24) || type == FU_B;
    return interleaved ? SCRIM_EFORMAT : SCRIM_EUNSUPPORTED;
}

// Section 5.8. A camera may forget the end bit: what comes next ends the unit, too.
static int take_fragment(struct scrim_depacketizer *to, const uint8_t *payload, size_t size)
{
    if (size < 2)
        return SCRIM_EFORMAT;
    const uint8_t flags = payload[1];
    const unsigned type = flags & 0x1fU;
    const uint8_t header = (uint8_t)((payload[0] & 0xe0U) | type);
    if (!is_single(type))
        return SCRIM_EFORMAT;
    const int result = flags & FU_START
                           ? scrim_depacketize_begin(to, type, &header, 1, payload + 2, size - 2)
                           : scrim_depacketize_go_on(to, type, payload + 2, size - 2);
    if (result < 0)
        return result;
    to->fragment = !(flags & FU_END);
    to->fragment_type = type;
    return SCRIM_OK;
}

int scrim_depacketize_h264(struct scrim_depacketizer *to, const uint8_t *payload, size_t size)
{
    if (size == 0)
        return SCRIM_EUNSUPPORTED;
    const unsigned type = payload[0] & 0x1fU;
    if (is_single(type))
        return scrim_depacketize_begin(to, type, payload, 1, payload + 1, size - 1);
    if (type == STAP_A)
        return scrim_depacketize_aggregate(to, scrim_reader_of(payload + 1, size - 1), 1,
                                           type_in_aggregate);
    if (type == FU_A)
        return take_fragment(to, payload, size);
    return SCRIM_EUNSUPPORTED;
}
