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

// SCRIM_EFORMAT if there is no init segment, no prft, or no whole fragment. A torn end is fine.
SCRIM_MUST_CHECK int scrim_fmp4_scan(const void *bytes, size_t count, struct scrim_fmp4 *ret);
