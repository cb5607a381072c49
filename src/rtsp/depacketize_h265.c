// RFC 7798 without DONL fields (sprop-max-don-diff is 0 with every camera).
#include "rtsp/depacketize.h"

enum { HEADER = 2, AGGREGATION = 48, FRAGMENT = 49 }; // 4.4.2, 4.4.3; types from 50 on mean nothing
enum { FU_START = 0x80, FU_END = 0x40 };

static unsigned type_of(const uint8_t *header)
{
    return (header[0] >> 1) & 0x3fU;
}

static unsigned type_in_aggregate(const uint8_t *header)
{
    const unsigned type = type_of(header);
    return type < AGGREGATION ? type : 64;
}

// first_slice_segment_in_pic_flag leads the slice header (H.265 7.3.6.1).
static void look_at_unit(unsigned type, const uint8_t *behind_header, size_t size,
                         struct scrim_rtp_piece *ret)
{
    *ret = (struct scrim_rtp_piece){
        .type = type,
        .starts = true,
        .first_slice = type < 32 && size > 0 && (behind_header[0] & 0x80),
    };
}

int scrim_depacketize_h265_peek(const uint8_t *payload, size_t size, struct scrim_rtp_piece *ret)
{
    if (size == 0)
        return SCRIM_EUNSUPPORTED;
    if (size < HEADER)
        return SCRIM_EFORMAT;
    const unsigned type = type_of(payload);
    if (type < AGGREGATION) {
        look_at_unit(type, payload + HEADER, size - HEADER, ret);
        return SCRIM_OK;
    }
    if (type == AGGREGATION) {
        if (size < HEADER + 2 + HEADER)
            return SCRIM_EFORMAT;
        look_at_unit(type_of(payload + 4), payload + 6, size - 6, ret);
        return SCRIM_OK;
    }
    if (type == FRAGMENT) {
        if (size < HEADER + 1)
            return SCRIM_EFORMAT;
        look_at_unit(payload[2] & 0x3fU, payload + 3, size - 3, ret);
        ret->starts = payload[2] & FU_START;
        ret->first_slice &= ret->starts;
        return SCRIM_OK;
    }
    return SCRIM_EUNSUPPORTED;
}

// A camera may forget the end bit: what comes next ends the unit, too.
static int take_fragment(struct scrim_depacketizer *to, const uint8_t *payload, size_t size)
{
    if (size < HEADER + 1)
        return SCRIM_EFORMAT;
    const uint8_t flags = payload[2];
    const unsigned type = flags & 0x3fU;
    const uint8_t header[HEADER] = {(uint8_t)((payload[0] & 0x81U) | type << 1), payload[1]};
    if (type >= AGGREGATION)
        return SCRIM_EFORMAT;
    const int result =
        flags & FU_START ? scrim_depacketize_begin(to, type, header, HEADER, payload + 3, size - 3)
                         : scrim_depacketize_go_on(to, type, payload + 3, size - 3);
    if (result < 0)
        return result;
    to->fragment = !(flags & FU_END);
    to->fragment_type = type;
    return SCRIM_OK;
}

int scrim_depacketize_h265(struct scrim_depacketizer *to, const uint8_t *payload, size_t size)
{
    if (size == 0)
        return SCRIM_EUNSUPPORTED;
    if (size < HEADER)
        return SCRIM_EFORMAT;
    const unsigned type = type_of(payload);
    if (type < AGGREGATION)
        return scrim_depacketize_begin(to, type, payload, HEADER, payload + HEADER, size - HEADER);
    if (type == AGGREGATION)
        return scrim_depacketize_aggregate(to, scrim_reader_of(payload + HEADER, size - HEADER),
                                           HEADER, type_in_aggregate);
    if (type == FRAGMENT)
        return take_fragment(to, payload, size);
    return SCRIM_EUNSUPPORTED;
}
