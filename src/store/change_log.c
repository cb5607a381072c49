#include "store/change_log.h"

#include "base/alloc.h"
#include "store/journal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct scrim_change_log {
    char path[SCRIM_PATH_MAX];
    int fd;
    struct scrim_device_key *key;
    struct scrim_journal_head head;
    bool broken;
};

// Where the chain stands. A line that lost its end in a crash is cut off.
static int find_head(struct scrim_change_log *log, const char *site, struct scrim_error *error)
{
    struct scrim_buf content;
    scrim_buf_init(&content, SCRIM_JOURNAL_MAX);
    int result = scrim_fs_read(log->path, &content, error);
    const size_t whole = scrim_journal_scan_head(&content, site, SCRIM_CHANGE_GENESIS, &log->head);
    if (result >= 0 && whole < content.len && ftruncate(log->fd, (off_t)whole) < 0)
        result = scrim_fail_errno(error, errno, "cannot shorten %s", log->path);
    scrim_buf_finish(&content);
    return result;
}

static int open_file(struct scrim_change_log *log, const char *dir, struct scrim_error *error)
{
    char directory[SCRIM_PATH_MAX];
    if (scrim_path_join(directory, dir, "state/areas") < 0 ||
        scrim_path_join(log->path, dir, SCRIM_CHANGE_LOG) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const bool is_new = access(log->path, F_OK) < 0;
    int result = is_new ? scrim_fs_make_dirs(directory, 0700, error) : SCRIM_OK;
    if (result >= 0)
        result = log->fd = scrim_fs_open(log->path, O_RDWR | O_CREAT | O_APPEND, 0640, error);
    return result >= 0 && is_new ? scrim_fs_sync_dir(directory, error) : result;
}

int scrim_change_log_open(const char *dir, const char *site, struct scrim_change_log **ret,
                          struct scrim_error *error)
{
    struct scrim_change_log *log = scrim_new(struct scrim_change_log);
    log->fd = -1;
    int result = open_file(log, dir, error);
    if (result >= 0)
        result = scrim_desk_key_obtain(dir, &log->key, error);
    if (result >= 0)
        result = find_head(log, site, error);
    if (result < 0)
        scrim_change_log_close(log);
    else
        *ret = log;
    return result;
}

void scrim_change_log_close(struct scrim_change_log *log)
{
    if (!log)
        return;
    scrim_close_fd(&log->fd);
    scrim_device_key_destroy(log->key);
    free(log);
}

static int write_line(const struct scrim_change_log *log, const struct scrim_buf *line,
                      struct scrim_error *error)
{
    const int result = scrim_fs_write(log->fd, line->data, line->len, log->path, error);
    return result < 0 ? result : scrim_fs_sync(log->fd, log->path, error);
}

int scrim_change_log_append(struct scrim_change_log *log, const char *camera, const char *json,
                            struct scrim_error *error)
{
    struct scrim_record record = {.type = SCRIM_RECORD_CHANGE};
    struct scrim_buf line;
    if (log->broken)
        return scrim_fail(error, SCRIM_EIO, "%s could not be written before; start the desk again",
                          log->path);
    if (strlen(json) >= sizeof record.json)
        return scrim_fail(error, SCRIM_EINVAL, "the change is too long for the log");
    record.start_us = record.end_us = scrim_clock_utc_us();
    record.mono_start_us = record.mono_end_us = scrim_clock_mono_us();
    scrim_record_note_ntp(&record);
    snprintf(record.camera, sizeof record.camera, "%s", camera);
    snprintf(record.json, sizeof record.json, "%s", json);
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    int result = scrim_journal_format(log->key, &log->head, &record, &line);
    if (result < 0) {
        scrim_fail(error, result, "the change is too long for the log");
    } else {
        result = write_line(log, &line, error);
        log->broken = result < 0;
    }
    scrim_buf_finish(&line);
    return result;
}
