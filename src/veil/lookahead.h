// The pictures that wait until enough is known of what comes after them: a ring that keeps its
// memory. Each stands beside what the background said of it and why, if at all, it will be opaque.
#pragma once

#include "veil/canvas.h"
#include "veil/mask.h"
#include "veil/reason.h"

struct scrim_waiting {
    struct scrim_canvas canvas; // the picture; until it is rendered, as it came
    uint8_t *levels;            // of motion.h
    int64_t at_us;              // the redactor's own time
    int64_t looked_us;          // time of the last detector run up to this picture
    int64_t late_us;            // the detector is late when that is longer ago
    int64_t pts_us, tag;        // as pushed
    enum scrim_reason reason;   // why it is opaque
};

struct scrim_lookahead;

// For pictures of the grid's size. A picture waits until the newest is `span_us` later.
// SCRIM_ENOMEM without memory.
SCRIM_MUST_CHECK int scrim_lookahead_create(const struct scrim_grid *grid, bool full_range,
                                            int64_t span_us, struct scrim_lookahead **ret);
void scrim_lookahead_destroy(struct scrim_lookahead *ahead); // NULL is fine

// A place behind the others; its content is that of some earlier picture and the caller's to
// overwrite. SCRIM_EAGAIN when there is none, SCRIM_ENOMEM.
SCRIM_MUST_CHECK int scrim_lookahead_add(struct scrim_lookahead *ahead, struct scrim_waiting **ret,
                                         struct scrim_error *error);

// What was known about the pictures still waiting is no longer known: opaque, all of them.
void scrim_lookahead_close(struct scrim_lookahead *ahead, enum scrim_reason reason);

// The oldest, once it has waited long enough or after a flush; else NULL. It is the caller's to
// change until the next add, lend or clear.
struct scrim_waiting *scrim_lookahead_lend(struct scrim_lookahead *ahead);
// Motion in the oldest and in its neighbours.
struct scrim_mask_motion scrim_lookahead_motion(struct scrim_lookahead *ahead);

// Nothing more comes for now: nobody has to wait, until something comes.
void scrim_lookahead_flush(struct scrim_lookahead *ahead);
// Forgets every picture.
void scrim_lookahead_clear(struct scrim_lookahead *ahead);
