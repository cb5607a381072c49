// What was not recorded, and why: the hole that is open now. It is journalled when recording goes
// on, when its cause changes, when the recorder stops, and in pieces of ten minutes meanwhile, so
// that a crash cannot hide more than that.
#pragma once

#include "store/journal.h"

#define SCRIM_GAP_PIECE_US (10 * 60 * SCRIM_SECOND)

struct scrim_gap {
    bool open;
    int64_t start_us, mono_start_us;
    enum scrim_gap_cause cause;
    char detail[200];
};

// Opens it, or, if it is open: with another cause, closes the piece so far into `ret_piece` and
// returns true; with the same cause, keeps what it says.
SCRIM_MUST_CHECK bool scrim_gap_cause_is(struct scrim_gap *gap, enum scrim_gap_cause cause,
                                         const char *detail, int64_t start_us, int64_t now_us,
                                         struct scrim_record *ret_piece);
// A piece that is due by its length.
SCRIM_MUST_CHECK bool scrim_gap_due(struct scrim_gap *gap, int64_t now_us,
                                    struct scrim_record *ret_piece);
// Ends it: true with the last piece, if it was open and has any length.
SCRIM_MUST_CHECK bool scrim_gap_end(struct scrim_gap *gap, int64_t end_us,
                                    struct scrim_record *ret_piece);
