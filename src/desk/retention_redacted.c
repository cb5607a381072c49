#include "desk/retention_impl.h"

#include "store/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILES_A_SWEEP 10000 // deleted at once; the rest a minute later

// What the index knows, to the minute.
static int remove_listed(struct sweep *sweep, struct scrim_index *index, struct scrim_error *error)
{
    struct scrim_archive_file *files = NULL;
    size_t count = 0;
    int result = scrim_index_archive_files(index, sweep->camera->id, 0, sweep->cutoff_us,
                                           FILES_A_SWEEP, &files, &count, error);
    if (result < 0)
        return result;
    int64_t gone_to_us = sweep->cutoff_us;
    for (size_t i = 0; i < count; i++) {
        char path[SCRIM_PATH_MAX];
        if (files[i].end_us > sweep->cutoff_us)
            continue; // it reaches over the border
        if (scrim_veil_path(path, sweep->site->dir, sweep->camera->id, files[i].file) < 0 ||
            !scrim_sweep_remove(sweep, path)) {
            if (files[i].start_us < gone_to_us)
                gone_to_us = files[i].start_us; // its row stays, so that it is tried again
            continue;
        }
        sweep->counts->redacted++;
    }
    if (count == FILES_A_SWEEP && files[count - 1].end_us < gone_to_us)
        gone_to_us = files[count - 1].end_us;
    free(files);
    return scrim_index_expire(index, sweep->camera->id, gone_to_us, error);
}

static bool is_film(const char *name)
{
    const size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".mp4") == 0;
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
        if (result >= 0 && scrim_sweep_remove(sweep, path))
            sweep->counts->redacted++;
        else
            empty = false;
    }
    if (names)
        scrim_fs_free_names(names, count);
    if (result >= 0 && empty && scrim_path_join(path, day_dir, "list") >= 0 &&
        scrim_sweep_remove(sweep, path))
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
    int result = scrim_veil_path(camera_dir, sweep->site->dir, sweep->camera->id, NULL);
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

int scrim_sweep_redacted(struct sweep *sweep, struct scrim_index *index, struct scrim_error *error)
{
    const int result = remove_listed(sweep, index, error);
    return result < 0 ? result : remove_old_days(sweep, error);
}
