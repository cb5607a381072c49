#include "desk/catalog.h"

#include "base/alloc.h"
#include "desk/retention.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define TICK_US SCRIM_SECOND
#define SWEEP_US (60 * SCRIM_SECOND)
#define COMPLAIN_US (600 * SCRIM_SECOND) // about the same kind of trouble
#define JOBS_MAX 4096                    // a minute's files of very many cameras
#define QUERIES_MAX 256

// Says what goes wrong again and again, but not each time.
struct complaint {
    int64_t due_us; // monotonic
};

struct scrim_catalog {
    struct scrim_desk *desk;
    struct scrim_log log;
    struct scrim_index *writer; // catalog thread
    struct scrim_index *reader; // query thread
    int64_t sweep_due_us;
    bool caught_up, recovered;
    struct complaint catch_up, sweep, recover, state;
};

// SQLite opens the reader's -wal and -shm files at the first question: that is now, before files
// get out of reach. No camera has this name, which is the answer expected.
static int warm_up(struct scrim_index *reader, struct scrim_error *error)
{
    struct scrim_archive_file *none = NULL;
    size_t count = 0;
    const int result = scrim_index_archive_files(reader, "", 0, 1, 1, &none, &count, error);
    free(none);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

int scrim_catalog_open(struct scrim_desk *desk, struct scrim_catalog **ret,
                       struct scrim_error *error)
{
    struct scrim_catalog *catalog = scrim_new(struct scrim_catalog);
    catalog->desk = desk;
    catalog->log = scrim_log_named("desk.index");
    int result = scrim_index_open(desk->site.dir, &catalog->writer, error);
    if (result >= 0)
        result = scrim_index_open_reader(desk->site.dir, &catalog->reader, error);
    if (result >= 0)
        result = warm_up(catalog->reader, error);
    if (result < 0) {
        scrim_catalog_close(catalog);
        return result;
    }
    *ret = desk->past = catalog;
    return SCRIM_OK;
}

static void complain(const struct scrim_catalog *catalog, struct complaint *complaint,
                     const char *what, const struct scrim_error *error)
{
    const int64_t now_us = scrim_clock_mono_us();
    if (now_us < complaint->due_us)
        return;
    complaint->due_us = now_us + COMPLAIN_US;
    scrim_error_log(&catalog->log, "%s: %s", what, error->text);
}

// --- what the catalog's thread tells the loop ---

struct disk_news {
    struct scrim_job job;
    struct scrim_desk *desk;
    uint64_t free_bytes, total_bytes;
};

static void on_disk_news(struct scrim_job *job)
{
    struct disk_news *news = (struct disk_news *)job;
    news->desk->disk_free = news->free_bytes;
    news->desk->disk_total = news->total_bytes;
    free(news);
}

static void look_at_disk(struct scrim_worker *worker, const struct scrim_catalog *catalog)
{
    struct statvfs info;
    if (statvfs(catalog->desk->site.dir, &info) < 0) // its size shows as 0: unknown
        info = (struct statvfs){0};
    struct disk_news *news = scrim_new(struct disk_news);
    news->job.done = on_disk_news;
    news->desk = catalog->desk;
    news->free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    news->total_bytes = (uint64_t)info.f_blocks * info.f_frsize;
    scrim_worker_tell(worker, &news->job);
}

struct damage_news {
    struct scrim_job job;
    struct scrim_desk *desk;
};

static void on_damage(struct scrim_job *job)
{
    struct damage_news *news = (struct damage_news *)job;
    scrim_desk_stop(news->desk, 1);
    free(news);
}

// --- the catalog's thread ---

// A damaged database is moved aside when it is opened, which needs rights that this process has
// given up.
static void restart(struct scrim_worker *worker, struct scrim_desk *desk)
{
    struct damage_news *news = scrim_new(struct damage_news);
    news->job.done = on_damage;
    news->desk = desk;
    scrim_worker_tell(worker, &news->job);
}

static void catch_up(struct scrim_worker *worker, struct scrim_catalog *catalog)
{
    struct scrim_error error;
    uint64_t records = 0;
    const int result =
        scrim_index_catch_up(catalog->writer, &catalog->desk->site, &records, &error);
    if (result < 0 && result != SCRIM_EBUSY && catalog->caught_up) {
        scrim_error_log(&catalog->log, "starting again, to repair the index: %s", error.text);
        restart(worker, catalog->desk);
    } else if (result < 0) { // from the start on: another start would not help
        complain(catalog, &catalog->catch_up, "the index falls behind the journals", &error);
    } else {
        catalog->caught_up = true;
        if (records > 1000)
            scrim_info(&catalog->log, "read %" PRIu64 " records from the journals", records);
    }
}

static void recover(struct scrim_catalog *catalog)
{
    struct scrim_error error;
    unsigned found = 0;
    catalog->recovered = true;
    if (scrim_archive_recover(&catalog->desk->site, catalog->writer, &found, &error) < 0)
        complain(catalog, &catalog->recover, "the redacted archive", &error);
    if (found > 0)
        scrim_info(&catalog->log, "%u redacted files that a crash left were listed", found);
}

static void sweep(struct scrim_catalog *catalog)
{
    struct scrim_retention_counts counts;
    struct scrim_error error;
    if (scrim_retention_sweep(&catalog->desk->site, catalog->writer, scrim_clock_utc_us(), &counts,
                              &error) < 0) {
        char what[64];
        snprintf(what, sizeof what, "retention: %" PRIu64 " deletions failed", counts.failures);
        complain(catalog, &catalog->sweep, what, &error);
    }
    if (counts.redacted > 0)
        scrim_info(&catalog->log, "retention: %" PRIu64 " redacted files deleted", counts.redacted);
}

static void tick(struct scrim_worker *worker, void *context)
{
    struct scrim_catalog *catalog = context;
    catch_up(worker, catalog);
    look_at_disk(worker, catalog);
    if (!catalog->caught_up)
        return;
    if (!catalog->recovered)
        recover(catalog);
    if (scrim_clock_mono_us() >= catalog->sweep_due_us) {
        sweep(catalog);
        catalog->sweep_due_us = scrim_clock_mono_us() + SWEEP_US;
    }
}

struct add_job {
    struct scrim_job job;
    struct scrim_archive_file file;
};

static void work_add(struct scrim_job *job, void *context)
{
    struct add_job *add = (struct add_job *)job;
    struct scrim_catalog *catalog = context;
    struct scrim_error error;
    if (scrim_index_add_archive_file(catalog->writer, &add->file, &error) < 0)
        scrim_error_log(&catalog->log, "%s/%s is written and not listed until the next start: %s",
                        add->file.camera, add->file.file, error.text);
}

static void done_add(struct scrim_job *job)
{
    free(job);
}

void scrim_catalog_add(void *context, const struct scrim_archive_file *file)
{
    struct scrim_catalog *catalog = context;
    struct add_job *add = scrim_new(struct add_job);
    add->job = (struct scrim_job){.work = work_add, .done = done_add};
    add->file = *file;
    if (scrim_worker_submit(catalog->desk->catalog, &add->job))
        return;
    scrim_error_log(&catalog->log,
                    "%s/%s is written and not listed until the next start: too many "
                    "files wait",
                    file->camera, file->file);
    free(add);
}

// --- what became of the picture ---

struct state_job {
    struct scrim_job job;
    char camera[SCRIM_CAMERA_ID_MAX + 1];
    struct scrim_veil_spell spell;
};

static void work_state(struct scrim_job *job, void *context)
{
    struct state_job *note = (struct state_job *)job;
    struct scrim_catalog *catalog = context;
    struct scrim_error error;
    if (scrim_index_add_state(catalog->writer, catalog->desk->site.config->id, note->camera,
                              &note->spell, &error) < 0)
        complain(catalog, &catalog->state, "what became of a picture is not noted", &error);
}

static void done_state(struct scrim_job *job)
{
    free(job);
}

void scrim_catalog_note_state(struct scrim_catalog *catalog, unsigned camera,
                              enum scrim_veil_was state, const char *reason)
{
    struct state_job *note = scrim_new(struct state_job);
    note->job = (struct scrim_job){.work = work_state, .done = done_state};
    note->spell = (struct scrim_veil_spell){.state = state, .from_us = scrim_clock_utc_us()};
    snprintf(note->spell.reason, sizeof note->spell.reason, "%s", reason);
    snprintf(note->camera, sizeof note->camera, "%s",
             catalog->desk->site.config->cameras[camera].id);
    if (scrim_worker_submit(catalog->desk->catalog, &note->job))
        return;
    scrim_warn(&catalog->log, "camera %s: that its picture is %s is not noted: too much waits",
               note->camera, reason);
    free(note);
}

int scrim_catalog_start(struct scrim_catalog *catalog, struct scrim_error *error)
{
    struct scrim_desk *desk = catalog->desk;
    const struct scrim_worker_config writer = {
        .name = "catalog",
        .max_jobs = JOBS_MAX,
        .context = catalog,
        .tick_us = TICK_US,
        .tick = tick,
    };
    const struct scrim_worker_config reader = {
        .name = "query", .max_jobs = QUERIES_MAX, .context = catalog->reader};
    int result = scrim_worker_start(&desk->loop, &writer, &desk->catalog, error);
    if (result >= 0)
        result = scrim_worker_start(&desk->loop, &reader, &desk->query, error);
    for (unsigned i = 0; i < desk->site.config->cameras_count && result >= 0; i++)
        scrim_catalog_note_state(catalog, i, SCRIM_VEIL_WAS_DOWN, "the desk has started");
    return result;
}

void scrim_catalog_close(struct scrim_catalog *catalog)
{
    if (!catalog)
        return;
    scrim_index_close(catalog->reader);
    scrim_index_close(catalog->writer);
    free(catalog);
}
