// What is known of a disk: its state and why, how much room it has, how long it takes. Told by the
// disk's own thread, and by the watch that sees when that thread hangs; read by all. Asks nobody
// and never waits. Inside src/store only.
#pragma once

#include "store/disk.h"

#include <pthread.h>
#include <sys/statvfs.h>

#define SCRIM_DISK_HUNG_US (5 * SCRIM_SECOND)     // one operation; from then on it is slow
#define SCRIM_DISK_SLUGGISH_US (2 * SCRIM_SECOND) // a flush; three in a row make it slow
#define SCRIM_DISK_BRISK_US SCRIM_SECOND // what a slow disk must show before it is used again

struct scrim_disk_health {
    pthread_mutex_t lock; // leaf lock, protects all below
    enum scrim_disk_state state;
    char name[SCRIM_PATH_MAX + 64]; // of the disk, for sentences; constant
    char sentence[512];             // "" while OK
    int64_t retry_us;               // monotonic; when it is worth another try, unless OK
    int64_t well_since_us;          // monotonic
    unsigned failures;              // in a row; each doubles the wait
    unsigned sluggish;              // flushes in a row
    uint64_t total_bytes, free_bytes;
    struct scrim_latency write, flush;
};

void scrim_disk_health_init(struct scrim_disk_health *health, const char *name);
void scrim_disk_health_finish(struct scrim_disk_health *health);

// A disk that is not there at start, for good: until a new start looks at it again.
void scrim_disk_health_set_gone(struct scrim_disk_health *health, enum scrim_disk_state state,
                                const struct scrim_error *why);
// An operation failed; `room` may be NULL.
void scrim_disk_health_fail(struct scrim_disk_health *health, const struct scrim_error *why,
                            const struct statvfs *room);
// It takes too long, or takes no more. Nothing if it is in a worse state.
void scrim_disk_health_slow(struct scrim_disk_health *health, const char *why);
// Another disk lies at its path, or none.
void scrim_disk_health_moved(struct scrim_disk_health *health);
void scrim_disk_health_wrote(struct scrim_disk_health *health, int64_t took_us);
void scrim_disk_health_flushed(struct scrim_disk_health *health, int64_t took_us);
void scrim_disk_health_room(struct scrim_disk_health *health, const struct statvfs *room);
// A try, which took so long, worked: OK again, unless it is still full or slow.
void scrim_disk_health_tried(struct scrim_disk_health *health, int64_t took_us);

// When to try again: monotonic, INT64_MAX while OK or for a disk that is not there.
int64_t scrim_disk_health_retry_us(struct scrim_disk_health *health);
enum scrim_disk_state scrim_disk_health_state(struct scrim_disk_health *health);
// Why it is not OK, as an error.
void scrim_disk_health_why(struct scrim_disk_health *health, struct scrim_error *ret);
// The parts of the figures that are known here.
void scrim_disk_health_stats(struct scrim_disk_health *health, struct scrim_disk_place *ret);
