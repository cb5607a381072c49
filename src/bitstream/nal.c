#include "bitstream/nal.h"

#include <string.h>

// The first 00 00 01 in [at, end): a pointer behind it, or `end`. The 01 is rare in coded video, so
// memchr skips most of it.
static const uint8_t *behind_start_code(const uint8_t *at, const uint8_t *end)
{
    if (end - at < 3)
        return end;
    for (at += 2; at < end; at++) {
        at = memchr(at, 1, (size_t)(end - at));
        if (!at)
            return end;
        if (at[-1] == 0 && at[-2] == 0)
            return at + 1;
    }
    return end;
}

struct scrim_nal_walk scrim_nal_walk_of(enum scrim_codec codec, const uint8_t *data, size_t size)
{
    if (size == 0) // `data` may be NULL then
        return (struct scrim_nal_walk){.codec = codec};
    return (struct scrim_nal_walk){codec, behind_start_code(data, data + size), data + size};
}

static unsigned type_of(enum scrim_codec codec, uint8_t first)
{
    return codec == SCRIM_CODEC_H264 ? first & 0x1fU : (first >> 1) & 0x3fU;
}

bool scrim_nal_next(struct scrim_nal_walk *walk, struct scrim_nal *ret)
{
    while (walk->at < walk->end) {
        const uint8_t *start = walk->at;
        const uint8_t *next = behind_start_code(start, walk->end);
        const uint8_t *stop = next;
        if (next < walk->end || (next - start >= 3 && memcmp(next - 3, "\0\0\1", 3) == 0))
            stop -= 3;
        walk->at = next;
        while (stop > start && stop[-1] == 0) // zero_byte and trailing_zero_8bits
            stop--;
        if (stop == start)
            continue;
        *ret = (struct scrim_nal){start, (size_t)(stop - start), type_of(walk->codec, *start)};
        return true;
    }
    return false;
}

bool scrim_nal_peek(struct scrim_nal_walk *walk, unsigned *ret_type)
{
    // No header is all zero: such units are empty, and _next skips them too.
    while (walk->at < walk->end && walk->at[0] == 0 &&
           (walk->end - walk->at == 1 || walk->at[1] == 0))
        walk->at = behind_start_code(walk->at, walk->end);
    if (walk->at == walk->end)
        return false;
    *ret_type = type_of(walk->codec, *walk->at);
    return true;
}

// H.264 table 7-1.
static enum scrim_nal_kind h264_kind(unsigned type)
{
    switch (type) {
    case 1:
    case 2:
    case 3:
    case 4: return SCRIM_NAL_SLICE;
    case 5: return SCRIM_NAL_RANDOM;
    case 6: return SCRIM_NAL_SEI;
    case 7: return SCRIM_NAL_SPS;
    case 8: return SCRIM_NAL_PPS;
    default: return SCRIM_NAL_OTHER;
    }
}

// H.265 table 7-1.
static enum scrim_nal_kind h265_kind(unsigned type)
{
    if (type >= 16 && type <= 21) // BLA, IDR, CRA
        return SCRIM_NAL_RANDOM;
    switch (type) {
    case 32: return SCRIM_NAL_VPS;
    case 33: return SCRIM_NAL_SPS;
    case 34: return SCRIM_NAL_PPS;
    case 39: return SCRIM_NAL_SEI;
    default: return type < 32 ? SCRIM_NAL_SLICE : SCRIM_NAL_OTHER;
    }
}

enum scrim_nal_kind scrim_nal_kind(enum scrim_codec codec, unsigned type)
{
    return codec == SCRIM_CODEC_H264 ? h264_kind(type) : h265_kind(type);
}

// An SEI payload type or size: 0xff bytes add up, the first other byte ends it (7.3.2.3.1).
static bool read_sei_number(struct scrim_reader *reader, uint32_t *ret)
{
    uint8_t byte = 0xff;
    for (*ret = 0; byte == 0xff; *ret += byte)
        if (!scrim_read_u8(reader, &byte))
            return false;
    return true;
}

bool scrim_nal_is_recovery_point(const struct scrim_nal *sei)
{
    uint8_t bytes[256]; // recovery points come first or after short messages
    const size_t count = scrim_nal_unescape(sei, bytes, sizeof bytes);
    struct scrim_reader reader = scrim_reader_of(bytes + 1, count - 1);
    while (reader.left > 2) {
        uint32_t type, size;
        if (!read_sei_number(&reader, &type) || !read_sei_number(&reader, &size))
            return false;
        const uint8_t *payload = scrim_read_view(&reader, size);
        if (!payload)
            return false;
        if (type == 6) // recovery_frame_cnt is ue(v): a leading one bit is zero
            return size > 0 && (payload[0] & 0x80) != 0;
    }
    return false;
}

bool scrim_nal_is_picture_hash(const struct scrim_nal *sei)
{
    return sei->type == 40 && sei->size > 2 && sei->data[2] == 132; // suffix SEI; it stands alone
}

size_t scrim_nal_unescape(const struct scrim_nal *nal, uint8_t *ret, size_t room)
{
    size_t count = 0;
    unsigned zeros = 0;
    for (size_t i = 0; i < nal->size && count < room; i++) {
        const uint8_t byte = nal->data[i];
        if (zeros >= 2 && byte == 3) {
            zeros = 0;
            continue;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        ret[count++] = byte;
    }
    return count;
}
