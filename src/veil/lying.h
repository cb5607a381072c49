// Finds people who lie, after the detector of people has looked: that has learnt people who stand,
// so it looks again at parts of the picture turned by a quarter. That costs as much as the look
// itself, for each side a head may be on, so it waits for a reason, and tries one side at a time
// where it has found nobody before.
#pragma once

#include "veil/finder.h"
#include "veil/unclaimed.h"

struct scrim_lying;

// For pictures of this size. SCRIM_ENOMEM without memory.
SCRIM_MUST_CHECK int scrim_lying_create(int width, int height, struct scrim_lying **ret);
void scrim_lying_destroy(struct scrim_lying *lying); // NULL is fine

// What is known when the detector of people has looked.
struct scrim_lying_hints {
    struct scrim_unclaimed picture;
    size_t followed; // so many of its places, the last ones, are those of people who lie
};

// Settles what to look at: where somebody is followed who lies and, about once a second, what may
// be somebody who lies and is in nobody's box. False: nothing.
bool scrim_lying_due(struct scrim_lying *lying, int64_t now_us,
                     const struct scrim_lying_hints *hints);
// Looks at that, with the same hints. Writes at most `max` boxes of people, none of them clearly
// taller than wide or all behind somebody who stands. Returns how many, or the finder's negative
// error.
int scrim_lying_find(struct scrim_lying *lying, int64_t now_us, const struct scrim_finder *finder,
                     const struct scrim_picture *picture, const struct scrim_lying_hints *hints,
                     struct scrim_box *boxes, size_t max);

// The scene has changed: no waiting.
void scrim_lying_forget(struct scrim_lying *lying);
