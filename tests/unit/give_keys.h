// What the keeper does for a camera, in one process: keys of this hour and the next, made in the
// ring of DIR and handed over.
#pragma once

#include "recorder/hours.h"
#include "store/hour_ring.h"
#include "test.h"

#include <sodium.h>

static inline void give_keys(const char *dir, struct scrim_hours *hours, int64_t now_us)
{
    struct scrim_site_config config = {0};
    struct scrim_site site = {.config = &config};
    struct scrim_hour_ring *ring;
    struct scrim_hour_range range = {.first = scrim_hour_of(now_us),
                                     .last = scrim_hour_of(now_us) + 1};
    snprintf(site.dir, sizeof site.dir, "%s", dir);
    snprintf(range.camera, sizeof range.camera, "%s", scrim_hours_camera(hours));
    REQUIRE(scrim_hour_ring_open(&site, &ring, NULL) == SCRIM_OK);
    CHECK_INT(scrim_hour_ring_make(ring, &range, 1, NULL), SCRIM_OK);
    scrim_hours_tend(hours, now_us);
    for (uint64_t hour = range.first; hour <= range.last; hour++) {
        uint8_t key[SCRIM_HOUR_KEY];
        CHECK_INT(scrim_hour_ring_get(ring, range.camera, hour, key), SCRIM_OK);
        scrim_hours_put(hours, hour, key);
        sodium_memzero(key, sizeof key);
    }
    scrim_hour_ring_close(ring);
}
