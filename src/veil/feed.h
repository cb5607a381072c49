// What goes from one camera to the desk: redacted pictures, encoded, each a fragment of its own.
// What the desk has no room for is left out, and what follows begins with a key frame.
//
// The full rendition is every picture as it is. The thin one is for links of some 64 kbit/s and for
// small tiles: about 320×240, four a second, at most 43 kbit/s of H.264.
#pragma once

#include "veil/outlet.h"
#include "veil/stage.h"

struct scrim_feed;

// `camera` is its id, which outlives the feed.
struct scrim_feed *scrim_feed_create(const struct scrim_outlet *outlet, const char *camera,
                                     enum scrim_rendition rendition);
void scrim_feed_destroy(struct scrim_feed *feed); // NULL is fine

// From now on pictures are like this one; the desk is told with the first that is sent. Ends the
// one before.
SCRIM_MUST_CHECK int scrim_feed_begin(struct scrim_feed *feed, const struct scrim_picture *like,
                                      struct scrim_error *error);
bool scrim_feed_begun(const struct scrim_feed *feed);
void scrim_feed_end(struct scrim_feed *feed);

// Whoever joins now waits for a key frame: the next picture is one.
void scrim_feed_refresh(struct scrim_feed *feed);

// Once it has begun. SCRIM_OK also when the picture was left out.
SCRIM_MUST_CHECK int scrim_feed_send(struct scrim_feed *feed, const struct scrim_veiled *veiled,
                                     struct scrim_error *error);

struct scrim_feed_stats {
    uint64_t sent, dropped;
    struct scrim_stages stages; // encode
};
struct scrim_feed_stats scrim_feed_stats(const struct scrim_feed *feed);
