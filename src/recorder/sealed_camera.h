// A camera as the sealer has it: its recording, its keys, and its one or two feeds. Belongs to the
// sealer's thread.
#pragma once

#include "recorder/feed.h"
#include "recorder/keys.h"
#include "recorder/orders.h"
#include "recorder/owed.h"

// What all cameras have in common. Nothing is owned.
struct scrim_sealed_home {
    struct scrim_disk *disk;
    const struct scrim_vault *vault;
    const char *site;
    uint64_t boot;
    struct scrim_fanout *fanout;
    struct scrim_keys *keys;
    const struct scrim_emergency *emergency; // NULL: no break-glass
};

struct scrim_sealed_camera;

// `order` is SCRIM_ORDER_ADD; `slot` is its own in the fan-out. `home` must outlive it.
SCRIM_MUST_CHECK int scrim_sealed_camera_create(const struct scrim_sealed_home *home, unsigned slot,
                                                const struct scrim_order *order,
                                                struct scrim_sealed_camera **ret,
                                                struct scrim_error *error);
void scrim_sealed_camera_destroy(struct scrim_sealed_camera *camera); // NULL is fine

const char *scrim_sealed_camera_id(const struct scrim_sealed_camera *camera);
bool scrim_sealed_camera_here(const struct scrim_sealed_camera *camera); // not removed

// It was taken out of scrim.yaml: recording ends, and the journal says so. What remains is the
// place in its chain, for when it comes back (_add).
// `changed`: it comes back at once, with other settings.
void scrim_sealed_camera_remove(struct scrim_sealed_camera *camera, bool changed);
SCRIM_MUST_CHECK int scrim_sealed_camera_add(struct scrim_sealed_camera *camera,
                                             const struct scrim_order *order,
                                             struct scrim_error *error);
void scrim_sealed_camera_place(struct scrim_sealed_camera *camera, int place);
// As scrim_feed_attach, for the main or the sub stream.
void scrim_sealed_camera_attach(struct scrim_sealed_camera *camera, bool sub, bool sound, int fd);
void scrim_sealed_camera_detach(struct scrim_sealed_camera *camera, bool sub);

// The segment that is being written ends at the next key frame, where another begins.
void scrim_sealed_camera_cut(struct scrim_sealed_camera *camera);

#define SCRIM_SEALED_FEEDS 2
// The descriptors of its feeds, -1 where there is none.
void scrim_sealed_camera_fds(const struct scrim_sealed_camera *camera, int ret[SCRIM_SEALED_FEEDS]);
// True if more has come already than was served now.
bool scrim_sealed_camera_serve(struct scrim_sealed_camera *camera, unsigned feed);
void scrim_sealed_camera_tick(struct scrim_sealed_camera *camera, int64_t mono_us);

// The keeper destroyed originals before their time.
void scrim_sealed_camera_purged(struct scrim_sealed_camera *camera,
                                const struct scrim_record *purge);
// From a thread of the disks.
void scrim_sealed_camera_disk_failed(struct scrim_sealed_camera *camera,
                                     const struct scrim_error *why);
// Recording ends. `ordered`: on purpose, which the journal says; else as after a crash.
void scrim_sealed_camera_end(struct scrim_sealed_camera *camera, bool ordered);
