// Access units out of pieces. libavformat's RTP depacketizers hand out one piece a packet; all
// pieces of a picture carry the same time stamp (RFC 6184, 5.1; RFC 7798, 4.1), so a new one ends
// it.
#pragma once

#include "bitstream/params.h"
#include "bitstream/unit.h"

struct scrim_access_units {
    struct scrim_params params;
    // Private from here on.
    struct scrim_buf collecting, finished;
    int64_t pts, sender_utc_us; // of the one being collected
};

void scrim_access_units_init(struct scrim_access_units *units, enum scrim_codec codec);
void scrim_access_units_finish(struct scrim_access_units *units);

// 1 with `ret` filled when this piece began a new picture and so ended the one before, else 0.
// SCRIM_EFORMAT for a picture larger than SCRIM_ACCESS_UNIT_MAX or with too many parameter sets.
SCRIM_MUST_CHECK int scrim_access_units_push(struct scrim_access_units *units, const uint8_t *data,
                                             size_t size, int64_t pts, int64_t sender_utc_us,
                                             struct scrim_unit *ret, struct scrim_error *error);
// At the end of the stream: 1 with the last picture, 0 if there is none.
SCRIM_MUST_CHECK int scrim_access_units_flush(struct scrim_access_units *units,
                                              struct scrim_unit *ret, struct scrim_error *error);
