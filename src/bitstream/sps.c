#include "bitstream/sps.h"

#include "bitstream/bits.h"
#include "bitstream/vui.h"

#include <string.h>

#define SPS_MAX 512    // bytes that are looked at; what we need stands in the first hundred
#define SIDE_MAX 16384 // pixels

struct crop {
    uint32_t left, right, top, bottom; // in chroma units
};

static bool in_range(uint64_t value)
{
    return value > 0 && value <= SIDE_MAX;
}

// Takes the cropping off the coded size. False if nothing of the picture is left.
static bool set_size(struct scrim_sps *sps, uint64_t coded_width, uint64_t coded_height,
                     const struct crop *crop, uint32_t unit_x, uint32_t unit_y)
{
    const uint64_t off_x = ((uint64_t)crop->left + crop->right) * unit_x;
    const uint64_t off_y = ((uint64_t)crop->top + crop->bottom) * unit_y;
    if (!in_range(coded_width) || !in_range(coded_height) || off_x >= coded_width ||
        off_y >= coded_height)
        return false;
    sps->width = (uint32_t)(coded_width - off_x);
    sps->height = (uint32_t)(coded_height - off_y);
    return true;
}

static struct crop read_crop(struct scrim_bits *bits)
{
    struct crop crop = {0};
    if (scrim_bits_take(bits, 1)) {
        crop.left = scrim_bits_ue(bits);
        crop.right = scrim_bits_ue(bits);
        crop.top = scrim_bits_ue(bits);
        crop.bottom = scrim_bits_ue(bits);
    }
    return crop;
}

// Bits of a sample; 0 for a depth that no profile has.
static uint8_t bit_depth(uint32_t minus8)
{
    return minus8 <= 8 ? (uint8_t)(8 + minus8) : 0;
}

// H.264 7.3.2.1.1.1: scaling_list(), read only to get behind it.
static void skip_scaling_list(struct scrim_bits *bits, unsigned size)
{
    int32_t last = 8, next = 8;
    for (unsigned i = 0; i < size && !bits->overrun; i++) {
        if (next != 0)
            next = (last + scrim_bits_se(bits) % 256 + 256) % 256;
        last = next != 0 ? next : last;
    }
}

static bool has_chroma_fields(uint8_t profile)
{
    static const uint8_t profiles[] = {100, 110, 122, 244, 44,  83, 86,
                                       118, 128, 138, 139, 134, 135};
    return memchr(profiles, profile, sizeof profiles) != NULL;
}

static void read_h264_chroma(struct scrim_bits *bits, struct scrim_sps *sps)
{
    sps->chroma_format = (uint8_t)(scrim_bits_ue(bits) & 3);
    if (sps->chroma_format == 3)
        sps->separate_planes = scrim_bits_take(bits, 1);
    sps->luma_bits = bit_depth(scrim_bits_ue(bits));
    sps->chroma_bits = bit_depth(scrim_bits_ue(bits));
    scrim_bits_skip(bits, 1); // qpprime_y_zero_transform_bypass_flag
    if (!scrim_bits_take(bits, 1))
        return; // no scaling matrix
    for (unsigned i = 0; i < (sps->chroma_format == 3 ? 12U : 8U); i++) {
        if (scrim_bits_take(bits, 1))
            skip_scaling_list(bits, i < 6 ? 16 : 64);
    }
}

// Picture order count type and what belongs to it.
static void skip_h264_order(struct scrim_bits *bits)
{
    const uint32_t type = scrim_bits_ue(bits);
    if (type == 0) {
        scrim_bits_ue(bits); // log2_max_pic_order_cnt_lsb_minus4
    } else if (type == 1) {
        scrim_bits_skip(bits, 1); // delta_pic_order_always_zero_flag
        scrim_bits_se(bits);
        scrim_bits_se(bits);
        const uint32_t count = scrim_bits_ue(bits);
        for (uint32_t i = 0; i < count && i < 256 && !bits->overrun; i++)
            scrim_bits_se(bits);
    }
}

static bool parse_h264(struct scrim_bits *bits, struct scrim_sps *sps)
{
    scrim_bits_skip(bits, 8); // NAL header
    for (unsigned i = 0; i < 3; i++)
        sps->profile[i] = (uint8_t)scrim_bits_take(bits, 8);
    const uint32_t id = scrim_bits_ue(bits);
    sps->id = id < 32 ? (uint8_t)id : UINT8_MAX;
    sps->chroma_format = 1;
    sps->luma_bits = sps->chroma_bits = 8;
    if (has_chroma_fields(sps->profile[0]))
        read_h264_chroma(bits, sps);
    const uint32_t minus4 = scrim_bits_ue(bits);
    sps->frame_num_bits = minus4 <= 12 ? (uint8_t)(4 + minus4) : UINT8_MAX;
    skip_h264_order(bits);
    scrim_bits_ue(bits);      // max_num_ref_frames
    scrim_bits_skip(bits, 1); // gaps_in_frame_num_value_allowed_flag
    const uint64_t width = ((uint64_t)scrim_bits_ue(bits) + 1) * 16;
    const uint64_t map_height = ((uint64_t)scrim_bits_ue(bits) + 1) * 16;
    const uint32_t frames_only = scrim_bits_take(bits, 1);
    sps->frames_only = frames_only;
    if (!frames_only)
        scrim_bits_skip(bits, 1); // mb_adaptive_frame_field_flag
    scrim_bits_skip(bits, 1);     // direct_8x8_inference_flag
    const struct crop crop = read_crop(bits);
    struct scrim_bits rest = *bits; // a picture without a rate is a picture
    sps->declared_mfps = scrim_vui_h264_mfps(&rest);

    const uint8_t chroma = sps->separate_planes ? 0 : sps->chroma_format;
    const uint32_t unit_x = chroma == 1 || chroma == 2 ? 2 : 1;
    const uint32_t unit_y = (chroma == 1 ? 2U : 1U) * (2 - frames_only);
    return set_size(sps, width, map_height * (2 - frames_only), &crop, unit_x, unit_y);
}

// H.265 7.3.3: general_* into `sps`, the sub-layers skipped.
static void read_h265_profile(struct scrim_bits *bits, struct scrim_sps *sps)
{
    for (size_t i = 0; i < sizeof sps->profile; i++)
        sps->profile[i] = (uint8_t)scrim_bits_take(bits, 8);
    const unsigned sub_layers = sps->temporal_layers - 1U;
    if (sub_layers == 0)
        return;
    uint32_t present = scrim_bits_take(bits, 16); // two flags each, for eight
    for (unsigned i = 0; i < sub_layers; i++, present <<= 2)
        scrim_bits_skip(bits, (present & 0x8000 ? 88U : 0U) + (present & 0x4000 ? 8U : 0U));
}

static bool parse_h265(struct scrim_bits *bits, struct scrim_sps *sps)
{
    scrim_bits_skip(bits, 16 + 4); // NAL header, sps_video_parameter_set_id
    sps->temporal_layers = (uint8_t)(scrim_bits_take(bits, 3) + 1);
    sps->temporal_nesting = scrim_bits_take(bits, 1);
    read_h265_profile(bits, sps);
    scrim_bits_ue(bits); // sps_seq_parameter_set_id
    sps->chroma_format = (uint8_t)(scrim_bits_ue(bits) & 3);
    if (sps->chroma_format == 3)
        scrim_bits_skip(bits, 1); // separate_colour_plane_flag
    const uint64_t width = scrim_bits_ue(bits), height = scrim_bits_ue(bits);
    const struct crop crop = read_crop(bits);
    sps->luma_bits = bit_depth(scrim_bits_ue(bits));
    sps->chroma_bits = bit_depth(scrim_bits_ue(bits));
    struct scrim_bits rest = *bits; // a picture without a rate is a picture
    sps->declared_mfps = scrim_vui_h265_mfps(&rest, sps->temporal_layers);
    const bool halved = sps->chroma_format == 1 || sps->chroma_format == 2;
    return set_size(sps, width, height, &crop, halved ? 2 : 1, sps->chroma_format == 1 ? 2 : 1);
}

int scrim_sps_parse(enum scrim_codec codec, const struct scrim_nal *nal, struct scrim_sps *ret)
{
    uint8_t bytes[SPS_MAX];
    struct scrim_sps sps = {0};
    struct scrim_bits bits = {.data = bytes, .size = scrim_nal_unescape(nal, bytes, sizeof bytes)};
    const bool sane = codec == SCRIM_CODEC_H264 ? parse_h264(&bits, &sps) : parse_h265(&bits, &sps);
    if (!sane || bits.overrun || sps.luma_bits == 0 || sps.chroma_bits == 0)
        return SCRIM_EFORMAT;
    *ret = sps;
    return SCRIM_OK;
}

int scrim_sps_find(enum scrim_codec codec, const uint8_t *sets, size_t size, struct scrim_sps *ret)
{
    struct scrim_nal_walk walk = scrim_nal_walk_of(codec, sets, size);
    struct scrim_nal nal;
    while (scrim_nal_next(&walk, &nal)) {
        if (scrim_nal_kind(codec, nal.type) == SCRIM_NAL_SPS &&
            scrim_sps_parse(codec, &nal, ret) >= 0)
            return SCRIM_OK;
    }
    return SCRIM_EFORMAT;
}
