// After a crash: which files of the archive were never listed.
#include "base/alloc.h"
#include "base/log.h"
#include "desk/archive.h"
#include "desk/fmp4.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define DAYS 2 // a crash leaves its traces in the last of them
#define FILE_MAX (1U << 30)
#define DAY_FILES_MAX 20000

struct recovery {
    struct scrim_log log;
    const struct scrim_site *site;
    struct scrim_index *index;
    const char *camera;
    unsigned found;
};

// Reads a file that nobody writes to, cuts off its torn end, and fills `ret`. SCRIM_EFORMAT: there
// is nothing in it.
static int examine(int fd, const char *path, struct scrim_archive_file *ret,
                   struct scrim_error *error)
{
    struct scrim_buf content;
    struct scrim_fmp4 scan;
    scrim_buf_init(&content, FILE_MAX);
    int result = scrim_fs_read(path, &content, error);
    if (result >= 0)
        result = scrim_fmp4_scan(content.data, content.len, &scan);
    scrim_buf_finish(&content);
    if (result < 0)
        return result;
    if (ftruncate(fd, (off_t)scan.whole_bytes) < 0)
        return scrim_fail_errno(error, errno, "cannot cut the torn end off %s", path);
    result = scrim_fs_sync(fd, path, error);
    snprintf(ret->mime, sizeof ret->mime, "%s", scan.mime);
    ret->start_us = scan.start_us;
    ret->end_us = scan.start_us + scan.end_pts_us - scan.first_pts_us;
    ret->first_pts_us = scan.first_pts_us;
    ret->bytes = scan.whole_bytes;
    return result;
}

static int recover_file(struct recovery *recovery, const char *day_dir, const char *day,
                        const char *name, struct scrim_error *error)
{
    struct scrim_archive_file file = {0};
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, day_dir, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", day_dir);
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(path, O_WRONLY | O_NOFOLLOW, 0, error);
    if (fd < 0)
        return fd;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0)
        return SCRIM_OK; // being written
    int result = examine(fd, path, &file, error);
    if (result == SCRIM_EFORMAT) {
        scrim_info(&recovery->log, "%s holds no picture: removed", path);
        return scrim_fs_unlink(path, error);
    }
    if (result < 0)
        return result;
    snprintf(file.camera, sizeof file.camera, "%s", recovery->camera);
    const int length = snprintf(file.file, sizeof file.file, "%s/%s", day, name);
    if (length < 0 || (size_t)length >= sizeof file.file)
        return scrim_fail(error, SCRIM_EINVAL, "%s: not a name of ours", path);
    recovery->found++;
    return scrim_index_add_archive_file(recovery->index, &file, error);
}

static bool listed(const struct scrim_archive_file *files, size_t count, const char *day,
                   const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(files[i].file, day, SCRIM_DAY_TEXT - 1) == 0 &&
            strcmp(files[i].file + SCRIM_DAY_TEXT, name) == 0)
            return true;
    return false;
}

static int recover_day(struct recovery *recovery, const char *day_dir, const char *day,
                       struct scrim_error *error)
{
    const int64_t from_us = scrim_day_us(day), day_us = 86400 * SCRIM_SECOND;
    struct scrim_archive_file *files = NULL;
    char **names = NULL;
    size_t files_count = 0, names_count = 0;
    int result =
        scrim_index_archive_files(recovery->index, recovery->camera, from_us, from_us + day_us,
                                  DAY_FILES_MAX, &files, &files_count, error);
    if (result >= 0)
        result = scrim_fs_list(day_dir, &names, &names_count, error);
    for (size_t i = 0; i < names_count && result >= 0; i++) {
        const size_t length = strlen(names[i]);
        if (length > 4 && strcmp(names[i] + length - 4, ".mp4") == 0 &&
            !listed(files, files_count, day, names[i]))
            result = recover_file(recovery, day_dir, day, names[i], error);
    }
    if (names)
        scrim_fs_free_names(names, names_count);
    free(files);
    return result;
}

static int recover_camera(struct recovery *recovery, struct scrim_error *error)
{
    char camera_dir[SCRIM_PATH_MAX], day_dir[SCRIM_PATH_MAX];
    char **days = NULL;
    size_t count = 0;
    if (scrim_veil_path(camera_dir, recovery->site->dir, recovery->camera, NULL) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", recovery->site->dir);
    int result = scrim_fs_list(camera_dir, &days, &count, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK;
    unsigned looked_at = 0;
    for (size_t i = count; i-- > 0 && result >= 0 && looked_at < DAYS;) {
        if (!scrim_day_valid(days[i]))
            continue;
        looked_at++;
        result = scrim_path_join(day_dir, camera_dir, days[i]);
        if (result >= 0)
            result = recover_day(recovery, day_dir, days[i], error);
    }
    if (days)
        scrim_fs_free_names(days, count);
    return result;
}

int scrim_archive_recover(const struct scrim_site *site, struct scrim_index *index,
                          unsigned *ret_found, struct scrim_error *error)
{
    struct recovery recovery = {
        .log = scrim_log_named("desk.archive"), .site = site, .index = index};
    int result = SCRIM_OK;
    for (unsigned i = 0; i < site->config->cameras_count && result >= 0; i++) {
        recovery.camera = site->config->cameras[i].id;
        result = recover_camera(&recovery, error);
    }
    *ret_found = recovery.found;
    return result;
}
