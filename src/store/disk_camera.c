#include "store/disk_camera.h"

#include "base/alloc.h"
#include "store/journal_impl.h"
#include "store/tail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_MAX 1000 // segments that may share a second, after clock steps

struct scrim_disk_camera *scrim_disk_camera_create(const char *dir,
                                                   const struct scrim_device_key *key,
                                                   const char *id,
                                                   const struct scrim_journal_head *head)
{
    struct scrim_disk_camera *camera = scrim_new(struct scrim_disk_camera);
    snprintf(camera->id, sizeof camera->id, "%s", id);
    camera->dir = dir;
    camera->key = key;
    camera->head = *head;
    camera->segment_fd = camera->tail_fd = camera->journal_fd = -1;
    camera->waiting_end = &camera->waiting;
    camera->hash = EVP_MD_CTX_new();
    if (!camera->hash)
        abort();
    scrim_buf_init(&camera->line, SCRIM_JOURNAL_LINE_MAX);
    return camera;
}

void scrim_disk_camera_destroy(struct scrim_disk_camera *camera)
{
    if (!camera)
        return;
    scrim_close_fd(&camera->segment_fd);
    scrim_close_fd(&camera->tail_fd);
    scrim_close_fd(&camera->journal_fd);
    EVP_MD_CTX_free(camera->hash);
    scrim_buf_finish(&camera->line);
    while (camera->waiting) {
        struct scrim_disk_waiting *next = camera->waiting->next;
        free(camera->waiting);
        camera->waiting = next;
    }
    free(camera);
}

static int path_of(const struct scrim_disk_camera *camera, const char *below,
                   char ret[SCRIM_PATH_MAX], struct scrim_error *error)
{
    return scrim_store_path(ret, camera->dir, camera->id, below) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", camera->id)
               : SCRIM_OK;
}

static int make_day(const struct scrim_disk_camera *camera, const char *day,
                    struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    const int result = path_of(camera, day, path, error);
    return result < 0 ? result : scrim_fs_make_dirs(path, 0770, error);
}

// What the kernel took of a write that failed; it is in the file and must be in the hash.
static size_t taken_of(const struct scrim_disk_camera *camera, size_t count)
{
    struct stat info;
    if (fstat(camera->segment_fd, &info) < 0 || (uint64_t)info.st_size < camera->bytes)
        return 0;
    const uint64_t taken = (uint64_t)info.st_size - camera->bytes;
    return taken < count ? (size_t)taken : count;
}

static int write_segment(struct scrim_disk_camera *camera, const struct scrim_buf *bytes,
                         struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = path_of(camera, camera->file, path, error);
    if (result < 0)
        return result;
    result = scrim_fs_write(camera->segment_fd, bytes->data, bytes->len, path, error);
    const size_t taken = result >= 0 ? bytes->len : taken_of(camera, bytes->len);
    if (EVP_DigestUpdate(camera->hash, bytes->data, taken) != 1 && result >= 0)
        result = scrim_fail(error, SCRIM_EINTERNAL, "camera %s: SHA-256 failed", camera->id);
    camera->bytes += taken;
    camera->failed = result < 0;
    return result;
}

// Makes the file under the first free name of its second.
static int create_file(struct scrim_disk_camera *camera, int64_t start_us,
                       struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT], name[32], path[SCRIM_PATH_MAX];
    scrim_day_of(start_us, day);
    int result = make_day(camera, day, error);
    if (result < 0)
        return result;
    for (unsigned nth = 0; nth < NAMES_MAX; nth++) {
        scrim_segment_name(name, start_us, nth);
        snprintf(camera->file, sizeof camera->file, "%s/%s", day, name);
        result = path_of(camera, camera->file, path, error);
        if (result >= 0)
            result = scrim_fs_open(path, O_WRONLY | O_CREAT | O_EXCL, 0600, error);
        if (result != SCRIM_EEXIST)
            return result;
    }
    return result;
}

int scrim_disk_camera_open(struct scrim_disk_camera *camera, int64_t start_us,
                           const struct scrim_buf *bytes, struct scrim_error *error)
{
    if (camera->segment_fd >= 0) {
        const struct scrim_record unclosed = {
            .type = SCRIM_RECORD_SEGMENT, .start_us = camera->start_us, .end_us = start_us};
        scrim_disk_camera_close(camera, &unclosed, "the next segment began before this one ended");
    }
    camera->failed = true;
    const int fd = create_file(camera, start_us, error);
    if (fd < 0)
        return fd;
    camera->segment_fd = fd;
    camera->start_us = start_us;
    camera->bytes = 0;
    if (EVP_DigestInit_ex(camera->hash, EVP_sha256(), NULL) != 1)
        return scrim_fail(error, SCRIM_EINTERNAL, "camera %s: SHA-256 failed", camera->id);
    return write_segment(camera, bytes, error);
}

int scrim_disk_camera_append(struct scrim_disk_camera *camera, const struct scrim_buf *bytes,
                             struct scrim_error *error)
{
    if (camera->segment_fd < 0 || camera->failed)
        return SCRIM_OK;
    return write_segment(camera, bytes, error);
}

int scrim_disk_camera_tail(struct scrim_disk_camera *camera, const struct scrim_buf *bytes,
                           struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (camera->segment_fd < 0 || camera->failed)
        return SCRIM_OK;
    int result = path_of(camera, "tail", path, error);
    if (result >= 0 && camera->tail_fd < 0)
        result = camera->tail_fd = scrim_fs_open(path, O_WRONLY | O_CREAT, 0600, error);
    if (result >= 0)
        result = scrim_fs_pwrite(camera->tail_fd, bytes->data, bytes->len,
                                 (off_t)camera->tail_slot * SCRIM_TAIL_SLOT, path, error);
    if (result >= 0)
        camera->tail_slot ^= 1;
    camera->failed = result < 0;
    return result;
}

void scrim_disk_camera_wait(struct scrim_disk_camera *camera, const struct scrim_record *record)
{
    struct scrim_disk_waiting *waiting = scrim_new(struct scrim_disk_waiting);
    waiting->record = *record;
    snprintf(waiting->record.camera, sizeof waiting->record.camera, "%s", camera->id);
    *camera->waiting_end = waiting;
    camera->waiting_end = &waiting->next;
    atomic_fetch_add(&camera->waiting_count, 1);
}

static void call_torn(struct scrim_record *record, const char *why)
{
    record->torn = true;
    record->frames = record->keyframes = 0;
    if (record->detail[0] == '\0')
        snprintf(record->detail, sizeof record->detail, "%s", why);
}

bool scrim_disk_camera_doubt(struct scrim_disk_camera *camera)
{
    const bool affected = camera->segment_fd >= 0 && !camera->failed;
    if (affected)
        camera->failed = true;
    for (struct scrim_disk_waiting *at = camera->waiting; at; at = at->next) {
        if (at->record.type == SCRIM_RECORD_SEGMENT)
            call_torn(&at->record, "the disk failed to flush it");
    }
    return affected;
}

bool scrim_disk_camera_close(struct scrim_disk_camera *camera, const struct scrim_record *record,
                             const char *why_torn)
{
    const bool exists = camera->segment_fd >= 0;
    if (exists) {
        struct scrim_record complete = *record;
        unsigned length = 0;
        snprintf(complete.file, sizeof complete.file, "%s", camera->file);
        complete.bytes = camera->bytes;
        if (EVP_DigestFinal_ex(camera->hash, complete.sha256, &length) != 1)
            camera->failed = true;
        if (camera->failed || why_torn)
            call_torn(&complete, why_torn ? why_torn : "not all of it could be written");
        scrim_disk_camera_wait(camera, &complete);
        scrim_close_fd(&camera->segment_fd);
    }
    camera->failed = false;
    return exists;
}

bool scrim_disk_camera_owes(const struct scrim_disk_camera *camera)
{
    return camera->waiting || camera->line.len > 0 || camera->journal_unsynced;
}

// Opens the journal of that day, if another one is open.
static int open_journal(struct scrim_disk_camera *camera, const char *day,
                        struct scrim_error *error)
{
    if (camera->journal_fd >= 0 && strcmp(camera->journal_day, day) == 0)
        return SCRIM_OK;
    char below[SCRIM_DAY_TEXT + 16], path[SCRIM_PATH_MAX];
    snprintf(below, sizeof below, "%s/journal", day);
    int result = make_day(camera, day, error);
    if (result >= 0)
        result = path_of(camera, below, path, error);
    if (result >= 0)
        result = scrim_fs_open(path, O_WRONLY | O_CREAT | O_APPEND, 0640, error);
    if (result < 0)
        return result;
    scrim_close_fd(&camera->journal_fd);
    camera->journal_fd = result;
    snprintf(camera->journal_day, sizeof camera->journal_day, "%s", day);
    return SCRIM_OK;
}

int scrim_disk_camera_prepare(struct scrim_disk_camera *camera, struct scrim_error *error)
{
    if (!camera->waiting || camera->line.len > 0 || camera->journal_unsynced)
        return SCRIM_OK; // what the open journal is owed comes first
    char day[SCRIM_DAY_TEXT];
    scrim_journal_day(&camera->head, camera->waiting->record.start_us, day);
    return open_journal(camera, day, error);
}

// Writes camera->line, and keeps what the disk did not take: the next try continues in mid-line.
static int write_line(struct scrim_disk_camera *camera, struct scrim_error *error)
{
    struct stat before, after;
    char path[SCRIM_PATH_MAX], below[SCRIM_DAY_TEXT + 16];
    if (camera->line.len == 0)
        return SCRIM_OK;
    snprintf(below, sizeof below, "%s/journal", camera->journal_day);
    int result = path_of(camera, below, path, error);
    if (result < 0)
        return result;
    if (fstat(camera->journal_fd, &before) < 0)
        return scrim_fail_errno(error, errno, "%s", path);
    camera->journal_unsynced = true;
    result = scrim_fs_write(camera->journal_fd, camera->line.data, camera->line.len, path, error);
    size_t taken = camera->line.len;
    if (result < 0)
        taken = fstat(camera->journal_fd, &after) < 0 || after.st_size < before.st_size
                    ? 0
                    : (size_t)(after.st_size - before.st_size);
    scrim_buf_drop_front(&camera->line, taken < camera->line.len ? taken : camera->line.len);
    return result;
}

// Formats the oldest waiting record into camera->line, which is empty.
static int format_next(struct scrim_disk_camera *camera, struct scrim_error *error)
{
    struct scrim_disk_waiting *next = camera->waiting;
    struct scrim_record *record = &next->record;
    if (record->end_us < record->start_us) // the clock stepped back
        record->end_us = record->start_us + (record->mono_end_us > record->mono_start_us
                                                 ? record->mono_end_us - record->mono_start_us
                                                 : 0);
    const int result = scrim_journal_format(camera->key, &camera->head, record, &camera->line);
    if (result < 0 && result != SCRIM_EINVAL)
        return scrim_fail(error, result, "camera %s: cannot format a record: %s", camera->id,
                          scrim_err_text(result));
    if (result >= 0)
        snprintf(camera->head.day, sizeof camera->head.day, "%s", camera->journal_day);
    camera->waiting = next->next;
    if (!camera->waiting)
        camera->waiting_end = &camera->waiting;
    atomic_fetch_sub(&camera->waiting_count, 1);
    free(next);
    // A record that cannot be expressed is a fault in this program; it must not hold up the others.
    return result < 0
               ? scrim_fail(error, SCRIM_EINTERNAL, "camera %s: a record was not valid", camera->id)
               : SCRIM_OK;
}

static int sync_journal(struct scrim_disk_camera *camera, struct scrim_error *error)
{
    if (!camera->journal_unsynced)
        return SCRIM_OK;
    char what[SCRIM_PATH_MAX], below[SCRIM_DAY_TEXT + 16];
    snprintf(below, sizeof below, "%s/journal", camera->journal_day);
    int result = path_of(camera, below, what, error);
    if (result >= 0)
        result = scrim_fs_sync(camera->journal_fd, what, error);
    if (result >= 0)
        camera->journal_unsynced = false;
    return result;
}

// Only lines of the day that is open: a later day waits for the next round, because its file is
// not there yet.
static bool next_fits(const struct scrim_disk_camera *camera)
{
    char day[SCRIM_DAY_TEXT];
    if (!camera->waiting || camera->journal_fd < 0)
        return false;
    scrim_journal_day(&camera->head, camera->waiting->record.start_us, day);
    return strcmp(day, camera->journal_day) == 0;
}

int scrim_disk_camera_write_records(struct scrim_disk_camera *camera, uint64_t *ret_records,
                                    struct scrim_error *error)
{
    uint64_t written = 0;
    int result = write_line(camera, error);
    while (result >= 0 && next_fits(camera)) {
        result = format_next(camera, error);
        if (result >= 0)
            result = write_line(camera, error);
        written += result >= 0;
    }
    const int synced = sync_journal(camera, result < 0 ? NULL : error);
    *ret_records = written;
    return result < 0 ? result : synced;
}
