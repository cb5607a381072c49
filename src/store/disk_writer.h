// One disk's thread: it alone writes there. Bounded queue in, segments and tails out, one flush a
// second; what a flush made durable is told to the cameras' ledgers. Inside src/store only.
#pragma once

#include "store/disk_camera.h"
#include "store/disk_health.h"
#include "store/journal_writer.h"

#include <stdatomic.h>

#define SCRIM_DISK_CAMERAS_MAX 1024

// A camera as all disks know it. Constant but for the atomics and what is of its own thread.
struct scrim_disk_member {
    char id[SCRIM_CAMERA_ID_MAX + 1];
    unsigned index; // < SCRIM_DISK_CAMERAS_MAX
    struct scrim_ledger *ledger;
    // Of the camera's thread:
    uint64_t generation; // of its segments, from 1
    int64_t start_us;    // UTC; of the segment
    uint64_t bytes;      // of the segment so far
    // Numbers of writers: where the next segment goes, and where one is open (-1: none is).
    _Atomic int home, writing;
    _Atomic uint64_t rate; // bytes a second, of its last segment
};

struct scrim_disk_writer;

typedef void (*scrim_disk_writer_report)(void *context, const struct scrim_disk_member *member,
                                         const struct scrim_error *why);

struct scrim_disk_writer_setup {
    struct scrim_disk_root root; // its descriptor is taken over
    const char *name;            // for sentences
    size_t queue_bytes;
    struct scrim_journal_writer *journals; // to be woken
    scrim_disk_writer_report report;       // called on the thread
    void *context;
};

struct scrim_disk_writer *scrim_disk_writer_create(const struct scrim_disk_writer_setup *setup);
// Only after scrim_disk_writer_join said true. NULL is fine.
void scrim_disk_writer_destroy(struct scrim_disk_writer *writer);
SCRIM_MUST_CHECK int scrim_disk_writer_start(struct scrim_disk_writer *writer,
                                             struct scrim_error *error);
// Takes nothing more; the thread writes what is queued, flushes and ends.
void scrim_disk_writer_end(struct scrim_disk_writer *writer);
// False if it has not ended in time: it hangs, and everything that it uses is left to it.
SCRIM_MUST_CHECK bool scrim_disk_writer_join(struct scrim_disk_writer *writer, int64_t timeout_us);

// As those of disk.h; a segment that is open is closed first.
SCRIM_MUST_CHECK int scrim_disk_writer_open(struct scrim_disk_writer *writer,
                                            struct scrim_disk_member *member, int64_t start_us,
                                            struct scrim_buf *bytes);
SCRIM_MUST_CHECK int scrim_disk_writer_append(struct scrim_disk_writer *writer,
                                              struct scrim_disk_member *member,
                                              struct scrim_buf *bytes);
SCRIM_MUST_CHECK int scrim_disk_writer_tail(struct scrim_disk_writer *writer,
                                            struct scrim_disk_member *member,
                                            struct scrim_buf *bytes);
SCRIM_MUST_CHECK int scrim_disk_writer_close(struct scrim_disk_writer *writer,
                                             struct scrim_disk_member *member,
                                             struct scrim_buf *bytes,
                                             const struct scrim_record *record);
// The camera goes elsewhere and leaves its segment behind, though the queue takes no more: once the
// disk answers, the segment is ended as torn and what is queued for it dropped. SCRIM_EAGAIN if
// one was left behind before and the disk has still not answered.
SCRIM_MUST_CHECK int scrim_disk_writer_abandon(struct scrim_disk_writer *writer,
                                               struct scrim_disk_member *member,
                                               const struct scrim_record *record);

struct scrim_disk_health *scrim_disk_writer_health(struct scrim_disk_writer *writer);
// How long the operation that runs now has run, in µs; 0 if none does.
int64_t scrim_disk_writer_busy_us(const struct scrim_disk_writer *writer);
// All but `cameras`. *ret_error: the last failure, until a flush succeeds.
void scrim_disk_writer_stats(struct scrim_disk_writer *writer, struct scrim_disk_place *ret,
                             struct scrim_error *ret_error);
