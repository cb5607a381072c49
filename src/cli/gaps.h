// What a camera's journals tell of a range of time, for scrim gaps: what is recorded, what is
// missing and why, what was destroyed early, and what nobody knows. Straight from the journals,
// without the index.
#pragma once

#include "store/journal.h"

struct scrim_gaps_span {
    int64_t from_us, to_us; // UTC
};

struct scrim_gaps_piece {
    struct scrim_gaps_span span; // whole, also where it reaches out of the range
    enum scrim_gap_cause cause;
    uint64_t count; // of a gap: pictures known to be missing; of a purge: segments
    char detail[200];
};

// Everything in the order of time.
struct scrim_gaps {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    struct scrim_gaps_span asked;
    struct scrim_gaps_span told;      // of it, what the journals can tell of; empty if nothing
    struct scrim_gaps_span *recorded; // and still there; joined where they touch
    // On purpose without an original; joined where they touch.
    struct scrim_gaps_span *only_redacted, *not_kept;
    struct scrim_gaps_span *unknown; // within `told`: neither recorded nor explained
    struct scrim_gaps_piece *gaps;   // joined where they touch and say the same
    struct scrim_gaps_piece *purges;
    size_t recorded_count, unknown_count, gaps_count, purges_count;
    size_t only_redacted_count, not_kept_count;
    uint64_t lost_inside; // pictures missing in recorded segments, too few at a time for a gap
    uint64_t damaged;     // lines of the journals that cannot be read
};

// `now_us`: UTC. SCRIM_ENOSPACE if the range holds too much.
SCRIM_MUST_CHECK int scrim_gaps_read(const char *dir, const char *camera,
                                     struct scrim_gaps_span asked, int64_t now_us,
                                     struct scrim_gaps *ret, struct scrim_error *error);
void scrim_gaps_finish(struct scrim_gaps *gaps);

// What the gaps in the range amount to, by cause.
struct scrim_gaps_total {
    size_t count;
    int64_t length_us;
    uint64_t pictures;
};
void scrim_gaps_add_up(const struct scrim_gaps *gaps,
                       struct scrim_gaps_total ret[SCRIM_GAP_CAUSES]);
// "4.0 s", "3 min 02 s", "5 h 07 min".
void scrim_gaps_length_text(char ret[32], int64_t us);

// For people, and as one JSON object (in one line, without a line break). SCRIM_EIO if it cannot be
// written.
SCRIM_MUST_CHECK int scrim_gaps_print(const struct scrim_gaps *gaps);
SCRIM_MUST_CHECK int scrim_gaps_print_json(const struct scrim_gaps *gaps);

// The part of a span that lies in another; empty (from == to) if none does.
static inline struct scrim_gaps_span scrim_gaps_clip(struct scrim_gaps_span span,
                                                     struct scrim_gaps_span to)
{
    if (span.from_us < to.from_us)
        span.from_us = to.from_us;
    if (span.to_us > to.to_us)
        span.to_us = to.to_us;
    if (span.to_us < span.from_us)
        span.to_us = span.from_us;
    return span;
}
