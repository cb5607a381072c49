// Whether a reference picture of an H.264 stream is missing, as frame_num tells (H.264 7.4.3).
// libavcodec fills such a gap with a copy of the picture before and says nothing.
//
// Each picture's number is that of the reference picture before it plus one, modulo 2^4…2^16, so
// a loss of just so many would not be seen: a pause that long counts as a loss. Gaps that
// gaps_in_frame_num_value_allowed_flag permits count all the same: nothing tells them from a loss.
#pragma once

#include "bitstream/nal.h"

// Zeroed before the first unit.
struct scrim_frame_num {
    struct {
        uint8_t bits; // of frame_num; 0: not known
        bool separate_planes, frames_only;
    } sps[32];
    uint8_t sps_of_pps[256]; // its id plus one; 0: not known
    bool begun;
    uint32_t reference;      // frame_num of the last reference picture
    int64_t at_us, usual_us; // of the last picture; how far apart two are
};

// Takes over what a NAL unit of kind SPS or PPS says.
void scrim_frame_num_sets(struct scrim_frame_num *order, const struct scrim_nal *nal);
// Takes the first slice of a picture, which is to be shown at `at_us`. False: a reference picture
// is missing before it, or it comes again, or it cannot be said because a parameter set is missing.
SCRIM_MUST_CHECK bool scrim_frame_num_follows(struct scrim_frame_num *order,
                                              const struct scrim_nal *slice, int64_t at_us);
