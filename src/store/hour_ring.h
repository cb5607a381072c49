// All hour keys of a site, in one sealed file (docs/ref/formats/hour-ring.md): one random key per
// camera and hour, mixed into every wrap of that hour. A key that is destroyed shreds its hour
// everywhere, backups of the segments included; and because destroying also replaces the root key
// (store/root_key.h) that the file is sealed under, backups of the file itself are void as well.
//
// One process writes: scrim-keeper, or `scrim shred` where no keeper runs. The lock sees to that.
// Every change is durable before its call returns, and a failed one leaves both the file and the
// ring in memory as they were. Keys are in locked memory and wiped.
#pragma once

#include "site/config.h"
#include "store/layout.h"
#include "vault/vault.h"

#define SCRIM_HOUR_RING_KEYS_MAX (16U << 20) // keys a ring may hold: 191 cameras for ten years
#define SCRIM_HOUR_RING_CAMERAS_MAX 4096     // cameras that left the site included

struct scrim_hour_ring;

struct scrim_hour_range {
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    uint64_t first, last; // hours since 1970, both included
};

// For writing: takes the lock (SCRIM_EBUSY if another process has it), completes or undoes what a
// crash left half done, and begins an empty ring where the site has none. `site` must outlive it.
SCRIM_MUST_CHECK int scrim_hour_ring_open(const struct scrim_site *site,
                                          struct scrim_hour_ring **ret, struct scrim_error *error);
// For reading: as it is now, also while a keeper runs. SCRIM_ENOENT: the site has no ring yet.
SCRIM_MUST_CHECK int scrim_hour_ring_read(const struct scrim_site *site,
                                          struct scrim_hour_ring **ret, struct scrim_error *error);
// Reads a ring that was opened for reading again if the file has changed since: what was destroyed
// in the meantime is gone then. On failure the ring is as it was.
SCRIM_MUST_CHECK int scrim_hour_ring_refresh(struct scrim_hour_ring *ring,
                                             struct scrim_error *error);
void scrim_hour_ring_close(struct scrim_hour_ring *ring); // wipes, unlocks; NULL is fine

size_t scrim_hour_ring_count(const struct scrim_hour_ring *ring); // keys
bool scrim_hour_ring_holds(const struct scrim_hour_ring *ring, const char *camera, uint64_t hour);
// SCRIM_ENOENT: never made, or shredded. Wipe `ret` after use.
SCRIM_MUST_CHECK int scrim_hour_ring_get(const struct scrim_hour_ring *ring, const char *camera,
                                         uint64_t hour, uint8_t ret[SCRIM_HOUR_KEY]);

// Makes the keys of these hours that are missing: one write for all, none if nothing is missing.
SCRIM_MUST_CHECK int scrim_hour_ring_make(struct scrim_hour_ring *ring,
                                          const struct scrim_hour_range *wanted, size_t count,
                                          struct scrim_error *error);
// Destroys the keys of these hours for good, all or (on failure) none; hours without a key are
// fine. *ret_destroyed counts them; without any nothing is written.
SCRIM_MUST_CHECK int scrim_hour_ring_destroy(struct scrim_hour_ring *ring,
                                             const struct scrim_hour_range *doomed, size_t count,
                                             size_t *ret_destroyed, struct scrim_error *error);

// Every key's camera and hour, sorted by both. A zeroed cursor stands before the first; a change
// of the ring ends the walk.
struct scrim_hour_cursor {
    size_t camera, key;
};
SCRIM_MUST_CHECK bool scrim_hour_ring_next(const struct scrim_hour_ring *ring,
                                           struct scrim_hour_cursor *cursor,
                                           const char **ret_camera, uint64_t *ret_hour);
