// What a picture says about itself: when it was taken, at the bottom left, and which camera took
// it, at the bottom right, on dark plates. Drawn once and kept: from picture to picture only the
// digits that changed are drawn again.
#pragma once

#include "veil/canvas.h"

enum scrim_stamp {
    SCRIM_STAMP_NONE,
    SCRIM_STAMP_CLOCK,   // "2026-11-23 19:02:11.4 +01:00", in the zone of this process (tzset)
    SCRIM_STAMP_ELAPSED, // "0:12:34.5" since the first picture
};

struct scrim_caption;

// For pictures of this size, both at least 16. `name` is UTF-8 and cut where it does not fit; NULL:
// none.
struct scrim_caption *scrim_caption_create(int width, int height, const char *name,
                                           enum scrim_stamp stamp);
void scrim_caption_destroy(struct scrim_caption *caption); // NULL is fine

// `at_us` is UTC for SCRIM_STAMP_CLOCK, and any time that rises for SCRIM_STAMP_ELAPSED. Opens no
// file, if tzset() was called before.
void scrim_caption_draw(struct scrim_caption *caption, const struct scrim_canvas *canvas,
                        int64_t at_us);
