// The init segment of a fragmented MP4 with a video track and, if asked for, one of sound: ftyp and
// moov (ISO/IEC 14496-12), with avcC or hvcC (ISO/IEC 14496-15) made from parameter sets.
#pragma once

#include "bitstream/mux.h"

// SCRIM_EFORMAT if the parameter sets do not describe the stream.
SCRIM_MUST_CHECK int scrim_mp4_append_init(const struct scrim_mux_params *params,
                                           struct scrim_buf *out, struct scrim_error *error);
// Are the parameter sets in byte stream format, rather than avcC or hvcC?
bool scrim_mp4_is_byte_stream(const struct scrim_mux_params *params);
// SCRIM_MUX_SOUND_LEAD_MS in samples.
int64_t scrim_mp4_sound_lead(const struct scrim_sound_params *sound);
