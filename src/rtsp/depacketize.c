#include "rtsp/depacketize.h"

static const uint8_t start_code[] = {0, 0, 0, 1};

int scrim_depacketize_peek(enum scrim_codec codec, const uint8_t *payload, size_t size,
                           struct scrim_rtp_piece *ret)
{
    return codec == SCRIM_CODEC_H264 ? scrim_depacketize_h264_peek(payload, size, ret)
                                     : scrim_depacketize_h265_peek(payload, size, ret);
}

int scrim_depacketize(struct scrim_depacketizer *to, const uint8_t *payload, size_t size)
{
    return to->codec == SCRIM_CODEC_H264 ? scrim_depacketize_h264(to, payload, size)
                                         : scrim_depacketize_h265(to, payload, size);
}

static int reserve(struct scrim_depacketizer *to, size_t size)
{
    if (size > to->ceiling - to->out->len)
        return SCRIM_ENOSPACE;
    return scrim_buf_reserve(to->out, size);
}

int scrim_depacketize_begin(struct scrim_depacketizer *to, unsigned type, const uint8_t *header,
                            size_t header_size, const uint8_t *rest, size_t size)
{
    int result = reserve(to, sizeof start_code + header_size + size);
    if (result >= 0)
        result = scrim_buf_append(to->out, start_code, sizeof start_code);
    if (result >= 0)
        result = scrim_buf_append(to->out, header, header_size);
    if (result >= 0)
        result = scrim_buf_append(to->out, rest, size);
    if (result < 0)
        return result;
    to->kinds |= 1U << scrim_nal_kind(to->codec, type);
    to->fragment = false;
    return SCRIM_OK;
}

int scrim_depacketize_go_on(struct scrim_depacketizer *to, unsigned type, const uint8_t *rest,
                            size_t size)
{
    if (!to->fragment || to->fragment_type != type)
        return SCRIM_EFORMAT;
    const int result = reserve(to, size);
    return result < 0 ? result : scrim_buf_append(to->out, rest, size);
}

int scrim_depacketize_aggregate(struct scrim_depacketizer *to, struct scrim_reader units,
                                size_t header_size, unsigned (*type_of)(const uint8_t *header))
{
    while (units.left > 0) {
        uint16_t size;
        if (!scrim_read_u16(&units, &size))
            return SCRIM_EFORMAT;
        const uint8_t *unit = scrim_read_view(&units, size);
        if (!unit || size < header_size)
            return SCRIM_EFORMAT;
        const unsigned type = type_of(unit);
        if (type >= 64)
            return SCRIM_EFORMAT;
        const int result = scrim_depacketize_begin(to, type, unit, header_size, unit + header_size,
                                                   size - header_size);
        if (result < 0)
            return result;
    }
    return SCRIM_OK;
}
