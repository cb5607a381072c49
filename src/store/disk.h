// The one thread that writes to the store. Camera threads hand it finished bytes and never wait:
// each call queues and returns; SCRIM_EAGAIN when the bounded queue is full, and the camera drops
// a whole GOP and journals it as a gap of cause "disk". Order per camera is kept.
//
// Crash protocol: data first; then one syncfs a second for the whole store, which covers files and
// directories of all cameras; then the journal lines of what that sync made durable, and an fsync
// of those journals. The thread only creates and writes: it never reads, lists, renames or removes,
// so that the recorder's sandbox can forbid all of that. It needs openat, mkdir, write, pwrite64,
// fstat, fsync, syncfs, close.
#pragma once

#include "store/journal.h"
#include "store/seal.h"

struct scrim_disk;

struct scrim_disk_stats {
    uint64_t bytes_written, segments, records, refused; // refused: pushes that found the queue full
    uint64_t queued_bytes;
    int last_error;            // enum scrim_err of the last failed operation, 0 while healthy
    char last_error_text[512]; // as struct scrim_error
};

// `report` is called on the disk thread, once per segment of `camera` that could not be opened or
// went on failing. The camera ends it with scrim_disk_close: what did reach the disk is then
// journalled as torn. Then it journals a gap and tries scrim_disk_open again when it likes. It must
// not call back into the disk.
typedef void (*scrim_disk_report)(void *context, const char *camera, const struct scrim_error *why);

// Opens DIR/store for syncfs: before the sandbox. The key must outlive the disk.
SCRIM_MUST_CHECK int scrim_disk_create(const char *dir, const struct scrim_device_key *key,
                                       scrim_disk_report report, void *context,
                                       struct scrim_disk **ret, struct scrim_error *error);
// Starts the thread: after the sandbox, which binds threads that start later, and after the last
// scrim_disk_add_camera.
SCRIM_MUST_CHECK int scrim_disk_start(struct scrim_disk *disk, struct scrim_error *error);
// Before the first write of a camera: where its chain stands (from scrim_store_recover).
SCRIM_MUST_CHECK int scrim_disk_add_camera(struct scrim_disk *disk, const char *camera,
                                           const struct scrim_journal_head *head);
// Buffers passed below are taken over on success (the caller's struct is emptied), untouched on
// failure. A new segment with its first bytes. One that is still open is ended, and journalled, as
// torn.
SCRIM_MUST_CHECK int scrim_disk_open(struct scrim_disk *disk, const char *camera,
                                     int64_t start_utc_us, struct scrim_buf *bytes);
SCRIM_MUST_CHECK int scrim_disk_append(struct scrim_disk *disk, const char *camera,
                                       struct scrim_buf *bytes);
// From scrim_seal_tail.
SCRIM_MUST_CHECK int scrim_disk_tail(struct scrim_disk *disk, const char *camera,
                                     struct scrim_buf *bytes);
// Last bytes; then the record (type SEGMENT) is journalled. `file`, `bytes` and `sha256` are filled
// in here, from what was written; `torn` is set if any of it was not. A segment of which nothing
// reached the disk leaves no record.
SCRIM_MUST_CHECK int scrim_disk_close(struct scrim_disk *disk, const char *camera,
                                      struct scrim_buf *bytes, const struct scrim_record *record);
// Any other record. SCRIM_EAGAIN also while a thousand of this camera wait for a disk that takes
// none.
SCRIM_MUST_CHECK int scrim_disk_record(struct scrim_disk *disk, const char *camera,
                                       const struct scrim_record *record);
void scrim_disk_stats(struct scrim_disk *disk, struct scrim_disk_stats *ret);
// Drains the queue, syncs, journals, ends the thread. Segments that are still open stay without a
// record and are journalled as torn at the next start: close them first. NULL is fine.
void scrim_disk_stop(struct scrim_disk *disk);

// Start-up, before the sandbox: finds the camera's journal head, truncates a torn journal line,
// journals segments that a crash left unfinished as torn (their tail is saved as <segment>.tail,
// and hashed), removes those without a whole header, and appends a BOOT record. ret->last_end_us
// tells where recording ended.
SCRIM_MUST_CHECK int scrim_store_recover(const char *dir, const char *site, const char *camera,
                                         const struct scrim_device_key *key, uint64_t boot,
                                         struct scrim_journal_head *ret, struct scrim_error *error);
// Adds one to DIR/state/boot and returns it.
SCRIM_MUST_CHECK int scrim_boot_count(const char *dir, uint64_t *ret, struct scrim_error *error);
