// Start-up after whatever happened: brings journal and files of a camera to agreement, on every
// disk that is there, before the recorder gives up the right to read. Runs once per camera, on one
// thread, and may be interrupted and run again.
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

// "<camera>/<below>" on the disk that is being looked at.
static int place_path(const struct scrim_recovery *r, const char *below, char ret[SCRIM_PATH_MAX],
                      struct scrim_error *error)
{
    return scrim_disks_path(ret, r->site, r->disk, r->camera, below) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", r->camera)
               : SCRIM_OK;
}

static int64_t modified_us(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * SCRIM_SECOND + info->st_mtim.tv_nsec / 1000;
}

// The slots that may continue a torn segment: those that an earlier recovery, which was cut short,
// has saved at `path`, or those of the camera's tail. After a loss of power the tail may not be
// what it was then.
static int find_tail(const struct scrim_recovery *r, const struct scrim_sealed_head *head,
                     uint64_t whole, const char *path, struct scrim_buf *ret,
                     struct scrim_error *error)
{
    struct scrim_buf saved;
    scrim_buf_init(&saved, SCRIM_TAIL_FILE_MAX);
    const int read = scrim_fs_read(path, &saved, error);
    int result = SCRIM_OK;
    if (read >= 0)
        result = scrim_tail_extract(saved.data, saved.len, head->payload_nonce, whole, ret);
    scrim_buf_finish(&saved);
    if (read < 0 && read != SCRIM_ENOENT && read != SCRIM_EFORMAT)
        return read;
    if (result >= 0 && ret->len == 0)
        result = scrim_tail_extract(r->tail.data, r->tail.len, head->payload_nonce, whole, ret);
    return result < 0 ? scrim_fail(error, result, "%s: %s", path, scrim_err_text(result))
                      : SCRIM_OK;
}

// Keeps the unfinished chunk of a torn segment beside it, if a tail continues where the file ends,
// or where it has what was written: only who opens it can tell. The tail also tells, a little later
// than the file does, until when there was something to record.
static int save_tail(const struct scrim_recovery *r, const struct scrim_sealed_head *head,
                     uint64_t size, const char *segment_path, struct scrim_record *record,
                     struct scrim_error *error)
{
    const uint64_t whole = (size - head->payload_at) / SCRIM_AGE_SEALED_CHUNK;
    char path[SCRIM_PATH_MAX];
    struct scrim_buf tail;
    if (whole == 0)
        record->end_us = record->start_us; // so far nothing can be read
    if (snprintf(path, sizeof path, "%s.tail", segment_path) >= (int)sizeof path)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", segment_path);
    scrim_buf_init(&tail, SCRIM_TAIL_FILE_MAX);
    int result = find_tail(r, head, whole, path, &tail, error);
    if (result >= 0 && tail.len > 0)
        result = scrim_fs_replace(path, tail.data, tail.len, 0600, error);
    if (result >= 0 && tail.len > 0) {
        crypto_hash_sha256(record->tail_sha256, tail.data, tail.len);
        if (r->tail_us > record->end_us)
            record->end_us = r->tail_us;
    }
    scrim_buf_finish(&tail);
    return result;
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

// After a kill the file may be in the page cache only; its record must not outlive it, nor the tail
// that is saved beside it.
static int make_durable(const struct scrim_recovery *r, int fd, const char *path, const char *file,
                        struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT], directory[SCRIM_PATH_MAX];
    snprintf(day, sizeof day, "%.10s", file);
    int result = place_path(r, day, directory, error);
    if (result >= 0)
        result = scrim_fs_sync(fd, path, error);
    return result < 0 ? result : scrim_fs_sync_dir(directory, error);
}

// Journals one file that no record names. Its name is valid.
static int adopt_file(struct scrim_recovery *r, const char *file, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    int result = place_path(r, file, path, error);
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
    snprintf(record.disk, sizeof record.disk, "%s", scrim_disks_id(r->site, r->disk));
    record.end_us = modified_us(&info);
    struct scrim_sealed_head head;
    struct scrim_error why;
    const int readable = scrim_sealed_head_read(fd, path, &head, &why);
    if (readable == SCRIM_EAGAIN)
        return remove_stump(r, file, path, error);
    result = make_durable(r, fd, path, file, error);
    if (readable >= 0) {
        record.start_us = head.tdh2.label.start_utc_us;
        snprintf(record.detail, sizeof record.detail,
                 "the recorder stopped before it was finished; what was lost in it is not known");
        if (result >= 0)
            result = save_tail(r, &head, (uint64_t)info.st_size, path, &record, error);
        scrim_sealed_head_finish(&head);
    } else {
        record.start_us = start_by_name(file);
        snprintf(record.detail, sizeof record.detail, "its header cannot be read");
    }
    if (record.end_us < record.start_us)
        record.end_us = record.start_us; // the clock was set
    if (result >= 0)
        result = scrim_file_digest(fd, path, record.sha256, &record.bytes, NULL, NULL, error);
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
    const int result = place_path(r, day, day_path, error);
    if (result < 0)
        return result;
    if (scrim_path_join(path, day_path, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", day_path);
    return scrim_fs_unlink(path, error);
}

// Collects the segments of one day, and clears away what was left of a recovery.
static int find_day(struct scrim_recovery *r, const char *day, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **names;
    size_t count;
    int result = place_path(r, day, path, error);
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
        snprintf(file, sizeof file, "%.10s/%.31s", day, names[i]);
        result = scrim_file_list_add(&r->found, scrim_disks_id(r->site, r->disk), file);
        if (result < 0)
            scrim_fail(error, result, "camera %s: %s", r->camera, scrim_err_text(result));
    }
    scrim_fs_free_names(names, count);
    return result;
}

static int read_tail(struct scrim_recovery *r, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    int result = place_path(r, "tail", path, error);
    if (result >= 0)
        result = scrim_fs_read(path, &r->tail, error);
    if (result >= 0 && stat(path, &info) == 0)
        r->tail_us = modified_us(&info);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

// The day directories of the camera on this disk, oldest first.
static int list_days(const struct scrim_recovery *r, char ***ret_days, size_t *ret_count,
                     struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    char **names = NULL;
    size_t count = 0, kept = 0;
    int result = place_path(r, NULL, path, error);
    if (result >= 0)
        result = scrim_fs_list(path, &names, &count, error);
    if (result < 0 && result != SCRIM_ENOENT)
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

static int find_files(struct scrim_recovery *r, char **days, size_t count,
                      struct scrim_error *error)
{
    const size_t first = count > DAYS ? count - DAYS : 0;
    int result = SCRIM_OK;
    if (count == 0)
        return SCRIM_OK;
    for (size_t i = first; i < count && result >= 0; i++)
        result = find_day(r, days[i], error);
    if (result < 0 || scrim_file_list_count(&r->found) == 0)
        return result;
    scrim_file_list_sort(&r->found);
    return scrim_recovery_collect(r, days[first], error);
}

static int adopt_found(struct scrim_recovery *r, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < scrim_file_list_count(&r->found) && result >= 0; i++) {
        char disk[SCRIM_PLACED_FILE_TEXT];
        const char *file = scrim_file_list_at(&r->found, i, disk);
        if (scrim_file_list_find(&r->recorded, disk, file) < 0)
            result = adopt_file(r, file, error);
    }
    return result;
}

static int recover_disk(struct scrim_recovery *r, struct scrim_error *error)
{
    char **days;
    size_t count;
    scrim_file_list_init(&r->found);
    scrim_file_list_init(&r->recorded);
    scrim_buf_init(&r->tail, SCRIM_TAIL_FILE_MAX);
    r->tail_us = 0;
    int result = list_days(r, &days, &count, error);
    if (result >= 0) {
        result = read_tail(r, error);
        if (result >= 0)
            result = find_files(r, days, count, error);
        if (result >= 0)
            result = adopt_found(r, error);
        scrim_fs_free_names(days, count);
    }
    scrim_file_list_finish(&r->found);
    scrim_file_list_finish(&r->recorded);
    scrim_buf_finish(&r->tail);
    return result;
}

// A disk of several that fails now must not keep the site from recording: what lies on it is found
// by a later start, and the BOOT record says so.
static int recover_disks(struct scrim_recovery *r, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (r->disk = 0; r->disk < scrim_disks_count(r->site) && result >= 0; r->disk++) {
        if (scrim_disks_look(r->site, r->disk, NULL) != SCRIM_DISK_PRESENT)
            continue;
        struct scrim_error why;
        result = recover_disk(r, &why);
        if (result < 0 && (r->disk == 0 || r->journal_failed))
            return scrim_fail(error, result, "%s", why.text);
        if (result < 0)
            snprintf(r->unread, sizeof r->unread, "%.120s", why.text);
        result = SCRIM_OK;
    }
    return result;
}

static int recover(struct scrim_recovery *r, struct scrim_error *error)
{
    int result = scrim_recovery_cut_torn_line(r, error);
    if (result >= 0)
        result =
            scrim_journal_find_head(r->site->dir, r->site->config->id, r->camera, &r->head, error);
    if (result >= 0)
        result = recover_disks(r, error);
    return result < 0 ? result : scrim_recovery_append_boot(r, error);
}

int scrim_store_recover(const struct scrim_site *site, const char *camera,
                        const struct scrim_device_key *key, uint64_t boot,
                        struct scrim_journal_head *ret, struct scrim_error *error)
{
    struct scrim_recovery r = {.site = site, .camera = camera, .key = key, .boot = boot};
    const int result = recover(&r, error);
    if (result >= 0)
        *ret = r.head;
    return result;
}
