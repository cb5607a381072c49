#include "desk/exports.h"

#include "base/alloc.h"
#include "base/log.h"
#include "desk/export_store.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#define JOBS_MAX 64

struct scrim_exports {
    struct scrim_log log;
    char dir[SCRIM_PATH_MAX];
    struct scrim_acts *acts;
    struct scrim_worker *worker; // makes films
    struct scrim_worker *notes;  // writes down what is known of them, and removes them
    struct scrim_export **list;  // oldest first
    size_t count;
    size_t ordered;       // films that are waited for and not in `list` yet
    atomic_uint progress; // of the one that is being made
    atomic_bool cancel;   // the desk ends
};

// --- opening and closing ---

static bool has_ending(const char *name, const char *ending)
{
    const size_t length = strlen(name), tail = strlen(ending);
    return length > tail && strcmp(name + length - tail, ending) == 0;
}

// One that is not whole, if there is one.
static void remove_film(const struct scrim_exports *exports, const char *id)
{
    struct scrim_error error;
    char path[SCRIM_PATH_MAX];
    if (export_store_path(exports->dir, id, ".mp4", path) >= 0 &&
        scrim_fs_unlink(path, &error) < 0 && error.code != SCRIM_ENOENT)
        scrim_warn(&exports->log, "%s", error.text);
}

// The desk ended while it was being made.
static void close_broken(struct scrim_exports *exports, struct scrim_export *export)
{
    struct scrim_error error;
    if (export->state != SCRIM_EXPORT_MAKING)
        return;
    export->state = SCRIM_EXPORT_FAILED;
    snprintf(export->words, sizeof export->words, "the desk ended while it was being made");
    remove_film(exports, export->id);
    scrim_acts_failed(exports->acts, export->act, export->words);
    if (export_store_save(exports->dir, export, &error) < 0)
        scrim_warn(&exports->log, "%s", error.text);
}

static void load_one(struct scrim_exports *exports, const char *directory, const char *name)
{
    struct scrim_export *export = scrim_new(struct scrim_export);
    struct scrim_error error = {0};
    char path[SCRIM_PATH_MAX];
    int result = scrim_path_join(path, directory, name);
    if (result >= 0)
        result = export_store_load(path, export, &error);
    if (result < 0) {
        scrim_warn(&exports->log, "an export is left out: %s", error.text);
        free(export);
        return;
    }
    close_broken(exports, export);
    size_t at = exports->count++;
    for (; at > 0 && exports->list[at - 1]->created_us > export->created_us; at--)
        exports->list[at] = exports->list[at - 1];
    exports->list[at] = export;
}

// Films that nothing is known of: their maker was killed before it could write that down.
static void remove_stray(struct scrim_exports *exports, const char *directory, const char *name)
{
    struct scrim_error error;
    char path[SCRIM_PATH_MAX], id[SCRIM_EXPORT_ID] = "";
    snprintf(id, sizeof id, "%.*s", (int)(strlen(name) - 4), name);
    if (scrim_exports_find(exports, id) || scrim_path_join(path, directory, name) < 0)
        return;
    if (scrim_fs_unlink(path, &error) < 0)
        scrim_warn(&exports->log, "%s", error.text);
}

static int load(struct scrim_exports *exports, struct scrim_error *error)
{
    char directory[SCRIM_PATH_MAX], **names = NULL;
    size_t count = 0;
    if (scrim_path_join(directory, exports->dir, SCRIM_EXPORTS_DIR) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", exports->dir);
    int result = scrim_fs_make_dirs(directory, 0700, error);
    if (result >= 0)
        result = scrim_fs_list(directory, &names, &count, error);
    for (size_t i = 0; i < count && exports->count < SCRIM_EXPORTS_MAX; i++)
        if (has_ending(names[i], ".json"))
            load_one(exports, directory, names[i]);
    for (size_t i = 0; i < count; i++)
        if (has_ending(names[i], ".mp4"))
            remove_stray(exports, directory, names[i]);
    if (names)
        scrim_fs_free_names(names, count);
    return result;
}

int scrim_exports_open(const char *dir, struct scrim_acts *acts, struct scrim_exports **ret,
                       struct scrim_error *error)
{
    struct scrim_exports *exports = scrim_new(struct scrim_exports);
    exports->log = scrim_log_named("desk.exports");
    exports->acts = acts;
    exports->list = scrim_new_array(SCRIM_EXPORTS_MAX, struct scrim_export *);
    snprintf(exports->dir, sizeof exports->dir, "%s", dir);
    const int result = load(exports, error);
    if (result < 0)
        scrim_exports_free(exports);
    else
        *ret = exports;
    return result;
}

int scrim_exports_start(struct scrim_exports *exports, uv_loop_t *loop, struct scrim_error *error)
{
    struct scrim_worker_config config = {
        .name = "exports", .max_jobs = JOBS_MAX, .context = exports};
    const int result = scrim_worker_start(loop, &config, &exports->worker, error);
    config.name = "export-notes";
    return result < 0 ? result : scrim_worker_start(loop, &config, &exports->notes, error);
}

void scrim_exports_stop(struct scrim_exports *exports)
{
    if (!exports)
        return;
    atomic_store(&exports->cancel, true);
    scrim_worker_stop(exports->notes);
    scrim_worker_stop(exports->worker);
}

void scrim_exports_free(struct scrim_exports *exports)
{
    if (!exports)
        return;
    scrim_worker_free(exports->notes);
    scrim_worker_free(exports->worker);
    for (size_t i = 0; i < exports->count; i++)
        free(exports->list[i]);
    free(exports->list);
    free(exports);
}

// --- questions ---

size_t scrim_exports_count(const struct scrim_exports *exports)
{
    return exports->count;
}

const struct scrim_export *scrim_exports_at(const struct scrim_exports *exports, size_t nth)
{
    return exports->list[exports->count - 1 - nth];
}

static size_t place_of(const struct scrim_exports *exports, const char *id)
{
    size_t nth = 0;
    while (nth < exports->count && strcmp(exports->list[nth]->id, id) != 0)
        nth++;
    return nth;
}

const struct scrim_export *scrim_exports_find(const struct scrim_exports *exports, const char *id)
{
    const size_t nth = place_of(exports, id);
    return nth < exports->count ? exports->list[nth] : NULL;
}

unsigned scrim_exports_progress(const struct scrim_exports *exports,
                                const struct scrim_export *export)
{
    if (export->state != SCRIM_EXPORT_MAKING)
        return export->state == SCRIM_EXPORT_READY ? 1000 : 0;
    size_t first = 0; // they are made in their order
    while (exports->list[first]->state != SCRIM_EXPORT_MAKING)
        first++;
    return exports->list[first] == export ? atomic_load(&exports->progress) : 0;
}

int scrim_exports_path(const struct scrim_exports *exports, const char *id,
                       char ret[SCRIM_PATH_MAX])
{
    return export_store_path(exports->dir, id, ".mp4", ret);
}

int scrim_exports_room(const char *dir, uint64_t bytes, uint64_t left, struct scrim_error *error)
{
    struct statvfs info;
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, dir, SCRIM_EXPORTS_DIR) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    if (statvfs(path, &info) < 0)
        return scrim_fail_errno(error, errno, "cannot tell how much room there is");
    const uint64_t room = (uint64_t)info.f_bavail * info.f_frsize;
    return room >= bytes && room - bytes >= left
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_ENOSPACE,
                            "the film needs up to %llu MB, and of the %llu MB that the disk has "
                            "left, %llu MB are for recordings",
                            (unsigned long long)(bytes >> 20) + 1, (unsigned long long)(room >> 20),
                            (unsigned long long)(left >> 20));
}

// --- making ---

struct make_job {
    struct scrim_job job;
    struct scrim_exports *exports;
    struct scrim_export_order order;
    scrim_exports_begun begun;
    void *context;
    int result;
    struct scrim_error error;
};

static void free_order(struct scrim_export_order *order)
{
    free(order->files);
    order->files = NULL;
}

static void fail(struct make_job *job, const char *words)
{
    struct scrim_export *export = &job->order.wanted;
    struct scrim_error ignored;
    export->state = SCRIM_EXPORT_FAILED;
    snprintf(export->words, sizeof export->words, "%s", words);
    scrim_acts_failed(job->exports->acts, export->act, words);
    if (export_store_save(job->exports->dir, export, &ignored) < 0)
        scrim_warn(&job->exports->log, "%s", ignored.text);
}

static int log_outcome(const struct make_job *job, struct scrim_error *error)
{
    const struct scrim_export *export = &job->order.wanted;
    char detail[256];
    snprintf(detail, sizeof detail,
             "{\"export\":\"%s\",\"bytes\":%llu,\"frames\":%llu,\"sha256\":\"%s\"}", export->id,
             (unsigned long long)export->film.bytes, (unsigned long long)export->film.frames,
             export->film.sha256);
    return scrim_acts_done(job->exports->acts, export->act, detail, error);
}

static int make(struct make_job *job, struct scrim_error *error)
{
    struct scrim_exports *exports = job->exports;
    struct scrim_export *export = &job->order.wanted;
    const struct export_plan plan = {.dir = exports->dir,
                                     .camera = export->camera,
                                     .from_us = export->from_us,
                                     .to_us = export->to_us,
                                     .files = job->order.files,
                                     .files_count = job->order.files_count,
                                     .title = export->name,
                                     .comment = job->order.comment,
                                     .author = job->order.author};
    char path[SCRIM_PATH_MAX], directory[SCRIM_PATH_MAX];
    if (export_store_path(exports->dir, export->id, ".mp4", path) < 0 ||
        scrim_path_join(directory, exports->dir, SCRIM_EXPORTS_DIR) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", exports->dir);
    int result =
        export_make(&plan, path, &exports->progress, &exports->cancel, &export->film, error);
    if (result >= 0)
        result = scrim_fs_sync_dir(directory, error);
    if (result < 0)
        return result;
    export->state = SCRIM_EXPORT_READY;
    result = log_outcome(job, error); // what the log does not vouch for is not given out
    return result < 0 ? result : export_store_save(exports->dir, export, error);
}

static void work_make(struct scrim_job *base, void *context)
{
    struct make_job *job = (struct make_job *)base;
    struct scrim_exports *exports = context;
    atomic_store(&exports->progress, 0);
    job->result = make(job, &job->error);
    free_order(&job->order);
    if (job->result >= 0)
        return;
    remove_film(exports, job->order.wanted.id);
    fail(job, job->error.text);
}

static void done_make(struct scrim_job *base)
{
    struct make_job *job = (struct make_job *)base;
    struct scrim_exports *exports = job->exports;
    const size_t nth = place_of(exports, job->order.wanted.id);
    if (nth < exports->count)
        *exports->list[nth] = job->order.wanted;
    if (job->result < 0)
        scrim_error_log(&exports->log, "export %s is not made: %s", job->order.wanted.id,
                        job->error.text);
    free(job);
}

static void add_to_list(struct scrim_exports *exports, const struct scrim_export *export)
{
    struct scrim_export *copy = scrim_new(struct scrim_export);
    *copy = *export;
    exports->list[exports->count++] = copy;
}

static char *intent_detail(const struct scrim_export *export)
{
    json_t *json =
        json_pack("{s:s,s:s,s:I,s:I}", "export", export->id, "name", export->name, "from",
                  (json_int_t)(export->from_us / 1000), "to", (json_int_t)(export->to_us / 1000));
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    json_decref(json);
    return text;
}

// The intent is in the log, and what is known of the film in its file, before anybody hears of it.
static void work_begin(struct scrim_job *base, void *context)
{
    struct make_job *job = (struct make_job *)base;
    struct scrim_exports *exports = context;
    struct scrim_export *export = &job->order.wanted;
    char *detail = intent_detail(export);
    const struct scrim_act act = {.who = export->who,
                                  .what = "export.make",
                                  .camera = export->camera,
                                  .reason = export->reason,
                                  .detail = detail};
    job->result = scrim_acts_begin(exports->acts, &act, &export->act, &job->error);
    free(detail);
    if (job->result < 0)
        return;
    job->result = export_store_save(exports->dir, export, &job->error);
    if (job->result < 0)
        scrim_acts_failed(exports->acts, export->act, job->error.text);
}

static void done_begin(struct scrim_job *base)
{
    struct make_job *job = (struct make_job *)base;
    struct scrim_exports *exports = job->exports;
    exports->ordered--;
    if (job->result < 0) {
        job->begun(job->context, job->result, job->order.wanted.id, &job->error);
        free_order(&job->order);
        free(job);
        return;
    }
    add_to_list(exports, &job->order.wanted);
    job->begun(job->context, SCRIM_OK, job->order.wanted.id, NULL);
    job->job = (struct scrim_job){.work = work_make, .done = done_make};
    if (scrim_worker_submit(exports->worker, &job->job))
        return;
    // It stands in its file as being made: the next start says that it failed.
    struct scrim_export *export = exports->list[place_of(exports, job->order.wanted.id)];
    export->state = SCRIM_EXPORT_FAILED;
    snprintf(export->words, sizeof export->words, "too many films wait to be made");
    scrim_acts_tell_failed(exports->acts, export->act, export->words);
    free_order(&job->order);
    free(job);
}

int scrim_exports_make(struct scrim_exports *exports, struct scrim_export_order *order,
                       scrim_exports_begun begun, void *context)
{
    uint8_t random[(SCRIM_EXPORT_ID - 1) / 2];
    if (exports->count + exports->ordered >= SCRIM_EXPORTS_MAX) {
        free_order(order);
        return SCRIM_ENOSPACE;
    }
    struct make_job *job = scrim_new(struct make_job);
    job->job = (struct scrim_job){.work = work_begin, .done = done_begin};
    job->exports = exports;
    job->order = *order;
    job->begun = begun;
    job->context = context;
    struct scrim_export *export = &job->order.wanted;
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(export->id, sizeof export->id, random, sizeof random);
    export->created_us = scrim_clock_utc_us();
    export->state = SCRIM_EXPORT_MAKING;
    if (!scrim_worker_submit(exports->notes, &job->job)) {
        free_order(&job->order);
        free(job);
        return SCRIM_EBUSY;
    }
    exports->ordered++;
    return SCRIM_OK;
}

// --- what is over ---

struct remove_job {
    struct scrim_job job;
    struct scrim_exports *exports;
    struct scrim_export export;
};

static void work_remove(struct scrim_job *base, void *context)
{
    struct remove_job *job = (struct remove_job *)base;
    struct scrim_exports *exports = context;
    char detail[64];
    uint64_t id;
    struct scrim_error error;
    snprintf(detail, sizeof detail, "{\"export\":\"%s\"}", job->export.id);
    const struct scrim_act act = {
        .what = "export.expire", .camera = job->export.camera, .detail = detail};
    int result = scrim_acts_begin(exports->acts, &act, &id, &error);
    if (result >= 0 && (result = export_store_remove(exports->dir, job->export.id, &error)) < 0)
        scrim_acts_failed(exports->acts, id, error.text);
    if (result < 0)
        scrim_error_log(&exports->log, "export %s is over and not removed until the next start: %s",
                        job->export.id, error.text);
}

static void done_remove(struct scrim_job *base)
{
    free(base);
}

void scrim_exports_expire(struct scrim_exports *exports, int64_t now_us)
{
    for (size_t i = 0; i < exports->count;) {
        struct scrim_export *export = exports->list[i];
        if (export->created_us + SCRIM_EXPORT_KEPT_US > now_us ||
            export->state == SCRIM_EXPORT_MAKING) {
            i++;
            continue;
        }
        struct remove_job *job = scrim_new(struct remove_job);
        job->job = (struct scrim_job){.work = work_remove, .done = done_remove};
        job->exports = exports;
        job->export = *export;
        if (!scrim_worker_submit(exports->notes, &job->job)) {
            free(job);
            return; // the next minute
        }
        free(export);
        exports->count--;
        for (size_t k = i; k < exports->count; k++)
            exports->list[k] = exports->list[k + 1];
    }
}
