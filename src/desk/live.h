// Live fan-out: what a veil worker sends of a camera goes to everybody who watches it. Loop thread
// only.
//
// A viewer who joins gets the init segment and everything since the last key frame at once. Each
// has a bounded queue; whoever does not keep up loses frames until the next key frame and is told.
// Frames are shared, not copied per viewer.
//
// The thin rendition is made only while somebody watches it. Its key frames are far apart, and what
// came since the last one may be more than a thin link takes in seconds: whoever joins late, or
// fell behind, is shown the next key frame, which the veil is asked for.
#pragma once

#include "httpd/httpd.h"
#include "link/link.h"

enum scrim_live_state {
    SCRIM_LIVE_LIVE = SCRIM_VEIL_LIVE,
    SCRIM_LIVE_OPAQUE = SCRIM_VEIL_OPAQUE,
    SCRIM_LIVE_WAITING = SCRIM_VEIL_WAITING,
    SCRIM_LIVE_DOWN, // no veil worker sends this camera
};

struct scrim_live_frame {
    bool key;
    int64_t utc_us, pts_us;
    const uint8_t *fragment;
    size_t fragment_len;
};

// The beginning of a stream.
struct scrim_live_init {
    const char *mime;
    unsigned width, height;
    const uint8_t *segment;
    size_t segment_len;
};

struct scrim_live;

// Tells the veil, if it is there, that the thin rendition of a camera is wanted, from a key frame
// on, or that it is not any more.
typedef void (*scrim_live_want)(void *context, unsigned camera, bool wanted);

struct scrim_live *scrim_live_create(unsigned cameras_count, scrim_live_want want, void *context);
void scrim_live_destroy(struct scrim_live *live); // all viewers have left; NULL is fine

// What the veil sends.
void scrim_live_begin(struct scrim_live *live, unsigned camera, enum scrim_rendition rendition,
                      const struct scrim_live_init *init);
// SCRIM_EFORMAT for a frame before any init segment, unless it is of the thin rendition, which may
// have been on its way when the last viewer left.
SCRIM_MUST_CHECK int scrim_live_frame(struct scrim_live *live, unsigned camera,
                                      enum scrim_rendition rendition,
                                      const struct scrim_live_frame *frame);
// DOWN also forgets the picture, so that nobody is shown an old one.
void scrim_live_set_state(struct scrim_live *live, unsigned camera, enum scrim_live_state state,
                          const char *reason);

const char *scrim_live_state_text(const struct scrim_live *live, unsigned camera);
const char *scrim_live_reason(const struct scrim_live *live, unsigned camera);
// Of the redacted picture, the last one if there is none now; 0 before the first.
void scrim_live_size(const struct scrim_live *live, unsigned camera, unsigned *ret_width,
                     unsigned *ret_height);

// What one session may watch at a time: every camera of a large site, twice over. More is no wall.
#define SCRIM_LIVE_SESSION_MAX 128
bool scrim_live_may_join(const struct scrim_live *live, const uint8_t session[32]);
// A WebSocket that watches one camera, from on_open to on_close. `session` is whose it is.
void scrim_live_join(struct scrim_live *live, unsigned camera, enum scrim_rendition rendition,
                     struct scrim_ws *ws, const uint8_t session[32]);
void scrim_live_leave(struct scrim_live *live, struct scrim_ws *ws);
// Closes what this session watches (4401, which the page takes as signed out).
void scrim_live_end_session(struct scrim_live *live, const uint8_t session[32]);

// Closes (4404) what is watched by whom `may` says no to.
void scrim_live_review(struct scrim_live *live,
                       bool (*may)(void *context, const uint8_t session[32], unsigned camera),
                       void *context);

struct scrim_live_stats {
    size_t viewers;
    uint64_t frames_dropped; // of slow viewers, since the start
};
struct scrim_live_stats scrim_live_stats(const struct scrim_live *live);
