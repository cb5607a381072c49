// The one thread that writes journals, of all cameras, in DIR/store. It takes from each camera's
// ledger what may be journalled and flushes it. What it cannot write stays owed and is tried again
// every second. It only creates and writes: openat, mkdirat, pwrite64, fstat, fsync, syncfs, close.
// Inside src/store only.
#pragma once

#include "store/latency.h"
#include "store/ledger.h"

struct scrim_journal_writer;

struct scrim_journal_writer_stats {
    uint64_t records; // durable lines
    int last_error;   // enum scrim_err, 0 while healthy
    char last_error_text[512];
    struct scrim_latency flush; // of one camera's lines
};

// Makes DIR/store and keeps it open: before the sandbox. The key must outlive the writer.
SCRIM_MUST_CHECK int scrim_journal_writer_create(const char *dir,
                                                 const struct scrim_device_key *key,
                                                 struct scrim_journal_writer **ret,
                                                 struct scrim_error *error);
// The ledger must outlive the writer. From one thread at a time; also while it runs.
SCRIM_MUST_CHECK int scrim_journal_writer_add(struct scrim_journal_writer *writer,
                                              const char *camera,
                                              const struct scrim_journal_head *head,
                                              struct scrim_ledger *ledger);
SCRIM_MUST_CHECK int scrim_journal_writer_start(struct scrim_journal_writer *writer,
                                                struct scrim_error *error);
// Something is there to be journalled. Any thread.
void scrim_journal_writer_wake(struct scrim_journal_writer *writer);
void scrim_journal_writer_stats(struct scrim_journal_writer *writer,
                                struct scrim_journal_writer_stats *ret);
// Writes what is left, without waiting for unflushed segments, and ends the thread. False if the
// thread did not end in time: it hangs in the disk, and nothing it uses may be freed.
SCRIM_MUST_CHECK bool scrim_journal_writer_stop(struct scrim_journal_writer *writer,
                                                int64_t timeout_us);
void scrim_journal_writer_destroy(struct scrim_journal_writer *writer); // NULL is fine
