// One camera's files, as the disk thread keeps them: the segment being written, the tail, the
// journal. Everything here runs on that thread. Inside src/store only.
#pragma once

#include "store/disk.h"

#include <openssl/evp.h>

// A record that waits until what it vouches for is durable.
struct scrim_disk_waiting {
    struct scrim_disk_waiting *next;
    struct scrim_record record;
};

struct scrim_disk_camera {
    char id[SCRIM_CAMERA_ID_MAX + 1];
    const char *dir; // of the site, owned by the disk
    const struct scrim_device_key *key;

    int segment_fd; // -1: none is open
    bool failed;    // the open segment, or the attempt to open one, failed: drop what follows
    char file[64];  // "<day>/<name>" of the open segment
    int64_t start_us;
    uint64_t bytes; // in the file, as far as the kernel took them
    EVP_MD_CTX *hash;

    int tail_fd; // -1 until the first tail
    unsigned tail_slot;

    struct scrim_journal_head head;
    struct scrim_disk_waiting *waiting, **waiting_end; // oldest first
    _Atomic unsigned waiting_count;                    // read by camera threads
    int journal_fd;                                    // -1: none is open
    char journal_day[SCRIM_DAY_TEXT];
    struct scrim_buf line; // the rest of a line that the disk took only in part
    bool journal_unsynced;
};

struct scrim_disk_camera *scrim_disk_camera_create(const char *dir,
                                                   const struct scrim_device_key *key,
                                                   const char *id,
                                                   const struct scrim_journal_head *head);
void scrim_disk_camera_destroy(struct scrim_disk_camera *camera);

// A new segment. One still open is closed as torn first. Failures mark the camera failed.
SCRIM_MUST_CHECK int scrim_disk_camera_open(struct scrim_disk_camera *camera, int64_t start_us,
                                            const struct scrim_buf *bytes,
                                            struct scrim_error *error);
// SCRIM_OK without doing anything while the camera is failed: that was reported already.
SCRIM_MUST_CHECK int scrim_disk_camera_append(struct scrim_disk_camera *camera,
                                              const struct scrim_buf *bytes,
                                              struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_disk_camera_tail(struct scrim_disk_camera *camera,
                                            const struct scrim_buf *bytes,
                                            struct scrim_error *error);
// Completes the record and puts it in the waiting line, if there is a file to vouch for. True if it
// did.
bool scrim_disk_camera_close(struct scrim_disk_camera *camera, const struct scrim_record *record,
                             const char *why_torn);
void scrim_disk_camera_wait(struct scrim_disk_camera *camera, const struct scrim_record *record);

// The two halves of journalling, before and after the syncfs. Prepare makes the journal's file, so
// that the sync covers its name too; write journals what was waiting at that time and flushes it.
// What fails is tried again with the next call. *ret_records counts lines that became durable.
SCRIM_MUST_CHECK int scrim_disk_camera_prepare(struct scrim_disk_camera *camera,
                                               struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_disk_camera_write_records(struct scrim_disk_camera *camera,
                                                     uint64_t *ret_records,
                                                     struct scrim_error *error);
// A flush failed: what was written before it may not be on disk. The open segment is marked failed,
// and segments that wait for their record will be called torn. True if an open one was affected.
SCRIM_MUST_CHECK bool scrim_disk_camera_doubt(struct scrim_disk_camera *camera);
// True while something waits to be journalled.
bool scrim_disk_camera_owes(const struct scrim_disk_camera *camera);
