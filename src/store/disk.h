// The disks that sealed segments are written to, and the journals. Cameras hand finished bytes over
// and never wait: each call queues and returns; SCRIM_EAGAIN when a bounded queue is full, and the
// camera drops a whole GOP and journals it as a gap.
//
// Each disk has a thread of its own, which writes segments and tails and flushes the disk's file
// system every 0.4 s; one more thread writes the journals, which all lie in the site's own store.
// A disk that fails, fills, becomes read-only, is taken away or hangs loses its own unflushed
// segments and nothing else: its cameras go to another disk with their next segment. With one disk
// they stay and try again.
//
// Crash protocol: data first; then one syncfs every 0.4 s for the whole disk, which covers files
// and directories of all cameras; then the journal lines of what that sync made durable, and an
// fsync of those journals. The threads only create and write: they never read, list, rename or
// remove, so that the recorder's sandbox can forbid all of that. They need openat, mkdirat, write,
// pwrite64, fstat, newfstatat, fstatfs, fsync, syncfs, close.
#pragma once

#include "store/disks.h"
#include "store/journal.h"
#include "store/latency.h"
#include "store/seal.h"

struct scrim_disk; // all of them

// `report` is called on a thread of the disks, once per segment of `camera` that could not be
// opened or went on failing. The camera ends it with scrim_disk_close: what did reach the disk is
// then journalled as torn. Then it journals a gap and tries scrim_disk_open again when it likes. It
// must not call back into the disk.
typedef void (*scrim_disk_report)(void *context, const char *camera, const struct scrim_error *why);

// Opens DIR/store and every disk that is there, and gives new disks their identity: before the
// sandbox. A disk that is not there, or another one, is no error: its state says so. The site and
// the key must outlive it.
SCRIM_MUST_CHECK int scrim_disk_create(const struct scrim_site *site,
                                       const struct scrim_device_key *key, scrim_disk_report report,
                                       void *context, struct scrim_disk **ret,
                                       struct scrim_error *error);
// Before the first write of a camera: where its chain stands (from scrim_store_recover). Also while
// the threads run, but from one thread at a time. SCRIM_EEXIST if it is there: it goes on.
SCRIM_MUST_CHECK int scrim_disk_add_camera(struct scrim_disk *disk, const char *camera,
                                           const struct scrim_journal_head *head);
// Spreads the cameras over the disks and starts the threads: after the sandbox, which binds threads
// that start later.
SCRIM_MUST_CHECK int scrim_disk_start(struct scrim_disk *disk, struct scrim_error *error);

// All calls for a camera come from one thread. Buffers passed below are taken over on success (the
// caller's struct is emptied), untouched on failure. A new segment with its first bytes, on the
// camera's disk, or on a better one if that is not well. One that is still open is ended, and
// journalled, as torn.
SCRIM_MUST_CHECK int scrim_disk_open(struct scrim_disk *disk, const char *camera,
                                     int64_t start_utc_us, struct scrim_buf *bytes);
SCRIM_MUST_CHECK int scrim_disk_append(struct scrim_disk *disk, const char *camera,
                                       struct scrim_buf *bytes);
// From scrim_seal_tail.
SCRIM_MUST_CHECK int scrim_disk_tail(struct scrim_disk *disk, const char *camera,
                                     struct scrim_buf *bytes);
// Last bytes; then the record (type SEGMENT) is journalled. `disk`, `file`, `bytes` and `sha256`
// are filled in here, from what was written; `torn` is set if any of it was not. A segment of which
// nothing reached the disk leaves no record.
SCRIM_MUST_CHECK int scrim_disk_close(struct scrim_disk *disk, const char *camera,
                                      struct scrim_buf *bytes, const struct scrim_record *record);
// Any other record. It follows what this camera gave before, unless a disk holds that up for more
// than five seconds. SCRIM_EAGAIN while 250 of this camera wait for a journal that takes none.
SCRIM_MUST_CHECK int scrim_disk_record(struct scrim_disk *disk, const char *camera,
                                       const struct scrim_record *record);
// Drains the queues, flushes, journals, ends the threads. Segments that are still open stay without
// a record and are journalled as torn at the next start: close them first. A disk that hangs is
// waited for some seconds and then left alone, with the memory it uses. NULL is fine.
void scrim_disk_stop(struct scrim_disk *disk);

enum scrim_disk_state {
    SCRIM_DISK_IS_OK,
    SCRIM_DISK_IS_SLOW, // flushes take seconds, an operation hangs, or its queue is full
    SCRIM_DISK_IS_FULL, // it said so, or less than 1/64 of it (at most 256 MiB) is free
    SCRIM_DISK_IS_READ_ONLY,
    SCRIM_DISK_IS_FAILED,  // an operation failed
    SCRIM_DISK_IS_ABSENT,  // not mounted, or something else is mounted in its place now
    SCRIM_DISK_IS_FOREIGN, // another disk lies at its path since the start
};
#define SCRIM_DISK_STATES 7
const char *scrim_disk_state_text(enum scrim_disk_state state); // "ok", "slow", "read-only", …

struct scrim_disk_stats {                               // of all disks and the journals together
    uint64_t bytes_written, segments, records, refused; // refused: pushes that found a queue full
    uint64_t queued_bytes;
    int last_error;            // enum scrim_err of the last failed operation, 0 while healthy
    char last_error_text[512]; // as struct scrim_error
    struct scrim_latency journal_flush;
};
void scrim_disk_stats(struct scrim_disk *disk, struct scrim_disk_stats *ret);

// One disk that takes segments.
struct scrim_disk_place {
    char id[SCRIM_DISK_ID_MAX + 1]; // "": the site's own store
    char path[SCRIM_PATH_MAX];
    enum scrim_disk_state state;
    char sentence[512];               // why it is not ok; "" if it is
    uint64_t total_bytes, free_bytes; // as of its last flush; 0: not known yet
    uint64_t bytes_written, queued_bytes, refused, segments;
    struct scrim_latency write, flush;
    unsigned cameras; // that it is the disk of
};
unsigned scrim_disk_places(const struct scrim_disk *disk); // at least 1
void scrim_disk_place_stats(struct scrim_disk *disk, unsigned at, struct scrim_disk_place *ret);
// The number of the camera's disk, -1: none, as for a camera that was never added.
int scrim_disk_camera_place(struct scrim_disk *disk, const char *camera);
// Why the camera's disk does not take what it is given: false if nothing is known to be wrong.
bool scrim_disk_complaint(struct scrim_disk *disk, const char *camera, struct scrim_error *ret);

// Start-up, before the sandbox: finds the camera's journal head, truncates a torn journal line,
// journals segments that a crash left unfinished as torn, on all disks that are there (their tail
// is saved as <segment>.tail, and hashed), removes those without a whole header, and appends a BOOT
// record. ret->last_end_us tells where recording ended.
SCRIM_MUST_CHECK int scrim_store_recover(const struct scrim_site *site, const char *camera,
                                         const struct scrim_device_key *key, uint64_t boot,
                                         struct scrim_journal_head *ret, struct scrim_error *error);
// Adds one to DIR/state/boot and returns it.
SCRIM_MUST_CHECK int scrim_boot_count(const char *dir, uint64_t *ret, struct scrim_error *error);
