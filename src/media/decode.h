// One camera's packets into pictures: H.264 and H.265, one thread, no file and no clock. What comes
// in is hostile; what the decoder is not sure of comes out marked damaged.
#pragma once

#include "base/error.h"
#include "link/link.h"
#include "media/picture.h"

struct scrim_decoder;

// `extradata` may be empty. Pictures larger than the limits are made to fit (0: no limit).
SCRIM_MUST_CHECK int scrim_decoder_create(enum scrim_codec codec, const uint8_t *extradata,
                                          size_t extradata_len, int max_width, int max_height,
                                          struct scrim_decoder **ret, struct scrim_error *error);
void scrim_decoder_destroy(struct scrim_decoder *decoder); // NULL is fine

// One access unit (Annex B). Then call _receive until it gives 0. An error means that this access
// unit is lost; the decoder stays usable.
SCRIM_MUST_CHECK int scrim_decoder_send(struct scrim_decoder *decoder, const uint8_t *data,
                                        size_t count, int64_t pts_us);

struct scrim_decoded {
    struct scrim_picture picture; // borrowed until the next call
    int64_t pts_us;               // as sent with its access unit
    bool key, damaged;
};

// 1 with a picture, 0 when the decoder wants more packets, or a negative error.
SCRIM_MUST_CHECK int scrim_decoder_receive(struct scrim_decoder *decoder, struct scrim_decoded *ret,
                                           struct scrim_error *error);
