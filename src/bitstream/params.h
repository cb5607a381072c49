// What a stream is: codec, parameter sets, picture size. Kept up to date from the access units
// themselves, because cameras change resolution without a word in RTSP.
#pragma once

#include "link/link.h"

#define SCRIM_PARAMETER_SETS_MAX 16384 // bytes; more than any encoder sends

struct scrim_params {
    enum scrim_codec codec;
    struct scrim_buf sets;  // VPS, SPS, PPS in byte stream format
    uint32_t width, height; // 0 while generation is
    uint32_t declared_mfps; // frames in a thousand seconds, as declared; 0: they are not
    unsigned generation;    // moves on whenever the stream changes; 0: not known yet
};

void scrim_params_init(struct scrim_params *params, enum scrim_codec codec);
void scrim_params_finish(struct scrim_params *params);

struct scrim_access_unit_info {
    bool has_slice; // holds a picture, not just what goes before one
    bool random;    // decoding can start here
};

// Looks at everything before the first slice of an access unit in byte stream format, and takes
// over new parameter sets that are whole. SCRIM_ENOSPACE if there are more than
// SCRIM_PARAMETER_SETS_MAX bytes of them and the stream is not known yet; the unit is described in
// *ret all the same.
SCRIM_MUST_CHECK int scrim_params_update(struct scrim_params *params, const uint8_t *data,
                                         size_t size, struct scrim_access_unit_info *ret);
