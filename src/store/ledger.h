// Records of one camera on their way to its journal, in the order in which the camera gave them. A
// segment's record has its place in that order from the moment the segment ends, and can be
// journalled when the disk has flushed the file. What comes after it waits, but not for ever: a
// disk that does not answer must not hold up what other disks recorded.
//
// Filled by the camera's thread, fulfilled by the threads of disks, emptied by the journal's
// thread. Nobody waits here. Inside src/store only.
#pragma once

#include "store/journal.h"

#define SCRIM_LEDGER_MAX 250                    // records that wait; more are refused
#define SCRIM_LEDGER_LATE_US (5 * SCRIM_SECOND) // an unflushed segment holds up others no longer

struct scrim_ledger;
struct scrim_ledger_entry;

struct scrim_ledger *scrim_ledger_create(void);
void scrim_ledger_destroy(struct scrim_ledger *ledger); // NULL is fine

// SCRIM_EAGAIN if too many wait.
SCRIM_MUST_CHECK int scrim_ledger_add(struct scrim_ledger *ledger,
                                      const struct scrim_record *record);
// A place for the record of a file that is not flushed yet: exactly one of _fulfil and _cancel
// follows. NULL if too many wait.
struct scrim_ledger_entry *scrim_ledger_expect(struct scrim_ledger *ledger);
void scrim_ledger_fulfil(struct scrim_ledger *ledger, struct scrim_ledger_entry *entry,
                         const struct scrim_record *record);
void scrim_ledger_cancel(struct scrim_ledger *ledger, struct scrim_ledger_entry *entry);

// The record that is to be journalled next, or NULL. It stays, and stays the same, until
// _pop_first. `late_too`: do not wait for unflushed segments at all.
const struct scrim_record *scrim_ledger_first(struct scrim_ledger *ledger, bool late_too);
void scrim_ledger_pop_first(struct scrim_ledger *ledger);
// Nothing waits, not even for a disk.
bool scrim_ledger_is_empty(struct scrim_ledger *ledger);
