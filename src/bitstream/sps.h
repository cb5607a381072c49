// What a sequence parameter set says of the picture (H.264 7.3.2.1.1, H.265 7.3.2.2.1): no more
// than a container and a journal need. Bounded work on bytes that a camera chose; FFmpeg's readers
// of these loop for minutes on some made-up ones.
#pragma once

#include "bitstream/nal.h"

struct scrim_sps {
    uint32_t width, height; // as shown, after cropping
    uint32_t declared_mfps; // frames in a thousand seconds; 0: it declares none
    uint8_t profile[12];    // H.264: profile, constraints, level. H.265: general_profile_tier_level
    uint8_t chroma_format;  // 0 grey, 1 4:2:0, 2 4:2:2, 3 4:4:4
    uint8_t luma_bits, chroma_bits;    // each sample, 8 to 16
    uint8_t id, frame_num_bits;        // H.264; frame_num_bits: 4 to 16
    bool separate_planes, frames_only; // H.264
    uint8_t temporal_layers;           // H.265
    bool temporal_nesting;             // H.265
};

// SCRIM_EFORMAT if it ends early or describes no picture of up to 16384 × 16384.
SCRIM_MUST_CHECK int scrim_sps_parse(enum scrim_codec codec, const struct scrim_nal *nal,
                                     struct scrim_sps *ret);
// The first of the parameter sets that parses; SCRIM_EFORMAT if there is none.
SCRIM_MUST_CHECK int scrim_sps_find(enum scrim_codec codec, const uint8_t *sets, size_t size,
                                    struct scrim_sps *ret);
