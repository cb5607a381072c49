// Inside src/store: what the parts of a recovery share.
#pragma once

#include "store/disk.h"
#include "store/file_list.h"

struct scrim_recovery {
    const struct scrim_site *site;
    const char *camera;
    const struct scrim_device_key *key;
    uint64_t boot;
    struct scrim_journal_head head;
    unsigned disk;                      // number of the one being looked at
    struct scrim_file_list found;       // its newest segments
    struct scrim_file_list recorded;    // files that records name
    struct scrim_buf tail;              // the camera's tail file there, as the crash left it
    int64_t tail_us;                    // when it was last written
    bool journal_failed;                // nothing more can be appended
    char unread[128];                   // why a disk could not be looked through, "": all were
    unsigned removed;                   // files without a whole header
    char removed_file[SCRIM_FILE_TEXT]; // the last of them
};

// "<DIR>/store/<camera>/<below>", where journals are; NULL for the camera's directory itself.
SCRIM_MUST_CHECK int scrim_recovery_path(const struct scrim_recovery *r, const char *below,
                                         char ret[SCRIM_PATH_MAX], struct scrim_error *error);
// Cuts a line without its end off the newest journal.
SCRIM_MUST_CHECK int scrim_recovery_cut_torn_line(const struct scrim_recovery *r,
                                                  struct scrim_error *error);
// Appends one record, durable before it returns.
SCRIM_MUST_CHECK int scrim_recovery_append(struct scrim_recovery *r,
                                           const struct scrim_record *record,
                                           struct scrim_error *error);
// The BOOT record, which ends a recovery.
SCRIM_MUST_CHECK int scrim_recovery_append_boot(struct scrim_recovery *r,
                                                struct scrim_error *error);
// Collects in `recorded` what the journals since that day name, until all of `found` is among it. A
// record is in the journal of its file's day or of a later one, never before (scrim_journal_day).
SCRIM_MUST_CHECK int scrim_recovery_collect(struct scrim_recovery *r, const char *first_day,
                                            struct scrim_error *error);
