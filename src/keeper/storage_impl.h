// What the parts of the storage share: the tick (storage.c), what goes (storage_removing.c), what
// is said of it (storage_status.c).
#pragma once

#include "base/log.h"
#include "keeper/admitted.h"
#include "keeper/demand.h"
#include "keeper/purge_log.h"
#include "keeper/removal.h"
#include "keeper/retention.h"
#include "keeper/storage.h"

// Says what goes wrong again and again, but not each time. Monotonic µs.
struct complaint {
    int64_t due_us;
};

// How fast a volume fills, as the file system shows it.
struct filling {
    bool known;
    uint64_t free;
    int64_t at_us;
    double bytes_per_second; // smoothed
};

struct scrim_storage {
    const struct scrim_site *site;
    struct scrim_hour_ring *ring;
    struct scrim_storage_handler handler;
    struct scrim_log log;

    struct scrim_stock stock;
    struct scrim_periods periods;
    struct scrim_holds_guard *guard;
    const struct scrim_holds *holds; // as they were last seen; NULL: not known
    struct scrim_needs needs;
    struct scrim_purge_log purges;
    struct scrim_volumes volumes;
    struct scrim_burden burdens[SCRIM_DISKS_MAX];
    struct scrim_admission_room room;
    struct scrim_admission admission;

    struct filling filling[SCRIM_DISKS_MAX];
    struct scrim_removal removal;                 // since the last sweep
    uint64_t removed_since_look[SCRIM_DISKS_MAX]; // bytes, by place
    struct scrim_hour_range *owed; // keys of hours that were purged, not destroyed yet
    size_t owed_count;
    int64_t clock_offset_us; // UTC minus monotonic, as it is trusted
    int64_t doubted_us;      // monotonic: until then the clock is not trusted, unless NTP does
    bool keys_failed;        // the files of the last sweep's hours wait for their keys
    bool loaded;             // the whole stock is known
    size_t turn;             // the camera to follow next
    int64_t find_us, follow_us, sweep_us, volumes_us, status_us; // monotonic: when each is due
    struct complaint clock_complaint, holds_complaint, keys_complaint, files_complaint,
        full_complaint, fit_complaint, journal_complaint, record_complaint, status_complaint;
};

// Says it if it was not said for ten minutes.
void scrim_storage_complain(struct scrim_storage *storage, struct complaint *complaint,
                            const char *format, ...) SCRIM_PRINTF(3, 4);

// These three only while no hold can be placed.
// Every minute: marks what is past its retention, and destroys the keys that are due.
void scrim_storage_sweep(struct scrim_storage *storage, int64_t now_us);
// Makes room on volumes that need it: marks, and destroys the keys of hours that end with it.
void scrim_storage_purge(struct scrim_storage *storage, int64_t now_us);
// Removes marked files until the monotonic deadline. True if some are left.
bool scrim_storage_remove(struct scrim_storage *storage, int64_t now_us, int64_t deadline_us);

// True, with storage->holds as they are now, if something may be destroyed until _unguard.
SCRIM_MUST_CHECK bool scrim_storage_guard(struct scrim_storage *storage);
void scrim_storage_unguard(struct scrim_storage *storage);
// What a volume has to have free: its reserve, and what is written in the next two minutes.
uint64_t scrim_storage_ahead(const struct scrim_storage *storage, unsigned volume);

// Makes the JSON object and hands it on.
void scrim_storage_tell(struct scrim_storage *storage, int64_t now_us);
