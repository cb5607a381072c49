#include "bitstream/vui.h"

#define REF_PIC_SETS_MAX 64 // num_short_term_ref_pic_sets, H.265 7.4.3.2.1
#define REF_PICS_MAX 16     // sps_max_dec_pic_buffering, A.4.1
#define LONG_TERM_MAX 32    // num_long_term_ref_pics_sps
#define EXTENDED_SAR 255

static uint32_t rate(struct scrim_bits *bits, unsigned fields)
{
    if (!scrim_bits_take(bits, 1)) // timing_info_present_flag
        return 0;
    const uint64_t units = scrim_bits_take(bits, 32), scale = scrim_bits_take(bits, 32);
    if (bits->overrun || units == 0)
        return 0;
    const uint64_t mfps = scale * 1000 / (units * fields);
    return mfps <= SCRIM_VUI_MFPS_MAX ? (uint32_t)mfps : 0;
}

// What both standards begin with: sample aspect ratio, overscan, signal type, chroma location.
static void skip_common(struct scrim_bits *bits)
{
    if (scrim_bits_take(bits, 1) && scrim_bits_take(bits, 8) == EXTENDED_SAR)
        scrim_bits_skip(bits, 32);
    if (scrim_bits_take(bits, 1))
        scrim_bits_skip(bits, 1); // overscan_appropriate_flag
    if (scrim_bits_take(bits, 1)) {
        scrim_bits_skip(bits, 4); // video_format, video_full_range_flag
        if (scrim_bits_take(bits, 1))
            scrim_bits_skip(bits, 24); // colour description
    }
    if (scrim_bits_take(bits, 1)) {
        scrim_bits_ue(bits);
        scrim_bits_ue(bits);
    }
}

uint32_t scrim_vui_h264_mfps(struct scrim_bits *bits)
{
    if (!scrim_bits_take(bits, 1)) // vui_parameters_present_flag
        return 0;
    skip_common(bits);
    return rate(bits, 2); // a tick is a field
}

// ---- H.265: what stands between the picture and its usability.

static void skip_ue(struct scrim_bits *bits, unsigned count)
{
    for (unsigned i = 0; i < count && !bits->overrun; i++)
        scrim_bits_ue(bits);
}

// 7.3.4
static void skip_scaling_lists(struct scrim_bits *bits)
{
    for (unsigned size = 0; size < 4; size++) {
        const unsigned coefficients = size == 0 ? 16 : 64;
        for (unsigned matrix = 0; matrix < 6 && !bits->overrun; matrix += size == 3 ? 3 : 1) {
            if (!scrim_bits_take(bits, 1))
                skip_ue(bits, 1); // scaling_list_pred_matrix_id_delta
            else
                skip_ue(bits, coefficients + (size > 1)); // signed ones are as long
        }
    }
}

// 7.3.7. Returns NumDeltaPocs, from `before`, that of the set before.
static unsigned skip_ref_pic_set(struct scrim_bits *bits, bool first, unsigned before)
{
    if (!first && scrim_bits_take(bits, 1)) {
        unsigned count = 0;
        scrim_bits_skip(bits, 1); // delta_rps_sign
        skip_ue(bits, 1);         // abs_delta_rps_minus1
        for (unsigned i = 0; i <= before && !bits->overrun; i++)
            count += scrim_bits_take(bits, 1) || scrim_bits_take(bits, 1);
        return count;
    }
    const uint32_t negative = scrim_bits_ue(bits), positive = scrim_bits_ue(bits);
    if (negative > REF_PICS_MAX || positive > REF_PICS_MAX) {
        bits->overrun = true;
        return 0;
    }
    for (uint32_t i = 0; i < negative + positive && !bits->overrun; i++) {
        skip_ue(bits, 1);         // delta_poc_minus1
        scrim_bits_skip(bits, 1); // used_by_curr_pic_flag
    }
    return negative + positive;
}

static void skip_ref_pics(struct scrim_bits *bits, unsigned poc_bits)
{
    const uint32_t sets = scrim_bits_ue(bits);
    unsigned deltas = 0;
    bits->overrun |= sets > REF_PIC_SETS_MAX;
    for (uint32_t i = 0; i < sets && !bits->overrun; i++) {
        deltas = skip_ref_pic_set(bits, i == 0, deltas);
        bits->overrun |= deltas > 2 * REF_PICS_MAX;
    }
    if (!scrim_bits_take(bits, 1)) // long_term_ref_pics_present_flag
        return;
    const uint32_t pictures = scrim_bits_ue(bits);
    bits->overrun |= pictures > LONG_TERM_MAX;
    if (!bits->overrun)
        scrim_bits_skip(bits, (size_t)pictures * (poc_bits + 1));
}

uint32_t scrim_vui_h265_mfps(struct scrim_bits *bits, unsigned temporal_layers)
{
    const uint32_t poc_bits = scrim_bits_ue(bits) + 4;
    skip_ue(bits, scrim_bits_take(bits, 1) ? 3 * temporal_layers : 3); // buffering of the layers
    skip_ue(bits, 6);                                                  // block sizes
    if (scrim_bits_take(bits, 1) && scrim_bits_take(bits, 1))
        skip_scaling_lists(bits);
    scrim_bits_skip(bits, 2); // amp_enabled_flag, sample_adaptive_offset_enabled_flag
    if (scrim_bits_take(bits, 1)) {
        scrim_bits_skip(bits, 8); // depths of PCM samples
        skip_ue(bits, 2);
        scrim_bits_skip(bits, 1);
    }
    if (bits->overrun || poc_bits > 16)
        return 0;
    skip_ref_pics(bits, poc_bits);
    scrim_bits_skip(bits, 2); // sps_temporal_mvp_enabled_flag, strong_intra_smoothing_enabled_flag
    if (!scrim_bits_take(bits, 1))
        return 0; // vui_parameters_present_flag
    skip_common(bits);
    scrim_bits_skip(bits, 3); // neutral_chroma_indication, field_seq, frame_field_info_present
    if (scrim_bits_take(bits, 1))
        skip_ue(bits, 4); // default display window
    return rate(bits, 1);
}
