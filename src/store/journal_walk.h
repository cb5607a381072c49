// What a camera's journals say, record by record, in the order of the chain. For questions; scrim
// check is what verifies them.
#pragma once

#include "store/journal.h"

struct scrim_journal_walk {
    const char *dir, *camera;
    const char *from_day; // where to begin; the newest day is read in any case. NULL: at the first
    // Ends the walk by returning less than SCRIM_OK, with a sentence in `error`.
    int (*visit)(void *context, const struct scrim_record *record, struct scrim_error *error);
    void *context;
    // Out:
    char first_day[SCRIM_DAY_TEXT]; // that was read, "" if there was none
    bool older;                     // there are days before it
    uint64_t damaged;               // lines that are no records, and were passed over
};

// Signatures and the chain are not looked at. A camera that never recorded has nothing to visit.
SCRIM_MUST_CHECK int scrim_journal_walk(struct scrim_journal_walk *walk, struct scrim_error *error);
