// One camera's packets into pictures: H.264 and H.265, one thread, no file and no clock. What comes
// in is hostile; what the decoder is not sure of comes out marked damaged, with all that builds on
// it: after an error, a lost unit, or a reference picture that is missing, up to the next key frame
// that was sent behind it.
#pragma once

#include "base/error.h"
#include "link/link.h"
#include "media/picture.h"

struct scrim_decoder;

// `extradata`: parameter sets (Annex B), or none. Pictures larger than the limits are made to fit
// (0: no limit).
SCRIM_MUST_CHECK int scrim_decoder_create(enum scrim_codec codec, const uint8_t *extradata,
                                          size_t extradata_len, int max_width, int max_height,
                                          struct scrim_decoder **ret, struct scrim_error *error);
void scrim_decoder_destroy(struct scrim_decoder *decoder); // NULL is fine

// One access unit (Annex B), of which libavcodec sees slices, parameter sets and recovery points
// alone. Then call _receive until it gives 0. An error means that this access unit is lost; the
// decoder stays usable.
SCRIM_MUST_CHECK int scrim_decoder_send(struct scrim_decoder *decoder, const uint8_t *data,
                                        size_t count, int64_t pts_us);
// Units are missing before the next one, as whoever received them knows.
void scrim_decoder_lost(struct scrim_decoder *decoder);

struct scrim_decoded {
    struct scrim_picture picture; // borrowed until the next call
    int64_t pts_us;               // as sent with its access unit
    bool key, damaged;
};

// 1 with a picture, 0 when the decoder wants more packets, or a negative error.
SCRIM_MUST_CHECK int scrim_decoder_receive(struct scrim_decoder *decoder, struct scrim_decoded *ret,
                                           struct scrim_error *error);
