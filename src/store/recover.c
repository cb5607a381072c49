// Start-up after whatever happened: brings journal and files of a camera to agreement, before the
// recorder gives up the right to read. Runs once per camera, on one thread, and may be interrupted
// and run again.
#include "store/recover_impl.h"

#include "base/alloc.h"
#include "store/sealed_file.h"
#include "store/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAYS 2 // newest day directories that may hold files without a record

static int64_t modified_us(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * SCRIM_SECOND + info->st_mtim.tv_nsec / 1000;
}

// Keeps the unfinished chunk of a torn segment beside it, if the tail continues where the file
// ends; it also tells, a little later than the file does, until when there was something to record.
static int save_tail(const struct scrim_recovery *r, const struct scrim_sealed_head *head,
                     uint64_t size, const char *segment_path, struct scrim_record *record,
                     struct scrim_error *error)
{
    struct scrim_tail tail;
    const uint64_t whole = (size - head->payload_at) / SCRIM_AGE_SEALED_CHUNK;
    if (whole == 0)
        record->end_us = record->start_us; // so far nothing can be read
    if (scrim_tail_find(r->tail.data, r->tail.len, head->payload_nonce, &tail) < 0 ||
        tail.chunk != whole)
        return SCRIM_OK;
    char path[SCRIM_PATH_MAX];
    if (snprintf(path, sizeof path, "%s.tail", segment_path) >= (int)sizeof path)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", segment_path);
    const int result = scrim_fs_replace(path, tail.head, tail.size, 0600, error);
    if (result < 0)
        return result;
    crypto_hash_sha256(record->tail_sha256, tail.head, tail.size);
    if (r->tail_us > record->end_us)
        record->end_us = r->tail_us;
    return SCRIM_OK;
}

// Nothing could ever be opened from it: the crash came before the header was whole.
static int remove_stump(struct scrim_recovery *r, const char *file, const char *path,
                        struct scrim_error *error)
{
    snprintf(r->removed_file, sizeof r->removed_file, "%s", file);
    r->removed++;
    return scrim_fs_unlink(path, error);
}

static int64_t start_by_name(const char *file)
{
    int second;
    if (!scrim_segment_name_parse(file + SCRIM_DAY_TEXT, &second))
        return 0;
    return scrim_day_us(file) + second * SCRIM_SECOND;
}

// After a kill the file may be in the page cache only; its record must not outlive it.
static int make_durable(const struct scrim_recovery *r, int fd, const char *path, const char *file,
                        struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT], directory[SCRIM_PATH_MAX];
    snprintf(day, sizeof day, "%.10s", file);
    int result = scrim_recovery_path(r, day, directory, error);
    if (result >= 0)
        result = scrim_fs_sync(fd, path, error);
    return result < 0 ? result : scrim_fs_sync_dir(directory, error);
}

// Journals one file that no record names. Its name is valid.
static int adopt_file(struct scrim_recovery *r, const char *file, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    int result = scrim_recovery_path(r, file, path, error);
    if (result < 0)
        return result;
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_sealed_open(path, error);
    if (fd == SCRIM_EFORMAT)
        return SCRIM_OK; // nothing the recorder made: scrim check names it
    if (fd < 0)
        return fd;
    if (fstat(fd, &info) < 0)
        return scrim_fail_errno(error, errno, "%s", path);

    struct scrim_record record = {.type = SCRIM_RECORD_SEGMENT, .boot = r->boot, .torn = true};
    snprintf(record.camera, sizeof record.camera, "%s", r->camera);
    snprintf(record.file, sizeof record.file, "%s", file);
    record.end_us = modified_us(&info);
    struct scrim_sealed_head head;
    struct scrim_error why;
    result = scrim_sealed_head_read(fd, path, &head, &why);
    if (result == SCRIM_EAGAIN)
        return remove_stump(r, file, path, error);
    if (result >= 0) {
        record.start_us = head.tdh2.label.start_utc_us;
        snprintf(record.detail, sizeof record.detail,
                 "the recorder stopped before it was finished");
        result = save_tail(r, &head, (uint64_t)info.st_size, path, &record, error);
        scrim_sealed_head_finish(&head);
        if (result < 0)
            return result;
    } else {
        record.start_us = start_by_name(file);
        snprintf(record.detail, sizeof record.detail, "its header cannot be read");
    }
    if (record.end_us < record.start_us)
        record.end_us = record.start_us; // the clock was set
    result = scrim_file_digest(fd, path, record.sha256, &record.bytes, NULL, NULL, error);
    if (result >= 0)
        result = make_durable(r, fd, path, file, error);
    return result < 0 ? result : scrim_recovery_append(r, &record, error);
}

// What an earlier recovery was writing when it was interrupted (scrim_fs_replace's temporary file).
static bool is_leftover(const char *name)
{
    return strstr(name, ".mp4.age.tail.new") != NULL;
}

static int remove_leftover(const struct scrim_recovery *r, const char *day, const char *name,
                           struct scrim_error *error)
{
    char day_path[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    const int result = scrim_recovery_path(r, day, day_path, error);
    if (result < 0)
        return result;
    if (scrim_path_join(path, day_path, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", day_path);
    return scrim_fs_unlink(path, error);
}

static int adopt_day(struct scrim_recovery *r, const char *day, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **names;
    size_t count;
    int result = scrim_recovery_path(r, day, path, error);
    if (result >= 0)
        result = scrim_fs_list(path, &names, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        char file[SCRIM_FILE_TEXT];
        int second;
        if (is_leftover(names[i])) {
            result = remove_leftover(r, day, names[i], error);
            continue;
        }
        if (!scrim_segment_name_parse(names[i], &second))
            continue;
        snprintf(file, sizeof file, "%s/%s", day, names[i]);
        if (scrim_file_list_find(&r->recorded, file) < 0)
            result = adopt_file(r, file, error);
    }
    scrim_fs_free_names(names, count);
    return result;
}

static int read_tail(struct scrim_recovery *r, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    int result = scrim_recovery_path(r, "tail", path, error);
    if (result >= 0)
        result = scrim_fs_read(path, &r->tail, error);
    if (result >= 0 && stat(path, &info) == 0)
        r->tail_us = modified_us(&info);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

// The day directories of the camera, oldest first.
static int list_days(const struct scrim_recovery *r, char ***ret_days, size_t *ret_count,
                     struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = scrim_recovery_path(r, NULL, path, error);
    if (result >= 0)
        result = scrim_fs_make_dirs(path, 0770, error);
    char **names = NULL;
    size_t count = 0, kept = 0;
    if (result >= 0)
        result = scrim_fs_list(path, &names, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count; i++) {
        if (scrim_day_valid(names[i]))
            names[kept++] = names[i];
        else
            free(names[i]);
    }
    *ret_days = names;
    *ret_count = kept;
    return SCRIM_OK;
}

static int adopt_files(struct scrim_recovery *r, struct scrim_error *error)
{
    char **days;
    size_t count;
    int result = list_days(r, &days, &count, error);
    if (result < 0)
        return result;
    const size_t first = count > DAYS ? count - DAYS : 0;
    if (count > 0)
        result = scrim_recovery_collect(r, days[first], error);
    for (size_t i = first; i < count && result >= 0; i++)
        result = adopt_day(r, days[i], error);
    scrim_fs_free_names(days, count);
    return result;
}

static int recover(struct scrim_recovery *r, struct scrim_error *error)
{
    int result = scrim_recovery_cut_torn_line(r, error);
    if (result >= 0)
        result = scrim_journal_find_head(r->dir, r->site, r->camera, &r->head, error);
    if (result >= 0)
        result = read_tail(r, error);
    if (result >= 0)
        result = adopt_files(r, error);
    return result < 0 ? result : scrim_recovery_append_boot(r, error);
}

int scrim_store_recover(const char *dir, const char *site, const char *camera,
                        const struct scrim_device_key *key, uint64_t boot,
                        struct scrim_journal_head *ret, struct scrim_error *error)
{
    struct scrim_recovery r = {
        .dir = dir, .site = site, .camera = camera, .key = key, .boot = boot};
    scrim_file_list_init(&r.recorded);
    scrim_buf_init(&r.tail, SCRIM_TAIL_FILE_MAX);
    const int result = recover(&r, error);
    scrim_file_list_finish(&r.recorded);
    scrim_buf_finish(&r.tail);
    if (result >= 0)
        *ret = r.head;
    return result;
}
