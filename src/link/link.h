// The messages between the programs of a site, over stream Unix sockets (all on one machine).
//
//     scrim-recorder listens on run/packets.sock;  scrim-veil connects: STREAM, PACKET, END
//     scrimd         listens on run/desk.sock;     scrim-veil connects: INIT, FRAME, VEIL_STATE,
//     OBSERVATION, AREAS_TAKEN; and is told AREAS,
//                                                  THIN_WANTED
//                                                  scrim-recorder connects: CAMERA_STATE, DISKS
//                                                  scrim-keeper connects: STORAGE, ADMITTED; and is
//                                                  told ADMIT; GLASS_STATE, GLASS_ANSWER, and is
//                                                  asked GLASS_ASK
//                                                  scrim-recorder's parent connects: TRIED; and is
//                                                  told TRY
//     scrim-keeper listens on run/keys.sock;       scrim-recorder connects: HOUR_KEY_WANTED, and is
//                                                  answered HOUR_KEY or REFUSED; hears PURGED,
//                                                  GLASS_KEY
//                                                  scrim (the command) connects: SHRED, and is
//                                                  answered DONE or REFUSED
//     scrimd         listens on run/oidc.sock;     scrim-oidc connects: see link/oidc.h
//     inside scrim-recorder, over socket pairs:    ingest says to sealer: TRACK, UNIT, BROKEN,
//                                                  FEED, SOUND, SOUND_TRACK
//
// A frame on the wire: u32 length of what follows, u8 kind, u8 flags, u16 reserved (0),
// char camera[32] NUL-padded, then the body of that kind, all integers big-endian.
// A sender never waits: scrim_link_out is a bounded queue that refuses when it is full, and the
// caller drops a whole GOP and counts it. A receiver treats every byte as hostile.
#pragma once

#include "base/buf.h"

#define SCRIM_CAMERA_ID_MAX 31
#define SCRIM_LINK_FRAME_MAX (16U << 20) // bytes; a larger one ends the connection

#define SCRIM_OBSERVED_MOTION 255 // something moves, nobody knows what; its number is 0

enum scrim_link_kind {
    SCRIM_LINK_HELLO =
        1, // first message each way of connecting side: u16 version (1), u16 worker, u16 workers
    SCRIM_LINK_STREAM = 2, // u8 codec (enum scrim_codec), u32 extradata length, extradata
    SCRIM_LINK_PACKET = 3, // i64 utc_us, i64 pts_us, then the access unit (Annex B); flags KEY and
                           // LOSS (units are missing before it)
    SCRIM_LINK_END = 4,    // the stream stopped: text of the cause
    SCRIM_LINK_INIT = 5,   // u16 width, u16 height, u16 mime length, mime, fMP4 init segment
    SCRIM_LINK_FRAME = 6,  // i64 utc_us, i64 pts_us, u16 masked permille, u8 opaque reason,
                           // fragment; flags KEY, OPAQUE
    SCRIM_LINK_VEIL_STATE = 7, // u8 enum scrim_veil_state, text of the reason
    // What is in a picture that is not opaque: i64 utc_us, u8 count, count × {u32 number of the
    // appearance, random and forgotten with it, u8 enum scrim_class or SCRIM_OBSERVED_MOTION, u16
    // x, y, width, height (1/65535 of the picture), u8 score (255: certain)}.
    SCRIM_LINK_OBSERVATION = 8,
    SCRIM_LINK_CAMERA_STATE = 9,     // JSON text, one object: recorder/state.h
    SCRIM_LINK_HOUR_KEY_WANTED = 10, // u64 hour since 1970
    SCRIM_LINK_HOUR_KEY = 11,        // u64 hour, 32 bytes of key
    SCRIM_LINK_REFUSED = 12,         // text: a sentence
    SCRIM_LINK_PURGED = 13,          // i64 start_us, i64 end_us, u64 segments, u8 enum
                                     // scrim_gap_cause, text: originals destroyed before their time
    SCRIM_LINK_STORAGE = 14,         // JSON text: disks, forecast, admission
    SCRIM_LINK_SHRED = 15,           // u64 first hour, u64 last hour, text of the reason
    SCRIM_LINK_DONE = 16,            // text: what was done
    SCRIM_LINK_TRACK = 17,           // see ingest/wire.h, the next three too
    SCRIM_LINK_UNIT = 18,
    SCRIM_LINK_BROKEN = 19,
    SCRIM_LINK_FEED = 20,
    SCRIM_LINK_DISKS = 21, // JSON text: the disks as the recorder finds them (disks_state.h)
    SCRIM_LINK_SOUND = 22, // see ingest/wire.h, the next one too
    SCRIM_LINK_SOUND_TRACK = 23,
    SCRIM_LINK_AREAS = 24, // u64 revision, then the text of site/area_set.h; no text: what was
                           // drawn is not known
    SCRIM_LINK_AREAS_TAKEN = 25, // u64 revision, u8 1 if it was understood: what is shown from now
                                 // on is covered by it; 0: all is opaque
    SCRIM_LINK_THIN_WANTED = 26, // u8 1: somebody watches the thin rendition of this camera, a
                                 // key frame of it comes next; 0: nobody does any more
    SCRIM_LINK_ALIVE = 27,       // a worker to the desk, every second: silence is no picture
    SCRIM_LINK_ADMIT = 28,       // desk to keeper: u32 number, u8 1 if the camera is taken out, u32
                                 // retention in hours, u32 expected kbit/s (0: not given), u8 enum
                                 // scrim_keep: would the disks still do?
    SCRIM_LINK_ADMITTED = 29,    // u32 number, u8 1 if they would, text: the arithmetic
    SCRIM_LINK_TRY = 30,         // desk to recorder's parent: link/trial.h, the next one too
    SCRIM_LINK_TRIED = 31,
    SCRIM_LINK_OIDC_STATE = 32, // run/oidc.sock: link/oidc.h, the next two too
    SCRIM_LINK_OIDC_EXCHANGE = 33,
    SCRIM_LINK_OIDC_ANSWER = 34,
    // Break-glass: link/glass.h.
    SCRIM_LINK_GLASS_KEY = 35,
    SCRIM_LINK_GLASS_ASK = 36,
    SCRIM_LINK_GLASS_ANSWER = 37,
    SCRIM_LINK_GLASS_STATE = 38,
    SCRIM_LINK_KINDS
};

// THIN marks INIT and FRAME of the thin rendition: the same redacted picture, small and seldom, for
// links of some 64 kbit/s. It comes beside the full one while it is wanted.
enum scrim_link_flag {
    SCRIM_LINK_KEY = 1,
    SCRIM_LINK_OPAQUE = 2,
    SCRIM_LINK_THIN = 4,
    SCRIM_LINK_LOSS = 8,
};
enum scrim_rendition { SCRIM_RENDITION_FULL, SCRIM_RENDITION_THIN, SCRIM_RENDITIONS };
enum scrim_codec { SCRIM_CODEC_H264 = 1, SCRIM_CODEC_H265 = 2 };
enum scrim_veil_state { SCRIM_VEIL_LIVE = 1, SCRIM_VEIL_OPAQUE = 2, SCRIM_VEIL_WAITING = 3 };

struct scrim_link_message {
    enum scrim_link_kind kind;
    uint8_t flags;
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    const uint8_t *body; // not owned; valid until the next call on the link
    size_t body_len;
};

// One end of a connection. Not thread-safe; owned by one thread. The descriptor is non-blocking.
struct scrim_link;

// Takes ownership of `fd` (set non-blocking). `max_queued` bounds what waits to be sent, in bytes.
struct scrim_link *scrim_link_create(int fd, size_t max_queued);
void scrim_link_destroy(struct scrim_link *link); // closes; NULL is fine
int scrim_link_fd(const struct scrim_link *link);

// Queues one message of `head` + `tail` as body (either may be empty). SCRIM_EAGAIN when the queue
// is full: nothing was queued, the caller decides what to drop.
SCRIM_MUST_CHECK int scrim_link_send(struct scrim_link *link, enum scrim_link_kind kind,
                                     uint8_t flags, const char *camera, const void *head,
                                     size_t head_len, const void *tail, size_t tail_len);
bool scrim_link_wants_write(const struct scrim_link *link); // poll for POLLOUT while true
size_t scrim_link_queued(const struct scrim_link *link);

// From now on what was sent and what was handed out is overwritten in this process, since passwords
// are among it.
void scrim_link_keep_no_trace(struct scrim_link *link);

// Writes what the socket takes now. SCRIM_OK, or SCRIM_ENETWORK when the peer is gone.
SCRIM_MUST_CHECK int scrim_link_flush(struct scrim_link *link);

// Reads what is there and yields at most one message a call: 1 with `ret` filled, 0 when no whole
// message is there yet (wait until the descriptor is readable; what comes meanwhile shows there),
// SCRIM_ENETWORK when the peer is gone, SCRIM_EFORMAT when it is malformed.
SCRIM_MUST_CHECK int scrim_link_receive(struct scrim_link *link, struct scrim_link_message *ret);

// A listening socket: inherited through LISTEN_FDS (systemd, `scrim up`) or made at `path`
// (mode 0600, a stale one replaced). _connect is for the other side.
SCRIM_MUST_CHECK int scrim_link_listen(const char *path, struct scrim_error *error);
// The same, but never inherited: for a second socket of a program.
SCRIM_MUST_CHECK int scrim_link_bind(const char *path, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_link_connect(const char *path, struct scrim_error *error);
