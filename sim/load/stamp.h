// What makes every access unit one of its own: an SEI message user_data_unregistered (D.2.7 of
// H.264 and of H.265) with our UUID, the number of the camera (u32), the number of the unit (u64)
// and the UTC µs at which it was made (u64), big-endian. Whoever finds the UUID in a recording can
// tell which unit it was.
#pragma once

#include "link/link.h"

#define STAMP_UUID 16
#define STAMP_MAX 64 // bytes of the NAL unit, emulation prevention included

extern const uint8_t stamp_uuid[STAMP_UUID];

// Writes the NAL unit; returns its size.
size_t stamp_write(enum scrim_codec codec, uint32_t camera, uint64_t unit, int64_t utc_us,
                   uint8_t ret[STAMP_MAX]);

struct stamp {
    uint32_t camera;
    uint64_t unit;
    int64_t utc_us;
};
// Reads a stamp from its UUID on, wherever it was found. False if it is cut off.
bool stamp_read(const uint8_t *uuid, size_t size, struct stamp *ret);
