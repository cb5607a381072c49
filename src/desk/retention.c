#include "desk/retention.h"

#include "store/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR_US (3600 * SCRIM_SECOND)
#define DAY_US (24 * HOUR_US)
#define FILES_A_SWEEP 10000 // deleted at once; the rest a minute later
#define LEFT_HOURS 72       // of a camera that is not in scrim.yaml any more

struct sweep {
    const struct scrim_site *site;
    const char *camera;
    int64_t cutoff_us; // what ended before this goes
    struct scrim_retention_counts *counts;
    struct scrim_error *error; // the first failure
    int result;
};

// Counts a failure; the sweep goes on.
static void failed(struct sweep *sweep, int result, const struct scrim_error *error)
{
    sweep->counts->failures++;
    if (sweep->result == SCRIM_OK) {
        sweep->result = result;
        if (sweep->error)
            *sweep->error = *error;
    }
}

// True if the file is gone; a failure is counted.
static bool remove_file(struct sweep *sweep, const char *path)
{
    struct scrim_error error;
    const int result = scrim_fs_unlink(path, &error);
    if (result >= 0 || result == SCRIM_ENOENT)
        return true;
    failed(sweep, result, &error);
    return false;
}

// What the index knows, to the minute.
static int remove_listed(struct sweep *sweep, struct scrim_index *index, struct scrim_error *error)
{
    struct scrim_archive_file *files = NULL;
    size_t count = 0;
    int result = scrim_index_archive_files(index, sweep->camera, 0, sweep->cutoff_us, FILES_A_SWEEP,
                                           &files, &count, error);
    if (result < 0)
        return result == SCRIM_ENOENT ? SCRIM_OK : result; // a camera without rows
    int64_t gone_to_us = sweep->cutoff_us;
    for (size_t i = 0; i < count; i++) {
        char path[SCRIM_PATH_MAX];
        if (files[i].end_us > sweep->cutoff_us)
            continue; // it reaches over the border
        if (scrim_veil_path(path, sweep->site->dir, sweep->camera, files[i].file) < 0 ||
            !remove_file(sweep, path)) {
            if (files[i].start_us < gone_to_us)
                gone_to_us = files[i].start_us; // its row stays, so that it is tried again
            continue;
        }
        sweep->counts->redacted++;
    }
    if (count == FILES_A_SWEEP && files[count - 1].end_us < gone_to_us)
        gone_to_us = files[count - 1].end_us;
    free(files);
    return scrim_index_expire(index, sweep->camera, gone_to_us, error);
}

static bool is_film(const char *name)
{
    const size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".mp4") == 0;
}

// What became of the picture goes with the last of its films.
static bool remove_states(struct sweep *sweep, const char *day_dir)
{
    char path[SCRIM_PATH_MAX];
    return scrim_path_join(path, day_dir, "states") < 0 || remove_file(sweep, path);
}

// Everything of a day, its list last: as long as there is one, a rebuilt index finds the rest.
static int empty_day(struct sweep *sweep, const char *day_dir, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    bool empty = true;
    int result = scrim_fs_list(day_dir, &names, &count, error);
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (!is_film(names[i]))
            continue;
        result = scrim_path_join(path, day_dir, names[i]);
        if (result >= 0 && remove_file(sweep, path))
            sweep->counts->redacted++;
        else
            empty = false;
    }
    if (names)
        scrim_fs_free_names(names, count);
    if (result >= 0 && empty && remove_states(sweep, day_dir) &&
        scrim_path_join(path, day_dir, "list") >= 0 && remove_file(sweep, path))
        rmdir(day_dir); // stays if there is something in it that is not ours
    return result;
}

// Whatever the index knows: a picture that it lost must not outlive its time either. An hour's
// grace for films that reach over midnight, which have their rows.
static int remove_old_days(struct sweep *sweep, struct scrim_error *error)
{
    char camera_dir[SCRIM_PATH_MAX], day_dir[SCRIM_PATH_MAX];
    char **days = NULL;
    size_t count = 0;
    int result = scrim_veil_path(camera_dir, sweep->site->dir, sweep->camera, NULL);
    if (result >= 0)
        result = scrim_fs_list(camera_dir, &days, &count, error);
    if (result == SCRIM_ENOENT) // nothing redacted yet
        return SCRIM_OK;
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (!scrim_day_valid(days[i]) ||
            scrim_day_us(days[i]) + DAY_US + HOUR_US > sweep->cutoff_us)
            continue;
        result = scrim_path_join(day_dir, camera_dir, days[i]);
        if (result >= 0)
            result = empty_day(sweep, day_dir, error);
    }
    if (days)
        scrim_fs_free_names(days, count);
    return result;
}

static void sweep_camera(struct sweep *sweep, struct scrim_index *index, const char *camera,
                         uint32_t hours, int64_t now_us)
{
    struct scrim_error error;
    sweep->camera = camera;
    sweep->cutoff_us = now_us - (int64_t)hours * HOUR_US;
    if (sweep->cutoff_us <= 0)
        return;
    int result = remove_listed(sweep, index, &error);
    if (result >= 0)
        result = remove_old_days(sweep, &error);
    if (result < 0)
        failed(sweep, result, &error);
}

static void sweep_left(struct sweep *sweep, struct scrim_index *index, int64_t now_us)
{
    char path[SCRIM_PATH_MAX];
    char **names = NULL;
    size_t count = 0;
    struct scrim_error error;
    int result = scrim_path_join(path, sweep->site->dir, "veil");
    if (result >= 0)
        result = scrim_fs_list(path, &names, &count, &error);
    if (result < 0) {
        if (result != SCRIM_ENOENT)
            failed(sweep, result, &error);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (strlen(names[i]) <= SCRIM_CAMERA_ID_MAX && !scrim_site_camera(sweep->site, names[i]))
            sweep_camera(sweep, index, names[i], LEFT_HOURS, now_us);
    }
    scrim_fs_free_names(names, count);
}

int scrim_retention_sweep(const struct scrim_site *site, struct scrim_index *index, int64_t now_us,
                          struct scrim_retention_counts *ret, struct scrim_error *error)
{
    *ret = (struct scrim_retention_counts){0};
    struct sweep sweep = {.site = site, .counts = ret, .error = error};
    for (unsigned i = 0; i < site->config->cameras_count; i++)
        sweep_camera(&sweep, index, site->config->cameras[i].id,
                     site->config->cameras[i].retention_hours, now_us);
    sweep_left(&sweep, index, now_us);
    return sweep.result;
}
