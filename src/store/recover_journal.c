// The journal's side of a recovery: a torn line is cut off, records are read for the files they
// name, and appended.
#include "store/recover_impl.h"

#include "base/alloc.h"
#include "store/journal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int scrim_recovery_path(const struct scrim_recovery *r, const char *below, char ret[SCRIM_PATH_MAX],
                        struct scrim_error *error)
{
    return scrim_store_path(ret, r->site->dir, r->camera, below) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", r->camera)
               : SCRIM_OK;
}

// Lines that a crash tore were never flushed, so nothing vouches for them.
static int cut_torn_line(const struct scrim_recovery *r, const char *day, struct scrim_error *error)
{
    char below[SCRIM_DAY_TEXT + 16], path[SCRIM_PATH_MAX];
    snprintf(below, sizeof below, "%s/journal", day);
    int result = scrim_recovery_path(r, below, path, error);
    if (result < 0)
        return result;
    struct scrim_buf content;
    result = scrim_journal_read(r->site->dir, r->camera, day, &content, error);
    const size_t whole = scrim_journal_whole(&content);
    const bool torn = whole < content.len;
    scrim_buf_finish(&content);
    if (result < 0 || !torn)
        return result;
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(path, O_WRONLY, 0, error);
    if (fd < 0)
        return fd;
    if (ftruncate(fd, (off_t)whole) < 0)
        return scrim_fail_errno(error, errno, "cannot shorten %s", path);
    return scrim_fs_sync(fd, path, error);
}

int scrim_recovery_cut_torn_line(const struct scrim_recovery *r, struct scrim_error *error)
{
    char **days;
    size_t count;
    int result = scrim_journal_days(r->site->dir, r->camera, &days, &count, error);
    if (result < 0)
        return result;
    if (count > 0)
        result = cut_torn_line(r, days[count - 1], error);
    scrim_fs_free_names(days, count);
    return result;
}

// A day that is new is made durable up to the camera's name; scrim_journal_append does the rest.
static int make_day(const struct scrim_recovery *r, const char *day, struct scrim_error *error)
{
    char camera[SCRIM_PATH_MAX], store[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    int result = scrim_recovery_path(r, day, path, error);
    if (result >= 0)
        result = scrim_recovery_path(r, NULL, camera, error);
    if (result < 0 || access(path, F_OK) == 0)
        return result;
    if (scrim_path_join(store, r->site->dir, "store") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", r->site->dir);
    result = scrim_fs_make_dirs(path, 0770, error);
    if (result >= 0)
        result = scrim_fs_sync_dir(camera, error);
    return result < 0 ? result : scrim_fs_sync_dir(store, error);
}

int scrim_recovery_append(struct scrim_recovery *r, const struct scrim_record *record,
                          struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT], below[SCRIM_DAY_TEXT + 16], path[SCRIM_PATH_MAX];
    scrim_journal_day(&r->head, record->start_us, day);
    snprintf(below, sizeof below, "%s/journal", day);
    r->journal_failed = true;
    int result = make_day(r, day, error);
    if (result >= 0)
        result = scrim_recovery_path(r, below, path, error);
    if (result < 0)
        return result;
    struct scrim_buf line;
    const int64_t last_end_us = r->head.last_end_us;
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    result = scrim_journal_format(r->key, &r->head, record, &line);
    if (result < 0)
        scrim_fail(error, result, "camera %s: cannot format a record: %s", r->camera,
                   scrim_err_text(result));
    else
        result = scrim_journal_append(path, &line, error);
    scrim_buf_finish(&line);
    r->journal_failed = result < 0;
    if (result < 0)
        return result;
    memcpy(r->head.day, day, sizeof day);
    if (r->head.last_end_us < last_end_us) // a segment that a disk kept to itself until now
        r->head.last_end_us = last_end_us;
    return SCRIM_OK;
}

int scrim_recovery_append_boot(struct scrim_recovery *r, struct scrim_error *error)
{
    const int64_t now_us = scrim_clock_utc_us(), mono_us = scrim_clock_mono_us();
    struct scrim_record record = {.type = SCRIM_RECORD_BOOT,
                                  .start_us = now_us,
                                  .end_us = now_us,
                                  .mono_start_us = mono_us,
                                  .mono_end_us = mono_us,
                                  .boot = r->boot};
    scrim_record_note_ntp(&record);
    snprintf(record.camera, sizeof record.camera, "%s", r->camera);
    size_t length = (size_t)snprintf(record.detail, sizeof record.detail, "scrim " SCRIM_VERSION);
    if (r->removed > 0)
        length += (size_t)snprintf(record.detail + length, sizeof record.detail - length,
                                   "; removed %u without a whole header: %s", r->removed,
                                   r->removed_file);
    if (r->unread[0] != '\0' && length < sizeof record.detail)
        snprintf(record.detail + length, sizeof record.detail - length, "; not looked through: %s",
                 r->unread);
    return scrim_recovery_append(r, &record, error);
}

// The text between `at` and the next quote, copied. Returns what follows that, NULL if it is too
// long.
static const char *take_text(const char *at, const char *line_end, char *ret, size_t size)
{
    const char *end = memchr(at, '"', (size_t)(line_end - at));
    if (!end || (size_t)(end - at) >= size)
        return NULL;
    memcpy(ret, at, (size_t)(end - at));
    ret[end - at] = '\0';
    return end + 1;
}

// Collects what the lines of one journal name. Lines are not parsed: a start has to be quick, and
// inside a string the quotes of these members would be escaped.
static int collect_files(struct scrim_recovery *r, const struct scrim_buf *journal)
{
    static const char file_member[] = ",\"file\":\"", disk_member[] = ",\"disk\":\"";
    const size_t file_length = sizeof file_member - 1, disk_length = sizeof disk_member - 1;
    struct scrim_reader reader = scrim_reader_of(journal->data, journal->len);
    const char *line;
    size_t length;
    while (scrim_read_line(&reader, &line, &length)) {
        char file[SCRIM_FILE_TEXT], disk[SCRIM_DISK_ID_MAX + 1];
        const char *at = memmem(line, length, file_member, file_length), *end = line + length;
        if (at)
            at = take_text(at + file_length, end, file, sizeof file);
        if (!at || (size_t)(end - at) < disk_length || memcmp(at, disk_member, disk_length) != 0 ||
            !take_text(at + disk_length, end, disk, sizeof disk))
            continue;
        const int result = scrim_file_list_add(&r->recorded, disk, file);
        if (result < 0)
            return result;
    }
    return SCRIM_OK;
}

static bool names_all(const struct scrim_recovery *r)
{
    char disk[SCRIM_PLACED_FILE_TEXT];
    for (size_t i = 0; i < scrim_file_list_count(&r->found); i++) {
        const char *file = scrim_file_list_at(&r->found, i, disk);
        if (scrim_file_list_find(&r->recorded, disk, file) < 0)
            return false;
    }
    return true;
}

int scrim_recovery_collect(struct scrim_recovery *r, const char *first_day,
                           struct scrim_error *error)
{
    char **days;
    size_t count;
    bool complete = false;
    int result = scrim_journal_days(r->site->dir, r->camera, &days, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0 && !complete; i++) {
        if (strcmp(days[i], first_day) < 0)
            continue;
        struct scrim_buf journal;
        result = scrim_journal_read(r->site->dir, r->camera, days[i], &journal, error);
        if (result >= 0 && (result = collect_files(r, &journal)) < 0)
            scrim_fail(error, result, "camera %s: %s", r->camera, scrim_err_text(result));
        scrim_buf_finish(&journal);
        scrim_file_list_sort(&r->recorded);
        complete = result >= 0 && names_all(r);
    }
    scrim_fs_free_names(days, count);
    return result;
}
