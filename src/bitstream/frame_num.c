#include "bitstream/frame_num.h"

#include "bitstream/bits.h"
#include "bitstream/sps.h"

#define IDR 5
#define HEAD_MAX 64 // bytes of a slice that are looked at

static void take_pps(struct scrim_frame_num *order, const struct scrim_nal *nal)
{
    uint8_t bytes[HEAD_MAX];
    struct scrim_bits bits = {.data = bytes, .size = scrim_nal_unescape(nal, bytes, sizeof bytes)};
    scrim_bits_skip(&bits, 8); // NAL header
    const uint32_t pps = scrim_bits_ue(&bits), sps = scrim_bits_ue(&bits);
    if (!bits.overrun && pps < 256 && sps < 32)
        order->sps_of_pps[pps] = (uint8_t)(sps + 1);
}

static void take_sps(struct scrim_frame_num *order, const struct scrim_nal *nal)
{
    struct scrim_sps sps;
    if (scrim_sps_parse(SCRIM_CODEC_H264, nal, &sps) < 0 || sps.id >= 32 || sps.frame_num_bits > 16)
        return;
    order->sps[sps.id].bits = sps.frame_num_bits;
    order->sps[sps.id].separate_planes = sps.separate_planes;
    order->sps[sps.id].frames_only = sps.frames_only;
}

void scrim_frame_num_sets(struct scrim_frame_num *order, const struct scrim_nal *nal)
{
    switch (scrim_nal_kind(SCRIM_CODEC_H264, nal->type)) {
    case SCRIM_NAL_SPS: take_sps(order, nal); break;
    case SCRIM_NAL_PPS: take_pps(order, nal); break;
    default: break;
    }
}

// 7.3.3, as far as frame_num and what says whether this is a field. False if it cannot be read.
static bool read_head(const struct scrim_frame_num *order, const struct scrim_nal *slice,
                      uint32_t *ret_number, uint32_t *ret_modulus, bool *ret_field)
{
    uint8_t bytes[HEAD_MAX];
    struct scrim_bits bits = {.data = bytes,
                              .size = scrim_nal_unescape(slice, bytes, sizeof bytes)};
    scrim_bits_skip(&bits, 8); // NAL header
    scrim_bits_ue(&bits);      // first_mb_in_slice
    scrim_bits_ue(&bits);      // slice_type
    const uint32_t pps = scrim_bits_ue(&bits);
    if (bits.overrun || pps >= 256 || order->sps_of_pps[pps] == 0)
        return false;
    const unsigned sps = order->sps_of_pps[pps] - 1U;
    if (order->sps[sps].bits == 0)
        return false;
    if (order->sps[sps].separate_planes)
        scrim_bits_skip(&bits, 2); // colour_plane_id
    *ret_modulus = UINT32_C(1) << order->sps[sps].bits;
    *ret_number = scrim_bits_take(&bits, order->sps[sps].bits);
    *ret_field = !order->sps[sps].frames_only && scrim_bits_take(&bits, 1);
    return !bits.overrun;
}

// Has there been time for as many pictures as numbers there are, or nearly?
static bool is_long_pause(struct scrim_frame_num *order, int64_t at_us, uint32_t modulus)
{
    const int64_t step_us = at_us > order->at_us ? at_us - order->at_us : order->at_us - at_us;
    const bool is_long =
        order->usual_us > 0 && step_us / order->usual_us >= (int64_t)(modulus - modulus / 4);
    if (!order->begun)
        order->usual_us = 0;
    else if (!is_long)
        order->usual_us += (step_us - order->usual_us) / (order->usual_us > 0 ? 16 : 1);
    order->at_us = at_us;
    return is_long;
}

bool scrim_frame_num_follows(struct scrim_frame_num *order, const struct scrim_nal *slice,
                             int64_t at_us)
{
    uint32_t number, modulus;
    bool field;
    if (!read_head(order, slice, &number, &modulus, &field))
        return false;
    const bool paused = is_long_pause(order, at_us, modulus) && slice->type != IDR;
    const bool follows = !order->begun || slice->type == IDR ||
                         number == (order->reference + 1) % modulus ||
                         (field && number == order->reference); // the second of two
    order->begun = true;
    if (slice->data[0] & 0x60) // nal_ref_idc
        order->reference = number;
    return follows && !paused;
}
