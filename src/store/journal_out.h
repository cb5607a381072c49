// One camera's chain on its way to disk: records are formatted, chained and signed once, and their
// lines written to the journal of the day. Runs on the journal's thread. Inside src/store only.
//
// After an fsync that failed, Linux may have dropped what it did not write and report success the
// next time. So every line since the last flush that succeeded is kept, and written again at its
// place before the next try: a line that was formatted is written in the end, unchanged, or not at
// all. That takes pwrite(2) at known offsets, without O_APPEND, which on Linux would override them.
#pragma once

#include "store/ledger.h"

struct scrim_journal_out {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    struct scrim_ledger *ledger; // not owned
    struct scrim_journal_head head;
    int fd; // -1: none is open
    char day[SCRIM_DAY_TEXT];
    bool named;              // the file's name is on disk
    uint64_t durable;        // bytes of the file that are on disk for sure
    struct scrim_buf unsure; // the lines after them
    size_t written;          // of those, what the kernel took since the last failure
    unsigned lines;          // in `unsure`
};

// Where journals lie, and who signs them.
struct scrim_journal_place {
    int store_fd;     // DIR/store
    const char *path; // the same, for sentences
    const struct scrim_device_key *key;
};

void scrim_journal_out_init(struct scrim_journal_out *out, const char *camera,
                            const struct scrim_journal_head *head, struct scrim_ledger *ledger);
void scrim_journal_out_finish(struct scrim_journal_out *out);

// Opens the journal that the next record belongs into, once nothing is owed to the one that is
// open. The caller flushes the file system and then sets `named`. `late_too` as in
// scrim_ledger_first.
SCRIM_MUST_CHECK int scrim_journal_out_prepare(struct scrim_journal_out *out,
                                               const struct scrim_journal_place *place,
                                               bool late_too, struct scrim_error *error);
// Writes the records of the open day and flushes them. *ret_lines counts lines that became
// durable. What fails is tried again by the next call.
SCRIM_MUST_CHECK int scrim_journal_out_write(struct scrim_journal_out *out,
                                             const struct scrim_journal_place *place, bool late_too,
                                             uint64_t *ret_lines, struct scrim_error *error);
