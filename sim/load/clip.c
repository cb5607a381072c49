#include "clip.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "bitstream/nal.h"

#include <string.h>

#define FILE_MAX (256U << 20)
#define FU_A 28   // RFC 6184, 5.8
#define FU_265 49 // RFC 7798, 4.4.3
#define AUD_264 9 // access unit delimiters: nothing of a unit may stand before one
#define AUD_265 35

struct builder {
    struct clip *clip;
    struct scrim_buf bytes, packets, units;
    struct clip_unit unit; // being collected
    bool has_picture;      // it holds a slice already
};

static int add_packet(struct builder *builder, const uint8_t *head, size_t head_size,
                      const uint8_t *payload, size_t size)
{
    const size_t length = 12 + head_size + size;
    const struct clip_packet packet = {(uint32_t)builder->bytes.len, (uint32_t)(4 + length)};
    const uint8_t prefix[CLIP_PACKET_HEAD] = {'$',  0, (uint8_t)(length >> 8), (uint8_t)length,
                                              0x80, 96};
    int result = scrim_buf_append(&builder->bytes, prefix, sizeof prefix);
    if (result >= 0 && head_size > 0)
        result = scrim_buf_append(&builder->bytes, head, head_size);
    if (result >= 0)
        result = scrim_buf_append(&builder->bytes, payload, size);
    if (result >= 0)
        result = scrim_buf_append(&builder->packets, &packet, sizeof packet);
    builder->unit.count++;
    builder->unit.bytes += packet.size;
    return result;
}

static int add_fragments(struct builder *builder, const struct scrim_nal *nal)
{
    const bool h265 = builder->clip->codec == SCRIM_CODEC_H265;
    const size_t header = h265 ? 2 : 1;
    uint8_t head[3];
    if (h265) {
        head[0] = (uint8_t)((nal->data[0] & 0x81) | FU_265 << 1);
        head[1] = nal->data[1];
    } else {
        head[0] = (uint8_t)((nal->data[0] & 0xe0) | FU_A);
    }
    const size_t room = CLIP_PAYLOAD_MAX - header - 1;
    int result = SCRIM_OK;
    for (size_t at = header; at < nal->size && result >= 0; at += room) {
        const size_t left = nal->size - at;
        head[header] = (uint8_t)((at == header ? 0x80 : 0) | (left <= room ? 0x40 : 0) | nal->type);
        result = add_packet(builder, head, header + 1, nal->data + at, left < room ? left : room);
    }
    return result;
}

// The marker bit says that this was the last packet of the picture.
static int end_unit(struct builder *builder)
{
    struct clip_unit *unit = &builder->unit;
    const struct clip_packet *packets = (const struct clip_packet *)builder->packets.data;
    int result = SCRIM_OK;
    if (builder->has_picture && (unit->random || builder->units.len > 0)) {
        builder->bytes.data[packets[unit->first + unit->count - 1].at + 5] |= 0x80;
        result = scrim_buf_append(&builder->units, unit, sizeof *unit);
    }
    *unit = (struct clip_unit){.first = (uint32_t)(builder->packets.len / sizeof *packets)};
    builder->has_picture = false;
    return result;
}

// first_mb_in_slice is 0, or first_slice_segment_in_pic_flag is set: both are the first bit of the
// slice header (7.3.3 of H.264, 7.3.6.1 of H.265).
static bool begins_picture(enum scrim_codec codec, const struct scrim_nal *nal)
{
    const size_t header = codec == SCRIM_CODEC_H265 ? 2 : 1;
    return nal->size > header && (nal->data[header] & 0x80);
}

static void keep_set(struct clip *clip, const struct scrim_nal *nal)
{
    for (unsigned i = 0; i < clip->sets_count; i++) {
        if (clip->sets[i].data[0] == nal->data[0])
            return;
    }
    if (clip->sets_count == CLIP_SETS_MAX)
        return;
    struct clip_set *set = &clip->sets[clip->sets_count++];
    set->data = scrim_new_bytes(nal->size);
    set->size = nal->size;
    memcpy(set->data, nal->data, nal->size);
}

static int add_nal(struct builder *builder, const struct scrim_nal *nal)
{
    struct clip *clip = builder->clip;
    const enum scrim_nal_kind kind = scrim_nal_kind(clip->codec, nal->type);
    const bool picture = kind == SCRIM_NAL_SLICE || kind == SCRIM_NAL_RANDOM;
    const bool delimiter = nal->type == (clip->codec == SCRIM_CODEC_H265 ? AUD_265 : AUD_264);
    const bool set = kind == SCRIM_NAL_VPS || kind == SCRIM_NAL_SPS || kind == SCRIM_NAL_PPS;
    int result = SCRIM_OK;
    if (builder->has_picture && (!picture || begins_picture(clip->codec, nal)))
        result = end_unit(builder);
    if (result < 0)
        return result;
    if (set)
        keep_set(clip, nal);
    result = nal->size <= CLIP_PAYLOAD_MAX ? add_packet(builder, NULL, 0, nal->data, nal->size)
                                           : add_fragments(builder, nal);
    if (set || delimiter)
        builder->unit.lead = builder->unit.count;
    builder->has_picture |= picture;
    builder->unit.random |= kind == SCRIM_NAL_RANDOM;
    return result;
}

static int build(struct builder *builder, const struct scrim_buf *file)
{
    struct clip *clip = builder->clip;
    struct scrim_nal_walk walk = scrim_nal_walk_of(clip->codec, file->data, file->len);
    struct scrim_nal nal;
    int result = SCRIM_OK;
    while (result >= 0 && scrim_nal_next(&walk, &nal))
        result = add_nal(builder, &nal);
    if (result >= 0)
        result = end_unit(builder);
    clip->bytes = builder->bytes.data;
    clip->packets = (struct clip_packet *)builder->packets.data;
    clip->units = (struct clip_unit *)builder->units.data;
    clip->units_count = (uint32_t)(builder->units.len / sizeof *clip->units);
    return result;
}

int clip_load(const char *path, struct clip *ret, struct scrim_error *error)
{
    const char *ending = strrchr(path, '.');
    *ret = (struct clip){.path = path, .codec = SCRIM_CODEC_H264};
    if (ending && strcmp(ending, ".h265") == 0)
        ret->codec = SCRIM_CODEC_H265;
    else if (!ending || strcmp(ending, ".h264") != 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: a clip is a .h264 or .h265 file", path);
    struct scrim_buf file;
    scrim_buf_init(&file, FILE_MAX);
    struct builder builder = {.clip = ret};
    scrim_buf_init(&builder.bytes, 2 * (size_t)FILE_MAX);
    scrim_buf_init(&builder.packets, FILE_MAX);
    scrim_buf_init(&builder.units, FILE_MAX);
    int result = scrim_fs_read(path, &file, error);
    if (result >= 0 && build(&builder, &file) < 0)
        result = scrim_fail(error, SCRIM_ENOMEM, "%s: too large for the memory there is", path);
    if (result >= 0 && ret->units_count == 0)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: no key frame in it", path);
    scrim_buf_finish(&file);
    return result;
}
