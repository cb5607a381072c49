// Made-up video for tests: real parameter sets, and slices with a real start whose rest is a
// counter, so that a frame that went through the works can be told from every other. Nothing
// decodes.
#pragma once

#include "base/buf.h"
#include "link/link.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// x264 at 640×480 and at 1920×1080, x265 at 640×480; SPS and PPS, and VPS for x265.
static const uint8_t sets_small[] = {0,    0,    0,    1,    0x67, 0x42, 0xc0, 0x16, 0xda,
                                     0x02, 0x80, 0xf6, 0x84, 0x00, 0x00, 0x03, 0x00, 0x04,
                                     0x00, 0x00, 0x03, 0x00, 0x50, 0x3c, 0x58, 0xba, 0x80,
                                     0,    0,    0,    1,    0x68, 0xce, 0x3c, 0x80};
static const uint8_t sets_large[] = {0,    0,    0,    1,    0x67, 0x42, 0xc0, 0x28, 0xda,
                                     0x01, 0xe0, 0x08, 0x9f, 0x96, 0x10, 0x00, 0x00, 0x03,
                                     0x00, 0x10, 0x00, 0x00, 0x03, 0x03, 0x20, 0xf1, 0x83,
                                     0x2a, 0,    0,    0,    1,    0x68, 0xce, 0x3c, 0x80};
static const uint8_t sets_h265[] = {
    0,    0,    0,    1,    0x40, 0x01, 0x0c, 0x01, 0xff, 0xff, 0x01, 0x60, 0x00, 0x00,
    0x03, 0x00, 0x90, 0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x5a, 0xba, 0x02, 0x40,
    0,    0,    0,    1,    0x42, 0x01, 0x01, 0x01, 0x60, 0x00, 0x00, 0x03, 0x00, 0x90,
    0x00, 0x00, 0x03, 0x00, 0x00, 0x03, 0x00, 0x5a, 0xa0, 0x05, 0x02, 0x01, 0xe1, 0x65,
    0xba, 0x4a, 0x4c, 0x2e, 0x68, 0x08, 0x00, 0x00, 0x03, 0x00, 0x08, 0x00, 0x00, 0x03,
    0x00, 0x50, 0x40, 0,    0,    0,    1,    0x44, 0x01, 0xc0, 0x73, 0xc1, 0x89};

static inline void put_bytes(struct scrim_buf *out, const void *bytes, size_t count)
{
    if (scrim_buf_append(out, bytes, count) < 0)
        abort();
}

// A slice of a key picture or another one, `filler` bytes long after its header.
static inline void put_slice(struct scrim_buf *out, enum scrim_codec codec, bool key,
                             uint32_t counter, size_t filler)
{
    static const uint8_t start_code[] = {0, 0, 0, 1};
    put_bytes(out, start_code, sizeof start_code);
    if (codec == SCRIM_CODEC_H264) // first_mb 0, slice_type I or P, PPS 0
        put_bytes(out, key ? "\x65\x88\x84" : "\x41\x9a\x21", 3);
    else // IDR_W_RADL or TRAIL_R, first slice of the picture, PPS 0
        put_bytes(out, key ? "\x26\x01\xaf" : "\x02\x01\xd0", 3);
    const uint8_t number[5] = {(uint8_t)(0x80 | counter >> 21), (uint8_t)(0x80 | counter >> 14),
                               (uint8_t)(0x80 | counter >> 7), (uint8_t)(0x80 | counter), 0x80};
    put_bytes(out, number, sizeof number);
    for (size_t i = 0; i < filler; i++)
        put_bytes(out, &(uint8_t){(uint8_t)(0x10 + (counter * 7 + i) % 200)}, 1);
    put_bytes(out, "\x80", 1);
}

// A whole access unit: a key picture ('I') brings its parameter sets, 'K' is one that does not.
static inline void put_unit(struct scrim_buf *out, enum scrim_codec codec, char kind,
                            uint32_t counter, size_t filler)
{
    if (kind == 'I' && codec == SCRIM_CODEC_H264)
        put_bytes(out, sets_small, sizeof sets_small);
    else if (kind == 'L') // a key picture at 1920×1080
        put_bytes(out, sets_large, sizeof sets_large);
    else if (kind == 'I')
        put_bytes(out, sets_h265, sizeof sets_h265);
    put_slice(out, codec, kind != 'P', counter, filler);
}
