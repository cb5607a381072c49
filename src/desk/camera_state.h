// What the recorder says of a camera (SCRIM_LINK_CAMERA_STATE): one JSON object, taken as hostile.
#pragma once

#include "base/buf.h"

#include <jansson.h>

struct scrim_camera_status {
    char state[16]; // "connecting", "recording", "waiting", or "unknown" without a recorder
    char cause[16]; // of the gap there is now, "" for none
    char detail[256];
    int64_t since_us; // UTC
    char codec[8];
    uint32_t width, height;
    int64_t bitrate; // bits a second
    double fps;
};

// SCRIM_EFORMAT for anything that is not exactly such an object. Members we do not know are
// ignored.
SCRIM_MUST_CHECK int scrim_camera_status_parse(const void *text, size_t count,
                                               struct scrim_camera_status *ret);
// While there is no recorder: unknown, with `detail` as the reason.
void scrim_camera_status_unknown(struct scrim_camera_status *ret, const char *detail,
                                 int64_t since_us);
