// What the redacted pictures of a camera take: read from the lists beside them
// (docs/ref/formats/layout.md#list-of-redacted-files), a day at a time, and only what is new of
// each. The desk writes and deletes them; the keeper counts.
#pragma once

#include "store/layout.h"

struct scrim_redacted_day {
    char day[SCRIM_DAY_TEXT];
    size_t offset; // bytes of the list that were read
    uint64_t bytes;
    int64_t length_us;
};

struct scrim_redacted {
    struct scrim_redacted_day *days; // oldest first, owned
    size_t count;
};

void scrim_redacted_finish(struct scrim_redacted *redacted);
// Reads what is new of a camera. A camera without redacted pictures is fine; SCRIM_EACCESS where
// the keeper may not look.
SCRIM_MUST_CHECK int scrim_redacted_read(struct scrim_redacted *redacted, const char *dir,
                                         const char *camera, struct scrim_error *error);
// Bytes kept of those younger than `cutoff_us`.
uint64_t scrim_redacted_stored(const struct scrim_redacted *redacted, int64_t cutoff_us);
// Bytes an hour over the newest 24 hours of pictures; 0: nothing was measured.
uint64_t scrim_redacted_rate(const struct scrim_redacted *redacted);
int64_t scrim_redacted_oldest_us(const struct scrim_redacted *redacted); // INT64_MAX: none

// Adds one line to `day`; false if it is not of the form.
SCRIM_MUST_CHECK bool scrim_redacted_take_line(struct scrim_redacted_day *day, const char *line,
                                               size_t length);
