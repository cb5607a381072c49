// The init segment of a fragmented MP4 with one video track: ftyp and moov (ISO/IEC 14496-12), with
// avcC or hvcC (ISO/IEC 14496-15) made from parameter sets.
#pragma once

#include "bitstream/mux.h"

// SCRIM_EFORMAT if the parameter sets do not describe the stream.
SCRIM_MUST_CHECK int scrim_mp4_append_init(const struct scrim_mux_params *params,
                                           struct scrim_buf *out, struct scrim_error *error);
// Are the parameter sets in byte stream format, rather than avcC or hvcC?
bool scrim_mp4_is_byte_stream(const struct scrim_mux_params *params);
