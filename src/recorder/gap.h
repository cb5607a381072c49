// What was not recorded, and why: the hole that is open now. It is journalled when recording goes
// on, when its cause changes, when the recorder stops, and in pieces of ten minutes meanwhile, so
// that a crash cannot hide more than that.
//
// Times are monotonic. UTC runs along from where the hole, or the piece, began, so that its length
// is right whatever happens to the host's clock.
#pragma once

#include "store/journal.h"

#define SCRIM_GAP_PIECE_US (10 * 60 * SCRIM_SECOND)
#define SCRIM_GAP_DETAIL 200 // bytes, as a record has

struct scrim_gap {
    bool open;
    int64_t start_us, mono_start_us;
    enum scrim_gap_cause cause;
    char detail[SCRIM_GAP_DETAIL];
    uint64_t lost_units; // pictures known to be missing in it
};

// Opens it at `mono_start_us`, which is `start_us` UTC.
void scrim_gap_open(struct scrim_gap *gap, enum scrim_gap_cause cause, const char *detail,
                    int64_t start_us, int64_t mono_start_us);
// While it is open: with another cause, ends the piece so far into `ret_piece` and returns true;
// with the same cause, keeps what it says.
SCRIM_MUST_CHECK bool scrim_gap_cause_is(struct scrim_gap *gap, enum scrim_gap_cause cause,
                                         const char *detail, int64_t mono_us,
                                         struct scrim_record *ret_piece);
// A piece that is due by its length.
SCRIM_MUST_CHECK bool scrim_gap_due(struct scrim_gap *gap, int64_t mono_us,
                                    struct scrim_record *ret_piece);
// The host's clock was set: true with the piece so far, by the clock as it was.
SCRIM_MUST_CHECK bool scrim_gap_step(struct scrim_gap *gap, int64_t mono_us, int64_t step_us,
                                     struct scrim_record *ret_piece);
// Ends it: true with the last piece, if it was open and has any length, or pictures.
SCRIM_MUST_CHECK bool scrim_gap_end(struct scrim_gap *gap, int64_t mono_us,
                                    struct scrim_record *ret_piece);
