// Time in which pictures come and no original of them is kept, because scrim.yaml says so
// (`record: redacted` or `nothing`). It is told by records that tile time like those of segments,
// one a minute, so that "nothing was sealed on purpose" and "nothing came" are different answers
// here, too, and a crash hides no more than a minute of it.
#pragma once

#include "store/journal.h"

struct scrim_unsealed {
    bool open;
    enum scrim_keep kept;
    int64_t start_us, mono_start_us; // UTC and monotonic time of its first picture
    uint64_t frames, lost_units;     // pictures that came, and that are known to be missing
};

void scrim_unsealed_begin(struct scrim_unsealed *unsealed, enum scrim_keep kept, int64_t start_us,
                          int64_t mono_start_us);
// Ends it: true with its record if it was open. UTC is told by the clock it began with.
SCRIM_MUST_CHECK bool scrim_unsealed_end(struct scrim_unsealed *unsealed, int64_t mono_us,
                                         struct scrim_record *ret);
