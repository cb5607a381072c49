// What the desk asks before it changes a camera: would the disks still do? The same arithmetic as
// at a start, over what is known already, so that it takes no disk.
#include "keeper/storage_impl.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The site as it would be. Its cameras are views of the real one's.
struct supposed {
    struct scrim_site site;
    struct scrim_site_config config;
    struct scrim_needs needs;
    struct scrim_burden burdens[SCRIM_DISKS_MAX];
    struct scrim_admission_room room;
    struct scrim_admission admission;
};

static void suppose(struct supposed *supposed, const struct scrim_site *site,
                    const struct scrim_storage_wish *wish)
{
    const struct scrim_site_config *config = site->config;
    struct scrim_camera_config *list =
        scrim_new_array(config->cameras_count + 1, struct scrim_camera_config);
    unsigned count = 0;
    for (unsigned i = 0; i < config->cameras_count; i++) {
        if (strcmp(config->cameras[i].id, wish->camera) != 0)
            list[count++] = config->cameras[i];
    }
    if (!wish->gone)
        list[count++] = (struct scrim_camera_config){.id = (char *)(uintptr_t)wish->camera,
                                                     .retention_hours = wish->retention_hours,
                                                     .expected_mbit = wish->expected_mbit,
                                                     .keep = wish->keep};
    supposed->config = *config;
    supposed->config.cameras = list;
    supposed->config.cameras_count = count;
    memcpy(supposed->site.dir, site->dir, sizeof supposed->site.dir);
    supposed->site.config = &supposed->config;
}

// What is known of the redacted pictures of a camera that stays; lent.
static void lend_redacted(const struct scrim_storage *storage, const char *camera,
                          struct scrim_need *need)
{
    for (size_t i = 0; i < storage->needs.count; i++) {
        if (strcmp(storage->site->config->cameras[i].id, camera) == 0)
            need->redacted = storage->needs.list[i].redacted;
    }
}

static void reckon(struct supposed *supposed, struct scrim_storage *storage, int64_t now_us)
{
    static const struct scrim_holds none;
    const struct scrim_holds *holds = storage->holds ? storage->holds : &none;
    scrim_needs_init(&supposed->needs, &supposed->site);
    for (size_t i = 0; i < supposed->needs.count; i++) {
        lend_redacted(storage, supposed->config.cameras[i].id, &supposed->needs.list[i]);
        scrim_needs_count(&supposed->needs, i, &storage->stock, holds, now_us);
    }
    scrim_burdens_weigh(&supposed->needs, &storage->stock, &storage->volumes, now_us,
                        supposed->burdens);
    scrim_needs_admit(&supposed->needs, &storage->stock, &storage->volumes, supposed->burdens,
                      &supposed->room, &supposed->admission);
}

bool scrim_storage_ask(struct scrim_storage *storage, const struct scrim_storage_wish *wish,
                       char ret_text[SCRIM_ADMISSION_TEXT])
{
    if (!storage->loaded || storage->volumes.count == 0) {
        snprintf(ret_text, SCRIM_ADMISSION_TEXT,
                 "the keeper has just started and still counts what is stored; ask again soon");
        return false;
    }
    struct supposed *supposed = scrim_new(struct supposed);
    suppose(supposed, storage->site, wish);
    reckon(supposed, storage, scrim_clock_utc_us());
    // Who has outgrown the disks may always ask for less.
    const bool ok =
        supposed->admission.ok || supposed->admission.needed < storage->admission.needed;
    scrim_admission_sentence(&supposed->admission, ret_text, SCRIM_ADMISSION_TEXT);
    free(supposed->room.demands);
    free(supposed->needs.list); // without what was lent
    free(supposed->config.cameras);
    free(supposed);
    return ok;
}
