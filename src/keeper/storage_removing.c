// What goes, and in which order: keys, then files.
#include "keeper/storage_impl.h"

#include "keeper/shred.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES_A_TICK 500
#define SLACK 4                       // a purge makes a quarter more room than is needed
#define STEP_LEAST UINT64_C(16000000) // bytes
#define HOUR_US (3600 * SCRIM_SECOND)
#define OVER_US (2 * 60 * SCRIM_SECOND) // after its end, nothing is sealed for an hour any more

// --- keys ---

static int destroy_keys(struct scrim_storage *storage, const struct scrim_hour_range *hours,
                        size_t count, const char *why)
{
    struct scrim_error error;
    size_t destroyed = 0;
    if (count == 0)
        return SCRIM_OK;
    const int result = scrim_hour_ring_destroy(storage->ring, hours, count, &destroyed, &error);
    if (result < 0)
        scrim_storage_complain(storage, &storage->keys_complaint,
                               "hour keys cannot be destroyed: %s", error.text);
    else if (destroyed > 0)
        scrim_info(&storage->log, "%zu hour keys destroyed: %s", destroyed, why);
    return result;
}

// Hours that a purge emptied: a full disk may have kept their keys.
static void destroy_owed(struct scrim_storage *storage)
{
    if (storage->owed_count == 0 ||
        destroy_keys(storage, storage->owed, storage->owed_count, "purged") < 0)
        return;
    free(storage->owed);
    storage->owed = NULL;
    storage->owed_count = 0;
}

// The hours of marked pieces that no piece needs any more.
static int owe_hours(struct scrim_storage *storage, const struct scrim_stock_camera *camera,
                     int64_t now_us)
{
    uint64_t last = UINT64_MAX;
    for (size_t i = 0; i < camera->count; i++) {
        const struct scrim_piece *piece = &camera->pieces[i];
        const uint64_t hour = scrim_hour_of(piece->start_us);
        if (piece->state != SCRIM_PIECE_DOOMED || hour == last)
            continue;
        last = hour;
        if ((int64_t)(hour + 1) * HOUR_US + OVER_US > now_us ||
            scrim_retention_hour_needed(camera, hour))
            continue;
        if (scrim_hour_ranges_add(&storage->owed, &storage->owed_count, camera->id, hour) < 0)
            return SCRIM_ENOMEM;
    }
    return SCRIM_OK;
}

// --- retention ---

// A camera that is neither configured nor stored any more is remembered no longer.
static void forget_cameras(struct scrim_storage *storage)
{
    struct scrim_error error;
    for (size_t i = storage->periods.count; i-- > 0;) {
        char id[SCRIM_CAMERA_ID_MAX + 1];
        memcpy(id, storage->periods.list[i].camera, sizeof id);
        const struct scrim_stock_camera *camera = scrim_stock_camera(&storage->stock, id);
        if (!scrim_site_camera(storage->site, id) && (!camera || scrim_stock_empty(camera)))
            scrim_periods_forget(&storage->periods, id);
    }
    if (scrim_periods_save(storage->site->dir, &storage->periods, &error) < 0)
        scrim_storage_complain(storage, &storage->record_complaint, "%s", error.text);
}

static void report_removed(struct scrim_storage *storage)
{
    const struct scrim_removal *removal = &storage->removal;
    char bytes[SCRIM_BYTES_TEXT];
    scrim_bytes_text(removal->bytes, bytes);
    if (removal->segments > 0)
        scrim_info(&storage->log, "%" PRIu64 " sealed files removed, %s", removal->segments, bytes);
    if (removal->failures > 0)
        scrim_storage_complain(storage, &storage->files_complaint,
                               "%" PRIu64 " sealed files cannot be removed: %s", removal->failures,
                               removal->first.text);
    storage->removal = (struct scrim_removal){0};
}

void scrim_storage_sweep(struct scrim_storage *storage, int64_t now_us)
{
    struct scrim_stock *stock = &storage->stock;
    struct scrim_hour_range *hours = NULL;
    struct scrim_error error;
    size_t count = 0;
    report_removed(storage);
    for (size_t i = 0; i < stock->cameras_count; i++) {
        struct scrim_stock_camera *camera = &stock->cameras[i];
        (void)scrim_retention_doom(stock, camera,
                                   scrim_periods_hours(&storage->periods, camera->id),
                                   storage->holds, now_us);
    }
    int result = scrim_retention_keys(stock, storage->ring, &storage->periods, storage->holds,
                                      now_us, &hours, &count, &error);
    if (result < 0)
        scrim_storage_complain(storage, &storage->keys_complaint, "%s", error.text);
    else
        result = destroy_keys(storage, hours, count, "their retention is over");
    free(hours);
    destroy_owed(storage);
    // On a full disk the ring cannot be written before files went.
    storage->keys_failed = result < 0 && result != SCRIM_ENOSPACE;
    forget_cameras(storage);
}

bool scrim_storage_remove(struct scrim_storage *storage, int64_t now_us, int64_t deadline_us)
{
    struct scrim_stock *stock = &storage->stock;
    size_t budget = FILES_A_TICK;
    const struct scrim_removal before = storage->removal;
    bool left = false;
    if (storage->keys_failed)
        return false;
    for (size_t i = 0; i < stock->cameras_count && budget > 0; i++) {
        scrim_removal_run(stock, &stock->cameras[i], storage->holds, now_us, &budget, deadline_us,
                          &storage->removal);
        left |= scrim_clock_mono_us() >= deadline_us;
    }
    for (unsigned at = 0; at < stock->disks_count; at++)
        storage->removed_since_look[at] += storage->removal.bytes_on[at] - before.bytes_on[at];
    // What cannot be removed is tried again, but not in a hurry.
    return (left || budget == 0) && storage->removal.failures == before.failures;
}

// --- purge ---

static void describe(const struct scrim_volume *volume, uint64_t need, char *ret, size_t size)
{
    char have[SCRIM_BYTES_TEXT], wanted[SCRIM_BYTES_TEXT];
    scrim_bytes_text(volume->free, have);
    scrim_bytes_text(need, wanted);
    snprintf(ret, size, "%.90s had %s free and needs %s for what comes next", volume->name, have,
             wanted);
}

// Said before anything is destroyed, so that no crash makes it silent.
static void announce(struct scrim_storage *storage, const struct scrim_purge_list *purges,
                     uint64_t bytes)
{
    struct scrim_error error;
    char text[SCRIM_BYTES_TEXT];
    uint64_t segments = 0;
    if (scrim_purge_log_add(&storage->purges, purges, &error) < 0)
        scrim_storage_complain(storage, &storage->record_complaint, "%s", error.text);
    for (size_t i = 0; i < purges->count; i++)
        segments += purges->list[i].segments;
    scrim_bytes_text(bytes, text);
    scrim_warn(&storage->log,
               "purge: %" PRIu64 " sealed files (%s) destroyed before their time: %s", segments,
               text, purges->list[0].text);
}

// What is marked on a volume and will be free in a moment.
static uint64_t marked_on(const struct scrim_stock *stock, const struct scrim_volume *volume)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < stock->cameras_count; i++) {
        const struct scrim_stock_camera *camera = &stock->cameras[i];
        for (size_t k = 0; k < camera->count && camera->doomed > 0; k++) {
            const struct scrim_piece *piece = &camera->pieces[k];
            if (piece->state == SCRIM_PIECE_DOOMED && (volume->places >> piece->disk & 1))
                bytes += piece->bytes;
        }
    }
    return bytes;
}

// How much goes at once. A reserve that is missing, because somebody else filled the disk or
// because it was raised, is made up for in steps: whoever can mend it has the time, and what is
// written has room meanwhile.
static uint64_t step_of(uint64_t missing, uint64_t ahead)
{
    const uint64_t most = ahead + ahead / SLACK > STEP_LEAST ? ahead + ahead / SLACK : STEP_LEAST;
    const uint64_t wanted = missing + ahead / SLACK;
    return wanted < most ? wanted : most;
}

static void purge_volume(struct scrim_storage *storage, unsigned number, int64_t now_us)
{
    const struct scrim_volume *volume = &storage->volumes.list[number];
    const uint64_t ahead = scrim_storage_ahead(storage, number);
    const uint64_t need = volume->reserve + ahead;
    const uint64_t have = volume->free + marked_on(&storage->stock, volume);
    struct scrim_purge_list purges;
    struct scrim_error error;
    char text[200];
    uint64_t bytes = 0;
    if (have >= need)
        return;
    describe(volume, need, text, sizeof text);
    if (scrim_purge_choose(&storage->stock, volume->places, step_of(need - have, ahead),
                           storage->holds, now_us, text, &purges, &bytes, &error) < 0)
        scrim_storage_complain(storage, &storage->full_complaint, "%s", error.text);
    if (purges.count == 0) {
        scrim_storage_complain(storage, &storage->full_complaint,
                               "%s, but nothing on it may go: it is held, not sealed, or being "
                               "written",
                               text);
        return;
    }
    announce(storage, &purges, bytes);
    for (size_t i = 0; i < storage->stock.cameras_count; i++) {
        if (storage->stock.cameras[i].doomed > 0 &&
            owe_hours(storage, &storage->stock.cameras[i], now_us) < 0)
            scrim_storage_complain(storage, &storage->keys_complaint,
                                   "no memory for the hours that a purge ended");
    }
    scrim_purge_list_finish(&purges);
}

void scrim_storage_purge(struct scrim_storage *storage, int64_t now_us)
{
    for (unsigned i = 0; i < storage->volumes.count; i++) {
        // Oldest first needs all to be known; a volume that is filling up cannot wait for it.
        const struct scrim_volume *volume = &storage->volumes.list[i];
        if (storage->loaded || volume->free < volume->reserve / 2)
            purge_volume(storage, i, now_us);
    }
    destroy_owed(storage);
}

// --- shred ---

static void doom_hours(struct scrim_storage *storage, const struct scrim_hour_range *range,
                       const char *reason, struct scrim_purge *purge)
{
    struct scrim_stock_camera *camera = scrim_stock_camera(&storage->stock, range->camera);
    *purge = (struct scrim_purge){.cause = SCRIM_GAP_OPERATOR};
    snprintf(purge->camera, sizeof purge->camera, "%s", range->camera);
    snprintf(purge->text, sizeof purge->text, "shredded: %.180s", reason);
    if (!camera)
        return;
    for (size_t i = scrim_stock_from(camera, (int64_t)range->first * HOUR_US);
         i < camera->count && camera->pieces[i].start_us < (int64_t)(range->last + 1) * HOUR_US;
         i++) {
        struct scrim_piece *piece = &camera->pieces[i];
        if (!scrim_piece_stays(piece))
            continue;
        if (purge->segments++ == 0)
            purge->start_us = piece->start_us + piece->offset_us;
        if (piece->end_us > purge->end_us)
            purge->end_us = piece->end_us;
        scrim_stock_doom(camera, piece);
    }
}

static int shred_guarded(struct scrim_storage *storage, const struct scrim_hour_range *range,
                         const char *reason, struct scrim_buf *ret_done, struct scrim_error *error)
{
    struct scrim_purge purge;
    struct scrim_error why;
    int result = scrim_shred(storage->ring, range, storage->holds, ret_done, error);
    if (result < 0)
        return result;
    doom_hours(storage, range, reason, &purge);
    if (purge.segments == 0)
        return SCRIM_OK;
    if (scrim_purge_log_add(&storage->purges, &(struct scrim_purge_list){&purge, 1}, &why) < 0)
        scrim_storage_complain(storage, &storage->record_complaint, "%s", why.text);
    result = scrim_buf_printf(ret_done, ", %" PRIu64 " sealed files removed", purge.segments);
    return result < 0 ? scrim_fail(error, result, "%s", scrim_err_text(result)) : SCRIM_OK;
}

int scrim_storage_shred(struct scrim_storage *storage, const struct scrim_hour_range *range,
                        const char *reason, struct scrim_buf *ret_done, struct scrim_error *error)
{
    if (!scrim_storage_guard(storage))
        return scrim_fail(error, SCRIM_EBUSY,
                          "the legal holds are not known, or one is being placed: try again");
    const int result = shred_guarded(storage, range, reason, ret_done, error);
    scrim_storage_unguard(storage);
    return result;
}
