// state/log/journal: the record of openings, in the form of a camera's journal, its genesis without
// a camera.
#include "store/opening_impl.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "store/journal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

// Waits for another opening to finish its line; it takes milliseconds.
static int lock_log(const struct scrim_site *site, struct scrim_error *error)
{
    char directory[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    if (scrim_path_join(directory, site->dir, "state/log") < 0 ||
        scrim_path_join(path, directory, "lock") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    int result = scrim_fs_make_dirs(directory, 0700, error);
    if (result >= 0)
        result = scrim_fs_open(path, O_RDWR | O_CREAT, 0600, error);
    if (result < 0)
        return result;
    while (flock(result, LOCK_EX) < 0) {
        if (errno == EINTR)
            continue;
        const int why = errno;
        close(result);
        return scrim_fail_errno(error, why, "cannot lock %s", path);
    }
    return result;
}

// Where the chain stands. A line that lost its end in a crash is cut off.
static int find_head(const struct scrim_site *site, const char *path,
                     struct scrim_journal_head *ret, struct scrim_error *error)
{
    struct scrim_buf content;
    scrim_buf_init(&content, SCRIM_JOURNAL_MAX);
    int result = scrim_fs_read(path, &content, error);
    if (result == SCRIM_ENOENT)
        result = SCRIM_OK;
    const size_t whole = scrim_journal_scan_head(&content, site->config->id, "", ret);
    if (result >= 0 && whole < content.len && truncate(path, (off_t)whole) < 0)
        result = scrim_fail_errno(error, errno, "cannot shorten %s", path);
    scrim_buf_finish(&content);
    return result;
}

int scrim_opening_append(const struct scrim_site *site, const char *camera, int64_t from_us,
                         int64_t to_us, const char *json, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_device_key *key = NULL;
    struct scrim_journal_head head;
    struct scrim_buf line;
    struct scrim_record record = {.type = SCRIM_RECORD_OPENING,
                                  .start_us = from_us,
                                  .end_us = to_us,
                                  .mono_start_us = scrim_clock_mono_us(),
                                  .mono_end_us = scrim_clock_mono_us()};
    scrim_record_note_ntp(&record);
    if (strlen(json) >= sizeof record.json)
        return scrim_fail(error, SCRIM_EINVAL, "the reason is too long for the log");
    snprintf(record.camera, sizeof record.camera, "%s", camera);
    snprintf(record.json, sizeof record.json, "%s", json);
    if (scrim_path_join(path, site->dir, "state/log/journal") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);

    SCRIM_AUTO(scrim_close_fd) int lock = lock_log(site, error);
    int result = lock;
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    if (result >= 0)
        result = scrim_device_key_load(site->dir, &key, error);
    if (result >= 0)
        result = find_head(site, path, &head, error);
    if (result >= 0 && (result = scrim_journal_format(key, &head, &record, &line)) < 0)
        scrim_fail(error, result, "the reason is too long for the log");
    if (result >= 0)
        result = scrim_journal_append(path, &line, error);
    scrim_device_key_destroy(key);
    scrim_buf_finish(&line);
    return result;
}
