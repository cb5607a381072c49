// The frame rate that a sequence parameter set declares, far behind its picture size, in the video
// usability information (H.264 E.1.1, H.265 E.2.1). Frames in a thousand seconds; 0 if there is
// none, it makes no sense, or the bits end before it. Bounded work on bytes that a camera chose.
#pragma once

#include "bitstream/bits.h"

#define SCRIM_VUI_MFPS_MAX 1000000 // of a thousand frames a second

// `bits` stands behind frame_cropping; advanced to anywhere.
uint32_t scrim_vui_h264_mfps(struct scrim_bits *bits);
// `bits` stands behind bit_depth_chroma_minus8.
uint32_t scrim_vui_h265_mfps(struct scrim_bits *bits, unsigned temporal_layers);
