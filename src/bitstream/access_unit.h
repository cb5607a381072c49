// Access units out of pieces. libavformat's RTP depacketizers hand out one piece a packet; all
// pieces of a picture carry the same time stamp (RFC 6184, 5.1; RFC 7798, 4.1), so a new one ends
// it.
#pragma once

#include "bitstream/params.h"

#define SCRIM_ACCESS_UNIT_MAX (15U << 20) // bytes; fits a message of link.h with its head

struct scrim_access_units {
    struct scrim_params params;
    // Private from here on.
    struct scrim_buf collecting, finished;
    int64_t pts, sender_utc_us; // of the one being collected
};

struct scrim_frame {
    const uint8_t *data; // byte stream format; valid until the next push or flush
    size_t size;
    int64_t pts;           // RTP clock of 90 kHz, unwrapped
    int64_t sender_utc_us; // wall clock by the camera's sender reports, 0: none
    bool random;           // decoding can start here, with the parameter sets known so far
};

void scrim_access_units_init(struct scrim_access_units *units, enum scrim_codec codec);
void scrim_access_units_finish(struct scrim_access_units *units);

// 1 with `ret` filled when this piece began a new picture and so ended the one before, else 0.
// SCRIM_EFORMAT for a picture larger than SCRIM_ACCESS_UNIT_MAX or with too many parameter sets.
SCRIM_MUST_CHECK int scrim_access_units_push(struct scrim_access_units *units, const uint8_t *data,
                                             size_t size, int64_t pts, int64_t sender_utc_us,
                                             struct scrim_frame *ret, struct scrim_error *error);
// At the end of the stream: 1 with the last picture, 0 if there is none.
SCRIM_MUST_CHECK int scrim_access_units_flush(struct scrim_access_units *units,
                                              struct scrim_frame *ret, struct scrim_error *error);
