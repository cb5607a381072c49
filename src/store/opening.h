// Opening originals: k holders' shares and a reason, for a range of one camera. The intent is in
// the log, signed and on disk, before anything is opened, and the outcome after. The vault's secret
// is never put together: each segment is opened from partial decryptions of its own.
#pragma once

#include "site/config.h"
#include "store/plain.h"

struct scrim_opening;

struct scrim_opening_request {
    const char *camera, *reason;
    int64_t from_us, to_us;
    const char *output; // what the log says of where it went: a file name, or the recipient
    const struct scrim_share *shares; // kept by the caller, who wipes them after _destroy
    size_t shares_count;
};

// Refuses, in a sentence and without a trace, what cannot work: unknown camera, empty reason, too
// few, doubled or foreign shares, nothing recorded in the range, a shredded hour key, a segment
// that is not what it should be.
SCRIM_MUST_CHECK int scrim_opening_create(const struct scrim_site *site,
                                          const struct scrim_opening_request *request,
                                          struct scrim_opening **ret, struct scrim_error *error);
void scrim_opening_destroy(struct scrim_opening *opening); // NULL is fine

// One line in state/log/journal that says who, why, what; flushed before it returns.
SCRIM_MUST_CHECK int scrim_opening_log_intent(struct scrim_opening *opening,
                                              struct scrim_error *error);
// `failure` NULL: it worked.
SCRIM_MUST_CHECK int scrim_opening_log_outcome(struct scrim_opening *opening, double seconds,
                                               size_t segments, const char *failure,
                                               struct scrim_error *error);

struct scrim_opening_segment {
    char file[64];                    // "<day>/<name>"
    char disk[SCRIM_DISK_ID_MAX + 1]; // that holds it
    int64_t start_us, end_us;
    uint64_t bytes;
    bool whole; // not torn, and not being written
    // As the journal has them: 0 without a record, and for what a crash left.
    uint64_t keyframes;
    uint32_t width, height;
};
// Segments of `camera` that overlap [from_us, to_us), oldest first, appended to `ret` as struct
// scrim_opening_segment, whether their files are there or not. The one that is being written, or
// that a crash just left, is among them: its end_us is INT64_MAX.
SCRIM_MUST_CHECK int scrim_opening_find(const struct scrim_site *site, const char *camera,
                                        int64_t from_us, int64_t to_us, struct scrim_buf *ret,
                                        struct scrim_error *error);

size_t scrim_opening_count(const struct scrim_opening *opening);
const struct scrim_opening_segment *scrim_opening_segment(const struct scrim_opening *opening,
                                                          size_t at);
// Checks the seal, asks every share for its part, combines, and opens. Only after the intent was
// logged (SCRIM_EINTERNAL otherwise).
SCRIM_MUST_CHECK int scrim_opening_open(struct scrim_opening *opening, size_t at,
                                        struct scrim_plain **ret, struct scrim_error *error);
