#include "bitstream/config_record.h"

#define LENGTH_SIZE_FOUR 3 // lengthSizeMinusOne
#define HVCC_FIXED 22      // bytes before numOfArrays, the last of which holds lengthSizeMinusOne

static int take_sets(struct scrim_reader *reader, unsigned count, struct scrim_buf *ret)
{
    for (unsigned i = 0; i < count; i++) {
        uint16_t length;
        if (!scrim_read_u16(reader, &length))
            return SCRIM_EFORMAT;
        const uint8_t *set = scrim_read_view(reader, length);
        if (!set)
            return SCRIM_EFORMAT;
        int result = scrim_buf_append_u32(ret, length);
        if (result >= 0)
            result = scrim_buf_append(ret, set, length);
        if (result < 0)
            return result;
    }
    return SCRIM_OK;
}

// 14496-15, 5.3.3.1.2
static int take_avcc(struct scrim_reader *reader, struct scrim_buf *ret)
{
    uint8_t fixed[5], count;
    if (!scrim_read_bytes(reader, fixed, sizeof fixed) || fixed[0] != 1)
        return SCRIM_EFORMAT;
    if ((fixed[4] & 3) != LENGTH_SIZE_FOUR)
        return SCRIM_EUNSUPPORTED;
    if (!scrim_read_u8(reader, &count))
        return SCRIM_EFORMAT;
    const int result = take_sets(reader, count & 31, ret);
    if (result < 0)
        return result;
    return scrim_read_u8(reader, &count) ? take_sets(reader, count, ret) : SCRIM_EFORMAT;
}

// 14496-15, 8.3.3.1.2
static int take_hvcc(struct scrim_reader *reader, struct scrim_buf *ret)
{
    uint8_t fixed[HVCC_FIXED], arrays;
    if (!scrim_read_bytes(reader, fixed, sizeof fixed) || fixed[0] != 1 ||
        !scrim_read_u8(reader, &arrays))
        return SCRIM_EFORMAT;
    if ((fixed[HVCC_FIXED - 1] & 3) != LENGTH_SIZE_FOUR)
        return SCRIM_EUNSUPPORTED;
    for (unsigned i = 0; i < arrays; i++) {
        uint8_t type;
        uint16_t count;
        if (!scrim_read_u8(reader, &type) || !scrim_read_u16(reader, &count))
            return SCRIM_EFORMAT;
        const int result = take_sets(reader, count, ret);
        if (result < 0)
            return result;
    }
    return SCRIM_OK;
}

int scrim_config_record_sets(enum scrim_codec codec, const uint8_t *record, size_t count,
                             struct scrim_buf *ret)
{
    struct scrim_reader reader = scrim_reader_of(record, count);
    return codec == SCRIM_CODEC_H264 ? take_avcc(&reader, ret) : take_hvcc(&reader, ret);
}
