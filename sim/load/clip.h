// A clip in memory, cut into RTP packets once and for all: RFC 6184 (H.264, single NAL units and
// FU-A) and RFC 7798 (H.265, single NAL units and FU). What differs from camera to camera and from
// loop to loop is patched into the packets right before they are sent.
#pragma once

#include "base/error.h"
#include "link/link.h"

#define CLIP_PACKET_HEAD 16   // interleaving head (RFC 2326, 10.12) and RTP header (RFC 3550, 5.1)
#define CLIP_PAYLOAD_MAX 1400 // bytes of RTP payload
#define CLIP_SETS_MAX 3       // VPS, SPS, PPS

struct clip_packet {
    uint32_t at, size; // in `bytes`, head included
};

struct clip_unit {
    uint32_t first, count; // packets
    uint32_t lead;  // so many at the front hold delimiter and parameter sets; the stamp follows
    uint32_t bytes; // of all packets
    bool random;
};

struct clip_set {
    uint8_t *data;
    size_t size;
};

struct clip {
    const char *path;
    enum scrim_codec codec;
    uint8_t *bytes; // packets one after the other; their heads are written again and again
    struct clip_packet *packets;
    struct clip_unit *units; // begins with one that is random
    uint32_t units_count;
    struct clip_set sets[CLIP_SETS_MAX]; // for the session description
    unsigned sets_count;
};

// Reads a byte stream file (annex B): .h264 or .h265. Clips live as long as the process.
SCRIM_MUST_CHECK int clip_load(const char *path, struct clip *ret, struct scrim_error *error);
