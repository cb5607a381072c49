// What the recorder says of a camera (SCRIM_LINK_CAMERA_STATE): one JSON object, taken as hostile.
#pragma once

#include "base/buf.h"
#include "store/journal.h"

#include <jansson.h>

// The connection to the camera; all of it 0 while there is none.
struct scrim_camera_feed {
    bool connected;
    char transport[4];             // "udp", "tcp", "tls"
    int64_t packets, lost_packets; // RTP
    int64_t dropped;               // pictures given up because the recorder was slow
    int64_t jitter_us;             // RFC 3550, 6.4.1
    bool has_clock_offset;
    int64_t clock_offset_us; // the camera's clock minus ours
};

struct scrim_camera_status {
    char state[16]; // "connecting", "recording", "waiting", or "unknown" without a recorder
    char cause[16]; // of the gap there is now, "" for none
    char detail[512];
    int64_t since_us; // UTC
    char codec[8];
    uint32_t width, height;
    int64_t bitrate; // bits a second
    double fps;
    // Since the recorder started:
    int64_t frames; // recorded
    int64_t lost;   // pictures that did not come whole, or came and were not recorded
    int64_t gaps;   // and by cause: one gap may have several, one after the other
    int64_t gaps_by[SCRIM_GAP_CAUSES];
    int64_t reconnects;
    int64_t veil_drops; // frames that the veil did not take
    struct scrim_camera_feed feed;
};

// SCRIM_EFORMAT for anything that is not exactly such an object. Members we do not know are
// ignored.
SCRIM_MUST_CHECK int scrim_camera_status_parse(const void *text, size_t count,
                                               struct scrim_camera_status *ret);
// While there is no recorder: unknown, with `detail` as the reason.
void scrim_camera_status_unknown(struct scrim_camera_status *ret, const char *detail,
                                 int64_t since_us);
