// An access unit as a camera sent it: one coded picture with all that belongs to it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCRIM_ACCESS_UNIT_MAX (15U << 20) // bytes; fits a message of link.h with its head

struct scrim_unit {
    const uint8_t *data; // byte stream format; not owned
    size_t size;
    int64_t rtp;           // presentation time in the RTP clock of 90 kHz, unwrapped
    int64_t sender_utc_us; // wall clock by the camera's sender reports, 0: none yet
    int64_t arrival_us;    // monotonic, of its last packet
    bool random;           // decoding can start here, with the parameter sets known so far
    // Pictures, and RTP packets, missing between the unit before and this one, as well as RTP times
    // and sequence numbers can tell; 0: none.
    uint32_t lost_units, lost_packets;
    uint32_t
        dropped_units; // of lost_units, those that came and were dropped by an overload of ours
};
