// One camera's files on one disk: the segment being written, the tail. Everything here runs on the
// disk's thread. Inside src/store only.
#pragma once

#include "store/journal.h"

#include <openssl/evp.h>

// The directory below which a disk's files lie.
struct scrim_disk_root {
    const char *id; // of the disk
    int fd;         // open since before the sandbox; -1: the disk is not there
    char path[SCRIM_PATH_MAX];
    uint64_t flushes; // of its file system that succeeded
};

struct scrim_disk_camera {
    const char *id;                     // of the camera, owned by the set of disks
    const struct scrim_disk_root *root; // owned by the disk's writer

    int segment_fd;      // -1: none is open
    bool failed;         // the open segment, or the attempt to open one, failed: drop what follows
    uint64_t generation; // of the segment that is open or was last: the camera counts them
    char file[64];       // "<day>/<name>" of the open segment
    int64_t start_us;
    uint64_t bytes; // in the file, as far as the kernel took them
    EVP_MD_CTX *hash;

    int tail_fd; // -1 until the first tail
    // Slots: the one written last and the one that a flush covered, -1: none yet.
    int tail_last, tail_kept;
    uint64_t tail_flushes; // of the disk, before the last tail was written
};

struct scrim_disk_camera *scrim_disk_camera_create(const char *id,
                                                   const struct scrim_disk_root *root);
void scrim_disk_camera_destroy(struct scrim_disk_camera *camera); // NULL is fine

// A new segment; none is open. Failures mark the camera failed.
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
// Ends the segment and completes its record: disk, file, bytes, SHA-256, and torn if any of it is
// not there or `why_torn` says so. False if there is no file to vouch for.
bool scrim_disk_camera_close(struct scrim_disk_camera *camera, struct scrim_record *record,
                             const char *why_torn);
// A flush failed: the open segment is marked failed. True if there is one.
SCRIM_MUST_CHECK bool scrim_disk_camera_doubt(struct scrim_disk_camera *camera);

// Turns a segment's record into that of a torn one, with the first reason given.
void scrim_disk_call_torn(struct scrim_record *record, const char *why);
