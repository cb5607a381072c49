#include "desk/retention_impl.h"

#include "base/alloc.h"
#include "store/layout.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define JOURNAL_MAX (64U << 20)

struct scrim_retention {
    const struct scrim_site *site;
    char (*emptied)[SCRIM_DAY_TEXT]; // per camera: days up to this one hold no segment any more
};

// Segments to delete, and the hours that a segment which stays began in.
struct plan {
    char (*expired)[64]; // "<day>/<name>"
    size_t expired_count, expired_room;
    uint64_t *kept_hours;
    size_t kept_count, kept_room;
};

static void *grown(void *list, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return list;
    *room = *room ? 2 * *room : 64;
    void *larger = scrim_realloc(list, *room * size);
    if (!larger)
        free(list);
    return larger;
}

static int plan_expired(struct plan *plan, const char *day, const char *name)
{
    plan->expired =
        grown(plan->expired, plan->expired_count, &plan->expired_room, sizeof *plan->expired);
    if (!plan->expired) {
        plan->expired_count = 0;
        return SCRIM_ENOMEM;
    }
    char *place = plan->expired[plan->expired_count];
    const int length = snprintf(place, sizeof *plan->expired, "%s/%s", day, name);
    if (length < 0 || (size_t)length >= sizeof *plan->expired)
        return SCRIM_EINVAL;
    plan->expired_count++;
    return SCRIM_OK;
}

static int plan_kept(struct plan *plan, uint64_t hour)
{
    if (plan->kept_count > 0 && plan->kept_hours[plan->kept_count - 1] == hour)
        return SCRIM_OK;
    plan->kept_hours =
        grown(plan->kept_hours, plan->kept_count, &plan->kept_room, sizeof *plan->kept_hours);
    if (!plan->kept_hours) {
        plan->kept_count = 0;
        return SCRIM_ENOMEM;
    }
    plan->kept_hours[plan->kept_count++] = hour;
    return SCRIM_OK;
}

// When a segment ended: its record says so; without one (a crash left it) the file's last change
// does.
static int64_t end_of_segment(const struct scrim_buf *journal, const char *file, const char *path)
{
    struct scrim_reader reader = scrim_reader_of(journal->data, journal->len);
    const char *line;
    size_t length;
    while (scrim_read_line(&reader, &line, &length)) {
        struct scrim_record record;
        uint8_t prev[32];
        if (!memmem(line, length, file, strlen(file)))
            continue;
        if (scrim_journal_parse(line, length, NULL, &record, prev, NULL) >= 0 &&
            record.type == SCRIM_RECORD_SEGMENT && strcmp(record.file, file) == 0)
            return record.end_us;
    }
    struct stat info;
    return stat(path, &info) == 0 ? info.st_mtim.tv_sec * SCRIM_SECOND : INT64_MAX;
}

static int plan_segment(const struct sweep *sweep, struct plan *plan, const char *day_dir,
                        const char *day, const char *name, struct scrim_buf *journal)
{
    int second;
    char path[SCRIM_PATH_MAX], file[64];
    if (!scrim_segment_name_parse(name, &second))
        return SCRIM_OK;
    const int64_t start_us = scrim_day_us(day) + second * SCRIM_SECOND;
    int64_t end_us = INT64_MAX;
    if (start_us < sweep->cutoff_us) {
        const int length = snprintf(file, sizeof file, "%s/%s", day, name);
        if (length < 0 || (size_t)length >= sizeof file || scrim_path_join(path, day_dir, name) < 0)
            return SCRIM_EINVAL;
        if (journal->len == 0) {
            char journal_path[SCRIM_PATH_MAX];
            if (scrim_path_join(journal_path, day_dir, "journal") < 0)
                return SCRIM_EINVAL;
            const int read = scrim_fs_read(journal_path, journal, NULL);
            if (read < 0 && read != SCRIM_ENOENT)
                return read;
        }
        end_us = end_of_segment(journal, file, path);
    }
    if (end_us < sweep->cutoff_us)
        return plan_expired(plan, day, name);
    return plan_kept(plan, scrim_hour_of(start_us));
}

static int plan_day(const struct sweep *sweep, struct plan *plan, const char *day_dir,
                    const char *day, struct scrim_error *error)
{
    char **names = NULL;
    size_t count = 0;
    struct scrim_buf journal;
    int result = scrim_fs_list(day_dir, &names, &count, error);
    if (result < 0)
        return result;
    scrim_buf_init(&journal, JOURNAL_MAX);
    for (size_t i = 0; i < count && result >= 0; i++) {
        result = plan_segment(sweep, plan, day_dir, day, names[i], &journal);
        if (result < 0)
            scrim_fail(error, result, "%s/%s: %s", day_dir, names[i], scrim_err_text(result));
    }
    scrim_buf_finish(&journal);
    scrim_fs_free_names(names, count);
    return result;
}

// Whether this day can hold something expired, or a segment of the hour at the border.
static bool worth_a_look(const struct sweep *sweep, const char *day)
{
    return scrim_day_valid(day) && strcmp(day, sweep->emptied) > 0 &&
           scrim_day_us(day) <= sweep->cutoff_us + DAY_US;
}

static int make_plan(const struct sweep *sweep, struct plan *plan, struct scrim_error *error)
{
    char camera_dir[SCRIM_PATH_MAX], day_dir[SCRIM_PATH_MAX];
    char **days = NULL;
    size_t count = 0;
    bool all_empty = true; // so far
    int result = scrim_store_path(camera_dir, sweep->site->dir, sweep->camera->id, NULL);
    if (result >= 0)
        result = scrim_fs_list(camera_dir, &days, &count, error);
    if (result == SCRIM_ENOENT) // not recorded yet
        return SCRIM_OK;
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (!worth_a_look(sweep, days[i]))
            continue;
        result = scrim_path_join(day_dir, camera_dir, days[i]);
        if (result >= 0)
            result = plan_day(sweep, plan, day_dir, days[i], error);
        all_empty = all_empty && plan->expired_count == 0 && plan->kept_count == 0 &&
                    scrim_day_us(days[i]) + DAY_US < sweep->cutoff_us;
        if (result >= 0 && all_empty)
            memcpy(sweep->emptied, days[i], SCRIM_DAY_TEXT);
    }
    if (days)
        scrim_fs_free_names(days, count);
    return result;
}

void scrim_sweep_failed(struct sweep *sweep, int result, const struct scrim_error *error)
{
    sweep->counts->failures++;
    if (sweep->result == SCRIM_OK) {
        sweep->result = result;
        if (sweep->error)
            *sweep->error = *error;
    }
}

bool scrim_sweep_remove(struct sweep *sweep, const char *path)
{
    struct scrim_error error;
    const int result = scrim_fs_unlink(path, &error);
    if (result >= 0 || result == SCRIM_ENOENT)
        return true;
    scrim_sweep_failed(sweep, result, &error);
    return false;
}

static void remove_segments(struct sweep *sweep, const struct plan *plan)
{
    for (size_t i = 0; i < plan->expired_count; i++) {
        char path[SCRIM_PATH_MAX], tail[SCRIM_PATH_MAX + 8];
        if (scrim_store_path(path, sweep->site->dir, sweep->camera->id, plan->expired[i]) < 0)
            continue;
        snprintf(tail, sizeof tail, "%s.tail", path);
        if (access(tail, F_OK) == 0 && !scrim_sweep_remove(sweep, tail))
            continue;
        if (scrim_sweep_remove(sweep, path))
            sweep->counts->segments++;
    }
}

static void sweep_camera(struct sweep *sweep, struct scrim_index *index)
{
    struct plan plan = {0};
    struct scrim_error error;
    int result = make_plan(sweep, &plan, &error);
    if (result >= 0) {
        remove_segments(sweep, &plan);
        result = scrim_sweep_redacted(sweep, index, &error);
    }
    if (result < 0)
        scrim_sweep_failed(sweep, result, &error);
    free(plan.expired);
    free(plan.kept_hours);
}

struct scrim_retention *scrim_retention_create(const struct scrim_site *site)
{
    struct scrim_retention *retention = scrim_new(struct scrim_retention);
    retention->site = site;
    retention->emptied = scrim_new_bytes((site->config->cameras_count + 1) * SCRIM_DAY_TEXT);
    return retention;
}

void scrim_retention_destroy(struct scrim_retention *retention)
{
    if (!retention)
        return;
    free(retention->emptied);
    free(retention);
}

int scrim_retention_sweep(struct scrim_retention *retention, struct scrim_index *index,
                          int64_t now_us, struct scrim_retention_counts *ret,
                          struct scrim_error *error)
{
    const struct scrim_site_config *config = retention->site->config;
    *ret = (struct scrim_retention_counts){0};
    struct sweep sweep = {.site = retention->site, .counts = ret, .error = error};
    for (unsigned i = 0; i < config->cameras_count; i++) {
        sweep.camera = &config->cameras[i];
        sweep.emptied = retention->emptied[i];
        sweep.cutoff_us = now_us - (int64_t)sweep.camera->retention_hours * HOUR_US;
        if (sweep.cutoff_us > 0)
            sweep_camera(&sweep, index);
    }
    return sweep.result;
}
