// The content of a hour ring: keys by camera and hour, sorted by both, in one block of locked
// memory that has the layout of the file (docs/ref/formats/hour-ring.md). A set is never changed;
// a change makes another one, so that a write which fails leaves the old one as it was.
// Private to src/store.
#pragma once

#include "store/hour_ring.h"

struct scrim_hour_group {
    const char *camera;  // NUL-terminated, in the block
    const uint8_t *keys; // in the block, sorted: u32 hour, then the key, each
    size_t count;        // 1 or more
};

struct scrim_hour_keys {
    uint8_t *block; // of sodium_malloc, owned
    size_t len;
    struct scrim_hour_group *groups; // owned
    size_t groups_count, count;      // count: keys of all groups
};

#define SCRIM_HOUR_KEYS_BYTES_MAX                                              \
    (4 + (size_t)SCRIM_HOUR_RING_CAMERAS_MAX * (SCRIM_CAMERA_ID_MAX + 1 + 4) + \
     (size_t)SCRIM_HOUR_RING_KEYS_MAX * (4 + SCRIM_HOUR_KEY))

SCRIM_MUST_CHECK int scrim_hour_keys_empty(struct scrim_hour_keys *ret);
void scrim_hour_keys_finish(struct scrim_hour_keys *keys); // wipes; zeroed is fine

// Takes over `block`, also on failure. SCRIM_EFORMAT unless it is exactly what we would write.
SCRIM_MUST_CHECK int scrim_hour_keys_parse(uint8_t *block, size_t len, struct scrim_hour_keys *ret);

// Of the key at this place, below the group's count.
uint64_t scrim_hour_keys_hour(const struct scrim_hour_group *group, size_t place);

// NULL: there is none.
const uint8_t *scrim_hour_keys_find(const struct scrim_hour_keys *keys, const char *camera,
                                    uint64_t hour);

// A set with keys for all of these hours too, fresh ones where there were none; *ret_changed
// counts those. SCRIM_EINVAL: no id of a camera, or no hour; SCRIM_ENOSPACE: more than a ring
// holds.
SCRIM_MUST_CHECK int scrim_hour_keys_with(const struct scrim_hour_keys *keys,
                                          const struct scrim_hour_range *wanted, size_t count,
                                          struct scrim_hour_keys *ret, size_t *ret_changed);
// A set without those.
SCRIM_MUST_CHECK int scrim_hour_keys_without(const struct scrim_hour_keys *keys,
                                             const struct scrim_hour_range *doomed, size_t count,
                                             struct scrim_hour_keys *ret, size_t *ret_changed);
