#include "keeper/storage_impl.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_US (SCRIM_SECOND / 2)
#define WORK_US (SCRIM_SECOND / 25) // of a tick
#define FIND_US (10 * SCRIM_SECOND)
#define FOLLOW_ROUND_US (10 * SCRIM_SECOND) // in which every camera has its turn
#define SWEEP_US (60 * SCRIM_SECOND)
#define VOLUMES_US (2 * SCRIM_SECOND)
#define STATUS_US (10 * SCRIM_SECOND)
#define COMPLAIN_US (600 * SCRIM_SECOND)
#define SMOOTH_SECONDS 30.0
#define DOUBT_STEP_US (3600 * SCRIM_SECOND)
#define DOUBT_US (24 * 3600 * SCRIM_SECOND)

void scrim_storage_complain(struct scrim_storage *storage, struct complaint *complaint,
                            const char *format, ...)
{
    const int64_t now_us = scrim_clock_mono_us();
    char text[700];
    va_list arguments;
    if (now_us < complaint->due_us)
        return;
    complaint->due_us = now_us + COMPLAIN_US;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    scrim_error_log(&storage->log, "%s", text);
}

static void on_purge_record(void *context, const struct scrim_record *record)
{
    struct scrim_storage *storage = context;
    scrim_purge_log_seen(&storage->purges, record);
}

// What the keeper reaches into later has to be there when it is confined.
static int make_dirs(const char *dir, struct scrim_error *error)
{
    static const struct {
        const char *name;
        mode_t mode;
    } needed[] = {{"state/keeper", 0750}, {"state/disks", 0755}, {"store", 0770}, {"veil", 0770}};
    int result = SCRIM_OK;
    for (size_t i = 0; i < sizeof needed / sizeof *needed && result >= 0; i++) {
        char path[SCRIM_PATH_MAX];
        result = scrim_path_join(path, dir, needed[i].name);
        result = result < 0 ? scrim_fail(error, result, "%s: path too long", dir)
                            : scrim_fs_make_dirs(path, needed[i].mode, error);
    }
    return result;
}

static void begin_stock(struct scrim_storage *storage)
{
    scrim_stock_init(&storage->stock, storage->site);
    storage->stock.on_purge = on_purge_record;
    storage->stock.context = storage;
    scrim_needs_init(&storage->needs, storage->site);
    storage->loaded = false;
    storage->find_us = storage->follow_us = storage->volumes_us = storage->sweep_us = 0;
    memset(storage->filling, 0, sizeof storage->filling);
}

static void end_stock(struct scrim_storage *storage)
{
    scrim_stock_finish(&storage->stock);
    scrim_needs_finish(&storage->needs);
    scrim_periods_finish(&storage->periods);
    free(storage->room.demands);
    storage->room.demands = NULL;
}

// The rule of admitted.h, and what follows from it for the next start.
static int admit(const struct scrim_site *site, struct scrim_error *error)
{
    const int result = scrim_admission_start(site, error);
    return result < 0 ? result : scrim_admitted_remember(site, error);
}

int scrim_storage_create(const struct scrim_site *site, struct scrim_hour_ring *ring,
                         const struct scrim_storage_handler *handler, struct scrim_storage **ret,
                         struct scrim_error *error)
{
    struct scrim_storage *storage = scrim_new(struct scrim_storage);
    storage->site = site;
    storage->ring = ring;
    storage->handler = *handler;
    storage->log = scrim_log_named("keeper.storage");
    storage->clock_offset_us = scrim_clock_utc_us() - scrim_clock_mono_us();
    begin_stock(storage);
    int result = make_dirs(site->dir, error);
    if (result >= 0)
        result = scrim_holds_guard_create(site->dir, &storage->guard, error);
    if (result >= 0)
        result = scrim_purge_log_open(&storage->purges, site->dir, error);
    if (result >= 0)
        result = admit(site, error);
    if (result >= 0)
        result = scrim_periods_load(site, &storage->periods, error);
    if (result >= 0)
        result = scrim_periods_save(site->dir, &storage->periods, error);
    if (result < 0) {
        scrim_storage_destroy(storage);
        return result;
    }
    *ret = storage;
    return SCRIM_OK;
}

void scrim_storage_destroy(struct scrim_storage *storage)
{
    if (!storage)
        return;
    end_stock(storage);
    scrim_purge_log_finish(&storage->purges);
    scrim_holds_guard_destroy(storage->guard);
    free(storage->owed);
    free(storage);
}

// --- the stock ---

static bool all_loaded(const struct scrim_stock *stock)
{
    for (size_t i = 0; i < stock->cameras_count; i++) {
        if (!stock->cameras[i].loaded)
            return false;
    }
    return true;
}

static void find(struct scrim_storage *storage)
{
    struct scrim_error error;
    scrim_stock_look(&storage->stock);
    if (scrim_stock_find_cameras(&storage->stock, &error) < 0)
        scrim_storage_complain(storage, &storage->journal_complaint, "%s", error.text);
    storage->loaded = all_loaded(&storage->stock);
}

// What cannot be read is not known, and what is not known is not destroyed.
static bool step(struct scrim_storage *storage, struct scrim_stock_camera *camera)
{
    struct scrim_error error;
    const int result = scrim_stock_step(&storage->stock, camera, &error);
    if (result < 0)
        scrim_storage_complain(storage, &storage->journal_complaint, "camera %s: %s", camera->id,
                               error.text);
    return result > 0;
}

static void load(struct scrim_storage *storage, int64_t deadline_us)
{
    struct scrim_stock *stock = &storage->stock;
    for (size_t i = 0; i < stock->cameras_count; i++) {
        while (!stock->cameras[i].loaded && scrim_clock_mono_us() < deadline_us) {
            if (!step(storage, &stock->cameras[i]))
                break;
        }
    }
    storage->loaded = all_loaded(stock);
    if (storage->loaded)
        storage->status_us = 0;
}

static ssize_t number_of(const struct scrim_site *site, const char *camera)
{
    const struct scrim_camera_config *config = scrim_site_camera(site, camera);
    return config ? config - site->config->cameras : -1;
}

static void follow(struct scrim_storage *storage, int64_t now_us, int64_t deadline_us)
{
    struct scrim_stock *stock = &storage->stock;
    const size_t turns = stock->cameras_count / (FOLLOW_ROUND_US / TICK_US) + 1;
    for (size_t i = 0; i < turns && stock->cameras_count > 0; i++) {
        struct scrim_stock_camera *camera = &stock->cameras[storage->turn++ % stock->cameras_count];
        while (step(storage, camera) && scrim_clock_mono_us() < deadline_us)
            ;
        const ssize_t number = number_of(storage->site, camera->id);
        if (number >= 0)
            scrim_needs_look(&storage->needs, (size_t)number, stock, storage->holds, now_us);
    }
}

// --- the volumes ---

static uint64_t removed_from(const struct scrim_storage *storage, const struct scrim_volume *volume)
{
    uint64_t bytes = 0;
    for (unsigned at = 0; at < storage->stock.disks_count; at++)
        bytes += volume->places >> at & 1 ? storage->removed_since_look[at] : 0;
    return bytes;
}

static void measure(struct scrim_storage *storage, unsigned volume, int64_t now_mono_us)
{
    struct filling *filling = &storage->filling[volume];
    const uint64_t free_now = storage->volumes.list[volume].free;
    if (filling->known && now_mono_us > filling->at_us) {
        const double seconds = (double)(now_mono_us - filling->at_us) / 1e6;
        const double written = (double)filling->free - (double)free_now +
                               (double)removed_from(storage, &storage->volumes.list[volume]);
        const double most = (double)storage->needs.count * SCRIM_MEASURED_MBIT_MAX * 1e6 / 8;
        const double seen = written > 0 ? written / seconds : 0;
        const double rate = seen < most ? seen : most; // more is somebody else's
        const double weight = seconds < SMOOTH_SECONDS ? seconds / SMOOTH_SECONDS : 1;
        filling->bytes_per_second += (rate - filling->bytes_per_second) * weight;
    }
    *filling = (struct filling){true, free_now, now_mono_us, filling->bytes_per_second};
}

static void look_at_volumes(struct scrim_storage *storage, int64_t now_us)
{
    const unsigned before = storage->volumes.count;
    scrim_volumes_look(storage->site, &storage->volumes);
    if (storage->volumes.count != before)
        memset(storage->filling, 0, sizeof storage->filling);
    for (unsigned i = 0; i < storage->volumes.count; i++)
        measure(storage, i, scrim_clock_mono_us());
    memset(storage->removed_since_look, 0, sizeof storage->removed_since_look);
    for (size_t i = 0; i < storage->needs.count; i++) {
        if (!storage->needs.list[i].demand.camera) // not looked at yet
            scrim_needs_count(&storage->needs, i, &storage->stock, storage->holds, now_us);
    }
    scrim_burdens_weigh(&storage->needs, &storage->stock, &storage->volumes, now_us,
                        storage->burdens);
}

uint64_t scrim_storage_ahead(const struct scrim_storage *storage, unsigned volume)
{
    const double seen = storage->filling[volume].bytes_per_second;
    const double measured = (double)storage->burdens[volume].written / 3600;
    return (uint64_t)((seen > measured ? seen : measured) * SCRIM_AHEAD_SECONDS);
}

// --- the tick ---

static bool due(int64_t *at_us, int64_t every_us, int64_t now_mono_us)
{
    if (now_mono_us < *at_us)
        return false;
    *at_us = now_mono_us + every_us;
    return true;
}

static bool say_purge(void *context, const struct scrim_purge *purge)
{
    struct scrim_storage *storage = context;
    return storage->handler.purged(storage->handler.context, purge);
}

static void say_purges(struct scrim_storage *storage, int64_t now_mono_us)
{
    struct scrim_error error;
    // Before all journals are read it is not known which purges they have.
    if (storage->loaded)
        scrim_purge_log_say(&storage->purges, now_mono_us, say_purge, storage);
    if (scrim_purge_log_save(&storage->purges, &error) < 0)
        scrim_storage_complain(storage, &storage->record_complaint, "%s", error.text);
}

bool scrim_storage_guard(struct scrim_storage *storage)
{
    struct scrim_error error;
    const int result = scrim_holds_begin(storage->guard, &storage->holds, &error);
    if (result < 0 && result != SCRIM_EBUSY) {
        storage->holds = NULL;
        scrim_storage_complain(storage, &storage->holds_complaint,
                               "nothing is destroyed while the legal holds are not known: %s",
                               error.text);
    }
    return result >= 0;
}

void scrim_storage_unguard(struct scrim_storage *storage)
{
    scrim_holds_end(storage->guard);
}

// A clock that is set far ahead makes everything look old, and what is destroyed does not come back
// when it is set right. Such a step counts once the kernel says that the clock is synchronised, or
// when it has lasted for a day.
static bool clock_is_doubtful(struct scrim_storage *storage, int64_t now_us, int64_t now_mono_us)
{
    const int64_t offset_us = now_us - now_mono_us;
    const bool ahead = offset_us - storage->clock_offset_us > DOUBT_STEP_US;
    if (ahead && storage->doubted_us == 0)
        storage->doubted_us = now_mono_us + DOUBT_US;
    if (ahead && now_mono_us < storage->doubted_us && !scrim_clock_ntp().synchronised) {
        scrim_storage_complain(storage, &storage->clock_complaint,
                               "the clock was set ahead by %" PRId64
                               " minutes and is not synchronised: nothing is destroyed for its age "
                               "until it is, or for a day",
                               (offset_us - storage->clock_offset_us) / (60 * SCRIM_SECOND));
        return true;
    }
    storage->clock_offset_us = offset_us;
    storage->doubted_us = 0;
    return false;
}

// What looks, and destroys nothing.
static void look(struct scrim_storage *storage, int64_t now_us, int64_t now_mono_us)
{
    if (due(&storage->find_us, FIND_US, now_mono_us))
        find(storage);
    if (!storage->loaded)
        load(storage, now_mono_us + WORK_US);
    else if (due(&storage->follow_us, TICK_US, now_mono_us))
        follow(storage, now_us, now_mono_us + WORK_US);
}

// Returns whether more waits.
static bool destroy(struct scrim_storage *storage, int64_t now_us, int64_t now_mono_us)
{
    if (!scrim_storage_guard(storage))
        return false;
    if (due(&storage->volumes_us, VOLUMES_US, now_mono_us)) {
        look_at_volumes(storage, now_us);
        scrim_storage_purge(storage, now_us);
    }
    if (!clock_is_doubtful(storage, now_us, now_mono_us) && storage->loaded &&
        due(&storage->sweep_us, SWEEP_US, now_mono_us))
        scrim_storage_sweep(storage, now_us);
    const bool left = scrim_storage_remove(storage, now_us, scrim_clock_mono_us() + WORK_US);
    scrim_storage_unguard(storage);
    return left;
}

int64_t scrim_storage_tick(struct scrim_storage *storage)
{
    static const struct scrim_holds none;
    const int64_t now_us = scrim_clock_utc_us(), now_mono_us = scrim_clock_mono_us();
    const struct scrim_holds *known = storage->holds;
    if (!known)
        storage->holds = &none; // for the arithmetic alone
    look(storage, now_us, now_mono_us);
    storage->holds = known;
    const bool left = destroy(storage, now_us, now_mono_us);
    say_purges(storage, now_mono_us);
    if (due(&storage->status_us, STATUS_US, now_mono_us))
        scrim_storage_tell(storage, now_us);
    return left || !storage->loaded ? now_mono_us : now_mono_us + TICK_US;
}
