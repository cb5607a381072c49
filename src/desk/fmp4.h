// What a file of the redacted archive says of itself (ISO/IEC 14496-12): enough to list it again
// after a crash. Hostile input is fine; nothing is allocated.
#pragma once

#include "base/buf.h"

#define SCRIM_PRFT_BYTES 32

struct scrim_fmp4 {
    char mime[96];        // video/mp4; codecs="avc1.4d401f"
    uint32_t timescale;   // ticks a second
    int64_t start_us;     // UTC of the first frame, from the prft box
    int64_t first_pts_us; // media time of the first frame
    int64_t end_pts_us;   // media time at the end of the last whole fragment
    size_t whole_bytes;   // up to the end of the last whole fragment
    unsigned fragments;
};

// A producer reference time box (§8.16.5): says which instant the first frame shows. Players skip
// it.
void scrim_fmp4_prft(int64_t utc_us, uint64_t media_time, uint8_t ret[SCRIM_PRFT_BYTES]);

// The timescale of the first track of an init segment; 0 if there is none to be found.
uint32_t scrim_fmp4_timescale(const void *init, size_t count);

// Type and whole size of the box that begins with these bytes; returns the bytes of its header, 8
// or
// 16. 0 if they are too few, or if it goes to the end of its file.
size_t scrim_fmp4_box(const void *bytes, size_t count, uint32_t *ret_type, uint64_t *ret_size);
#define SCRIM_FMP4_TYPE(a, b, c, d) \
    ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (uint32_t)(d))

int64_t scrim_fmp4_us(uint64_t ticks, uint32_t timescale);

// What the init segment says of its first track.
struct scrim_fmp4_track {
    char mime[96];
    uint32_t timescale;
    uint32_t width, height;        // to be shown, in pixels
    const uint8_t *sample_entries; // the stsd box, as it stands in the init segment
    size_t sample_entries_len;
    uint32_t default_duration, default_size, default_flags; // trex
};
// SCRIM_EFORMAT if it is not a whole moov of a film of H.264. `ret` points into `init`.
SCRIM_MUST_CHECK int scrim_fmp4_track(const void *init, size_t count, struct scrim_fmp4_track *ret);

#define SCRIM_FMP4_SAMPLES 256 // of one fragment, at most

struct scrim_fmp4_sample {
    uint32_t duration; // ticks
    uint32_t size;     // bytes
    bool key;
};

struct scrim_fmp4_fragment {
    uint64_t from;        // media time of its first sample, in ticks
    uint64_t duration;    // of all of it
    uint32_t data_offset; // of the first sample, from the beginning of the moof; samples follow one
                          // another
    uint64_t data_bytes;
    unsigned samples_count;
    struct scrim_fmp4_sample samples[SCRIM_FMP4_SAMPLES];
};
// Reads one moof box (all of it, its header included) with one run of one track. SCRIM_EFORMAT for
// anything else, also for pictures that are not shown in the order in which they are decoded.
SCRIM_MUST_CHECK int scrim_fmp4_fragment(const void *moof, size_t count,
                                         const struct scrim_fmp4_track *track,
                                         struct scrim_fmp4_fragment *ret);

// SCRIM_EFORMAT if there is no init segment, no prft, or no whole fragment. A torn end is fine.
SCRIM_MUST_CHECK int scrim_fmp4_scan(const void *bytes, size_t count, struct scrim_fmp4 *ret);
