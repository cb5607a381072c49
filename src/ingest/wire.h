// What an ingest process says to the sealer, over a socket pair with the framing of link.h. The
// sealer takes every byte of it for hostile: the process that speaks has read from a camera.
// Integers are big-endian; the camera field of the frame is empty, since a pair has one stream.
//
//     TRACK   u32 codec, u32 width, u32 height, u32 declared frame rate in 1/1000, parameter sets
//     UNIT    i64 rtp, i64 arrival_us, i64 sender_utc_us, u32 lost pictures, u32 lost packets,
//             u32 dropped pictures, the access unit; flag KEY
//     BROKEN  i32 enum scrim_err, text: the stream ended or did not come about
//     FEED    struct scrim_feed_stats, every two seconds, also while nothing comes
//     SOUND_TRACK  u32 codec, u32 clock rate, u32 channels, AudioSpecificConfig: the main stream
//             has sound, and it is to be recorded. Before the first SOUND
//     SOUND   i64 rtp, i64 arrival_us, u32 lost packets, the frame
#pragma once

#include "bitstream/params.h"
#include "bitstream/sound.h"
#include "bitstream/unit.h"

struct scrim_feed_stats {
    bool connected;
    bool udp, tls;
    uint64_t packets, lost_packets, late_packets, malformed_packets; // RTP, of this connection
    uint64_t dropped_units; // pictures that this process gave up because the sealer was slow
    uint64_t reconnects;
    uint32_t jitter_us;      // interarrival jitter (RFC 3550, 6.4.1)
    int64_t clock_offset_us; // the camera's clock minus the host's by the newest sender report
    bool has_clock_offset;
};

struct scrim_wire_message {
    enum scrim_link_kind kind; // one of the above
    union {
        struct {
            enum scrim_codec codec;
            uint32_t width, height, declared_mfps;
            const uint8_t *sets; // not owned
            size_t sets_size;
        } track;
        struct scrim_unit unit;
        struct {
            int code;       // enum scrim_err
            char text[512]; // printable
        } broken;
        struct scrim_feed_stats feed;
        struct scrim_sound_params sound_track;
        struct scrim_sound_frame sound; // its `samples` are 0: they follow from the track
    };
};

// Queue one message each. SCRIM_EAGAIN when the link is full: nothing was queued.
SCRIM_MUST_CHECK int scrim_wire_track(struct scrim_link *link, const struct scrim_params *params,
                                      uint32_t declared_mfps);
SCRIM_MUST_CHECK int scrim_wire_unit(struct scrim_link *link, const struct scrim_unit *unit);
SCRIM_MUST_CHECK int scrim_wire_broken(struct scrim_link *link, const struct scrim_error *why);
SCRIM_MUST_CHECK int scrim_wire_feed(struct scrim_link *link, const struct scrim_feed_stats *stats);
SCRIM_MUST_CHECK int scrim_wire_sound_track(struct scrim_link *link,
                                            const struct scrim_sound_params *params);
SCRIM_MUST_CHECK int scrim_wire_sound(struct scrim_link *link,
                                      const struct scrim_sound_frame *frame);

// Parses what scrim_link_receive yielded, of which it keeps pointers. SCRIM_EFORMAT for anything
// that the functions above do not make.
SCRIM_MUST_CHECK int scrim_wire_parse(const struct scrim_link_message *message,
                                      struct scrim_wire_message *ret);
