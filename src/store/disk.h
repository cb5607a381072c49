// The one thread that writes to the store. Camera threads hand it finished bytes and never wait:
// each call queues and returns; SCRIM_EAGAIN when the bounded queue is full, and the camera drops
// a whole GOP and journals it as a gap of cause "disk". Order per camera is kept.
// Crash protocol: data, fsync file, fsync directory, journal record, fsync. Between closes one syncfs a second.
#pragma once

#include "store/journal.h"
#include "store/seal.h"

struct scrim_disk;

struct scrim_disk_stats {
    uint64_t bytes_written, segments, records, refused; // refused: pushes that found the queue full
    uint64_t queued_bytes;
    int last_error; // enum scrim_err of the last failed operation, 0 while healthy
    char last_error_text[256];
};

// `report` is called on the disk thread when a segment of `camera` could not be written: the
// camera closes the segment, and journals a gap. Heads must cover every camera.
typedef void (*scrim_disk_report)(void *context, const char *camera, const struct scrim_error *why);

SCRIM_MUST_CHECK int scrim_disk_start(const char *dir, const struct scrim_device_key *key,
                                      scrim_disk_report report, void *context,
                                      struct scrim_disk **ret, struct scrim_error *error);
// Before the first write of a camera: where its chain stands (from scrim_store_recover).
SCRIM_MUST_CHECK int scrim_disk_add_camera(struct scrim_disk *disk, const char *camera,
                                           const struct scrim_journal_head *head);
// Buffers passed below are taken over on success (the caller's struct is emptied), untouched on failure.
SCRIM_MUST_CHECK int scrim_disk_open(struct scrim_disk *disk, const char *camera, int64_t start_utc_us,
                                     struct scrim_buf *bytes, char ret_file[64]);
SCRIM_MUST_CHECK int scrim_disk_append(struct scrim_disk *disk, const char *camera,
                                       struct scrim_buf *bytes);
SCRIM_MUST_CHECK int scrim_disk_tail(struct scrim_disk *disk, const char *camera,
                                     struct scrim_buf *bytes);
// Last bytes; then the record (type SEGMENT; file, bytes and sha256 filled by the caller) is journalled.
SCRIM_MUST_CHECK int scrim_disk_close(struct scrim_disk *disk, const char *camera,
                                      struct scrim_buf *bytes, const struct scrim_record *record);
// Any other record.
SCRIM_MUST_CHECK int scrim_disk_record(struct scrim_disk *disk, const char *camera,
                                       const struct scrim_record *record);
void scrim_disk_stats(struct scrim_disk *disk, struct scrim_disk_stats *ret);
// Drains the queue, closes everything, ends the thread.
void scrim_disk_stop(struct scrim_disk *disk);

// Start-up, before the sandbox: reads each camera's journal head, truncates a torn journal line, journals
// segments that a crash left unfinished as torn (with the tail kept beside them). Appends a BOOT record.
SCRIM_MUST_CHECK int scrim_store_recover(const char *dir, const char *site, const char *camera,
                                         const struct scrim_device_key *key, uint64_t boot,
                                         struct scrim_journal_head *ret, struct scrim_error *error);
// Adds one to DIR/state/boot and returns it.
SCRIM_MUST_CHECK int scrim_boot_count(const char *dir, uint64_t *ret, struct scrim_error *error);
