// Which log lines are written and which are only counted. Inside src/base only; thread-safe.
//
// Two buckets, each of which gains one line every ten seconds: one for the same words of the same
// object (SCRIM_LOG_BURST lines at once), one for all that a place in the program says of an object
// (SCRIM_LOG_VARIED at once), so that neither a camera that fails for ever nor one that fails in
// ever new words fills the log. What an object says for the first time from a place is always
// written. The memory is bounded; a bucket that was not used for longest makes room for a new one.
#pragma once

#include "base/log.h"

#include <stdint.h>

#define SCRIM_LOG_BURST 5
#define SCRIM_LOG_VARIED 50
#define SCRIM_LOG_PERIOD_US INT64_C(10000000)
#define SCRIM_LOG_TEXT 256 // bytes of a line that are kept to say what was held back

struct scrim_log_line {
    enum scrim_log_level level;
    const char *name;   // of the object
    const char *format; // the place
    const char *text;   // the words
};

// Lines that were held back.
struct scrim_log_held {
    uint64_t count; // 0: none
    enum scrim_log_level level;
    char name[64];
    char text[SCRIM_LOG_TEXT]; // the last of them
};

// False: the line is held back. `now_us` is monotonic. ret_like: how many like it were held back
// since the last one that was written. ret_gone: what had to make room for it; to be said as well.
SCRIM_MUST_CHECK bool scrim_log_limit(const struct scrim_log_line *line, int64_t now_us,
                                      uint64_t *ret_like, struct scrim_log_held ret_gone[2]);
// True with lines that were held back, and were not followed by another one for a period.
SCRIM_MUST_CHECK bool scrim_log_limit_settle(int64_t now_us, struct scrim_log_held *ret);
void scrim_log_limit_reset(void); // for tests
