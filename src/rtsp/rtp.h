// The fixed header of an RTP packet (RFC 3550, 5.1), and what is kept of its source: extended
// sequence numbers, what was lost of it, and how unevenly it arrives (RFC 3550, A.1, A.3, A.8).
#pragma once

#include "base/error.h"

#include <stdint.h>

struct scrim_rtp_packet {
    bool marker;
    uint8_t payload_type;
    uint16_t sequence;
    uint32_t time; // of the RTP clock
    uint32_t ssrc;
    const uint8_t *payload; // without padding; not owned
    size_t size;
    // Added by whoever takes it in.
    int64_t number;     // extended sequence number
    int64_t arrival_us; // monotonic
};

// False if the header says more than the packet holds, or it is no RTP of version 2.
SCRIM_MUST_CHECK bool scrim_rtp_parse(const uint8_t *data, size_t size,
                                      struct scrim_rtp_packet *ret);

enum scrim_rtp_place {
    SCRIM_RTP_NEAR, // the next one, or not far before or behind it
    SCRIM_RTP_FAR,  // so far off that the camera must have restarted (or somebody else sent it)
};

struct scrim_rtp_source {
    uint32_t ssrc;
    int64_t base, highest; // extended sequence numbers; `base`: of the first packet
    int64_t received, expected_prior, received_prior;
    uint32_t transit, jitter16; // `jitter16`: in sixteenths
    bool has_transit;
};

// What a receiver report says of a source (RFC 3550, 6.4.1).
struct scrim_rtp_quality {
    uint8_t fraction_lost;   // of 256, since the last report
    int32_t cumulative_lost; // 24 bits; duplicates count against it
    uint32_t highest;
    uint32_t jitter; // in units of the RTP clock
};

// `sequence`: of its first packet, which becomes the extended number of the same value.
void scrim_rtp_source_start(struct scrim_rtp_source *source, uint32_t ssrc, uint16_t sequence);
enum scrim_rtp_place scrim_rtp_source_place(const struct scrim_rtp_source *source,
                                            uint16_t sequence, int64_t *ret_number);
// Counts a packet with its number; `arrival`: in units of the RTP clock.
void scrim_rtp_source_count(struct scrim_rtp_source *source, const struct scrim_rtp_packet *packet,
                            uint32_t arrival);
// As of now; begins the next interval of fraction_lost.
struct scrim_rtp_quality scrim_rtp_source_report(struct scrim_rtp_source *source);

static inline uint32_t scrim_rtp_source_jitter(const struct scrim_rtp_source *source)
{
    return source->jitter16 >> 4;
}

// Unwraps a 32-bit time stamp: the one nearest to `near`, so that pictures which go back and forth
// around a wrap keep their order.
static inline int64_t scrim_rtp_unwrap(int64_t near, uint32_t time)
{
    return near + (int32_t)(time - (uint32_t)near);
}
