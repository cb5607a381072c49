// The boxes of an ordinary MP4 film (ISO/IEC 14496-12): one moov in front, one mdat behind it. What
// every player, editor and evidence tool reads. Pure: bytes in, bytes out.
#pragma once

#include "base/buf.h"

#define EXPORT_TIMESCALE \
    30000 // ticks a second: a day fits 32 bits, and usual frame rates are whole

struct export_sample {
    uint64_t offset;   // of its bytes in its source
    uint32_t size;     // bytes
    uint32_t duration; // ticks of EXPORT_TIMESCALE
    uint32_t source;   // which file of the archive
    bool key;
};

struct export_head {
    const struct export_sample *samples; // those of a source follow one another
    size_t samples_count;
    const uint8_t *sample_entries; // the stsd box
    size_t sample_entries_len;
    uint32_t width, height;
    int64_t start_us; // UTC of the first picture
    // What players show of it, UTF-8.
    const char *title, *comment, *author, *tool;
};

// Bytes of all samples.
uint64_t export_data_bytes(const struct export_head *head);
// ftyp, moov, and the head of the mdat, behind which the samples come in their order.
// SCRIM_ENOSPACE over the buffer's ceiling.
SCRIM_MUST_CHECK int export_write_head(const struct export_head *head, struct scrim_buf *ret);
