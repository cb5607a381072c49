// scrim check: does the store hold what the journals say, and nothing else?
#pragma once

#include "site/config.h"
#include "store/journal.h"

enum scrim_finding_kind {
    SCRIM_FINDING_JOURNAL, // chain, signature or sequence broken
    SCRIM_FINDING_SEGMENT, // hash or size differs, file missing without having expired
    SCRIM_FINDING_STRAY,   // a file that no record names
    SCRIM_FINDING_INDEX,   // index and journal disagree
    SCRIM_FINDING_HEADER,  // the age header or its seal proof is bad
    SCRIM_FINDING_DISK,    // a disk with segments is not there: they are not verified
    SCRIM_FINDING_KEYS,    // the hour ring cannot be read: what it held can never be opened
};

const char *scrim_finding_text(enum scrim_finding_kind kind); // "journal", "segment", …

struct scrim_check_result {
    uint64_t cameras, records, segments, torn, gaps, openings, changes;
    uint64_t expired; // segments whose hour key is shredded and whose time is over: rightly gone
    uint64_t purged;  // segments that a record says were destroyed before their time
    uint64_t open;    // segments being written now
    uint64_t absent;  // segments on disks that are not there
    uint64_t bytes;   // hashed
    uint64_t findings;
};

// Called for each finding, in order of discovery. `file` is relative to the site directory,
// absolute on a disk of its own.
typedef void (*scrim_check_fn)(void *context, enum scrim_finding_kind kind, const char *file,
                               const char *text);
// Called now and then, so that a long check shows progress.
typedef void (*scrim_check_progress)(void *context, uint64_t files_done, uint64_t bytes_done);

// Verifies, on all disks that are there, journals, signatures, segment hashes and seal proofs, and
// the log of openings. While a recorder runs (it holds run/recorder.lock), the newest segment of a
// camera on a disk may lack its record: it is being written. Negative only if the check itself
// could not run.
SCRIM_MUST_CHECK int scrim_check_store(const struct scrim_site *site, scrim_check_fn finding,
                                       scrim_check_progress progress, void *context,
                                       struct scrim_check_result *ret, struct scrim_error *error);
