// Health of a camera over time: samples, how they are added up, and their 20 bytes in a file
// (docs/ref/formats/history.md). Pure.
#pragma once

#include "base/buf.h"

#define SCRIM_HISTORY_FINE_S 10    // a sample every so many seconds,
#define SCRIM_HISTORY_FINE 360     // for an hour;
#define SCRIM_HISTORY_COARSE_S 300 // and every so many,
#define SCRIM_HISTORY_COARSE 8640  // for 30 days
#define SCRIM_HISTORY_BYTES 20     // of a sample in a file
#define SCRIM_HISTORY_NO_CLOCK INT32_MIN

struct scrim_history_sample {
    uint32_t slot;       // seconds since 1970 over its length; 0: nothing is known
    uint32_t bitrate;    // bits a second
    int32_t clock_ms;    // the camera's clock minus ours, or NO_CLOCK
    uint16_t fps_centi;  // hundredths of a picture a second
    uint16_t gap_ds;     // tenths of a second in which nothing was recorded
    uint16_t opaque_ds;  // in which the redacted picture was opaque
    uint16_t reconnects; // connections to the camera that were made anew
};

// What is being added up: seconds into a sample, samples into a longer one.
struct scrim_history_sum {
    uint64_t count; // of what was known
    uint64_t bitrate, fps_centi, gap_ds, opaque_ds, reconnects;
    int64_t clock_ms;
};
void scrim_history_sum_begin(struct scrim_history_sum *sum);
void scrim_history_sum_add(struct scrim_history_sum *sum,
                           const struct scrim_history_sample *sample);
// Slot 0 if nothing was added.
struct scrim_history_sample scrim_history_sum_end(const struct scrim_history_sum *sum,
                                                  uint32_t slot);

SCRIM_MUST_CHECK int scrim_history_sample_format(const struct scrim_history_sample *sample,
                                                 struct scrim_buf *ret);
// False when fewer bytes are left. Any 20 bytes are a sample: what it is of, its slot says.
SCRIM_MUST_CHECK bool scrim_history_sample_parse(struct scrim_reader *reader,
                                                 struct scrim_history_sample *ret);
