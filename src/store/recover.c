// Start-up after whatever happened: brings journal and files of a camera to agreement, before the
// recorder gives up the right to read. Runs once per camera, on one thread, and may be interrupted
// and run again.
#include "store/disk.h"

#include "base/alloc.h"
#include "store/journal_impl.h"
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

#define DAYS 2       // newest day directories that may hold files without a record
#define FILE_TEXT 64 // "<day>/<name>" and NUL
#define RECORDED_MAX (FILE_TEXT * (4U << 20))

struct recovery {
    const char *dir, *site, *camera;
    const struct scrim_device_key *key;
    uint64_t boot;
    struct scrim_journal_head head;
    struct scrim_buf recorded;    // files that records name, char[FILE_TEXT] each, sorted
    struct scrim_buf tail;        // the tail file as the crash left it
    int64_t tail_us;              // when it was last written
    unsigned removed;             // files without a whole header
    char removed_file[FILE_TEXT]; // the last of them
};

static int path_of(const struct recovery *r, const char *below, char ret[SCRIM_PATH_MAX],
                   struct scrim_error *error)
{
    return scrim_store_path(ret, r->dir, r->camera, below) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", r->camera)
               : SCRIM_OK;
}

// A line that lost its end in a crash was never flushed, so nothing vouches for it: cut off.
static int cut_torn_line(const struct recovery *r, const char *day, struct scrim_error *error)
{
    char below[SCRIM_DAY_TEXT + 16], path[SCRIM_PATH_MAX];
    snprintf(below, sizeof below, "%s/journal", day);
    int result = path_of(r, below, path, error);
    if (result < 0)
        return result;
    struct scrim_buf content;
    result = scrim_journal_read(r->dir, r->camera, day, &content, error);
    const uint8_t *last = content.len ? memrchr(content.data, '\n', content.len) : NULL;
    const size_t whole = last ? (size_t)(last + 1 - content.data) : 0;
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

// A day that is new is made durable up to the camera's name; scrim_journal_append does the rest.
static int make_day(const struct recovery *r, const char *day, struct scrim_error *error)
{
    char camera[SCRIM_PATH_MAX], store[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    int result = path_of(r, day, path, error);
    if (result >= 0)
        result = path_of(r, NULL, camera, error);
    if (result < 0 || access(path, F_OK) == 0)
        return result;
    if (scrim_path_join(store, r->dir, "store") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", r->dir);
    result = scrim_fs_make_dirs(path, 0770, error);
    if (result >= 0)
        result = scrim_fs_sync_dir(camera, error);
    return result < 0 ? result : scrim_fs_sync_dir(store, error);
}

static int append_record(struct recovery *r, const struct scrim_record *record,
                         struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT], below[SCRIM_DAY_TEXT + 16], path[SCRIM_PATH_MAX];
    scrim_journal_day(&r->head, record->start_us, day);
    snprintf(below, sizeof below, "%s/journal", day);
    int result = make_day(r, day, error);
    if (result >= 0)
        result = path_of(r, below, path, error);
    if (result < 0)
        return result;
    struct scrim_buf line;
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    result = scrim_journal_format(r->key, &r->head, record, &line);
    if (result < 0)
        scrim_fail(error, result, "camera %s: cannot format a record: %s", r->camera,
                   scrim_err_text(result));
    else
        result = scrim_journal_append(path, &line, error);
    scrim_buf_finish(&line);
    if (result >= 0)
        memcpy(r->head.day, day, sizeof day);
    return result;
}

static int64_t modified_us(const struct stat *info)
{
    return (int64_t)info->st_mtim.tv_sec * SCRIM_SECOND + info->st_mtim.tv_nsec / 1000;
}

// Keeps the unfinished chunk of a torn segment beside it, if the tail continues where the file
// ends; it also tells, a little later than the file does, until when there was something to record.
static int save_tail(const struct recovery *r, const struct scrim_sealed_head *head, uint64_t size,
                     const char *segment_path, struct scrim_record *record,
                     struct scrim_error *error)
{
    struct scrim_tail tail;
    const uint64_t whole = (size - head->payload_at) / SCRIM_AGE_SEALED_CHUNK;
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
static int remove_stump(struct recovery *r, const char *file, const char *path,
                        struct scrim_error *error)
{
    snprintf(r->removed_file, sizeof r->removed_file, "%s", file);
    r->removed++;
    return scrim_fs_unlink(path, error);
}

static int64_t start_by_name(const char *file)
{
    struct scrim_date date = {0};
    int second;
    char *end;
    if (!scrim_segment_name_parse(file + SCRIM_DAY_TEXT, &second))
        return 0;
    date.year = (int)strtol(file, &end, 10);
    date.month = (int)strtol(end + 1, &end, 10);
    date.day = (int)strtol(end + 1, &end, 10);
    return scrim_date_to_us(date) + second * SCRIM_SECOND;
}

// After a kill the file may be in the page cache only; its record must not outlive it.
static int make_durable(const struct recovery *r, int fd, const char *path, const char *file,
                        struct scrim_error *error)
{
    char day[SCRIM_DAY_TEXT], directory[SCRIM_PATH_MAX];
    snprintf(day, sizeof day, "%.10s", file);
    int result = path_of(r, day, directory, error);
    if (result >= 0)
        result = scrim_fs_sync(fd, path, error);
    return result < 0 ? result : scrim_fs_sync_dir(directory, error);
}

// Journals one file that no record names. Its name is valid.
static int adopt_file(struct recovery *r, const char *file, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    int result = path_of(r, file, path, error);
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
    return result < 0 ? result : append_record(r, &record, error);
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool is_recorded(const struct recovery *r, const char *file)
{
    return r->recorded.len > 0 && bsearch(file, r->recorded.data, r->recorded.len / FILE_TEXT,
                                          FILE_TEXT, compare_files) != NULL;
}

// Collects what the lines of one journal name. Lines are not parsed: a start has to be quick, and
// inside a string the quotes of this member would be escaped.
static int collect_files(struct recovery *r, const struct scrim_buf *journal)
{
    static const char member[] = ",\"file\":\"";
    struct scrim_reader reader = scrim_reader_of(journal->data, journal->len);
    const char *line;
    size_t length;
    while (scrim_read_line(&reader, &line, &length)) {
        const char *at = memmem(line, length, member, sizeof member - 1);
        if (!at)
            continue;
        at += sizeof member - 1;
        const char *end = memchr(at, '"', length - (size_t)(at - line));
        char file[FILE_TEXT] = "";
        if (!end || (size_t)(end - at) >= sizeof file)
            continue;
        memcpy(file, at, (size_t)(end - at));
        const int result = scrim_buf_append(&r->recorded, file, sizeof file);
        if (result < 0)
            return result;
    }
    return SCRIM_OK;
}

// A record is in the journal of its file's day or of a later one, never before (scrim_journal_day).
static int collect_recorded(struct recovery *r, const char *first_day, struct scrim_error *error)
{
    char **days;
    size_t count;
    int result = scrim_journal_days(r->dir, r->camera, &days, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (strcmp(days[i], first_day) < 0)
            continue;
        struct scrim_buf journal;
        result = scrim_journal_read(r->dir, r->camera, days[i], &journal, error);
        if (result >= 0 && (result = collect_files(r, &journal)) < 0)
            scrim_fail(error, result, "camera %s: %s", r->camera, scrim_err_text(result));
        scrim_buf_finish(&journal);
    }
    scrim_fs_free_names(days, count);
    if (r->recorded.len > 0)
        qsort(r->recorded.data, r->recorded.len / FILE_TEXT, FILE_TEXT, compare_files);
    return result;
}

// What an earlier recovery was writing when it was interrupted (scrim_fs_replace's temporary file).
static bool is_leftover(const char *name)
{
    return strstr(name, ".mp4.age.tail.new") != NULL;
}

static int remove_leftover(const struct recovery *r, const char *day, const char *name,
                           struct scrim_error *error)
{
    char day_path[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    const int result = path_of(r, day, day_path, error);
    if (result < 0)
        return result;
    if (scrim_path_join(path, day_path, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", day_path);
    return scrim_fs_unlink(path, error);
}

static int adopt_day(struct recovery *r, const char *day, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **names;
    size_t count;
    int result = path_of(r, day, path, error);
    if (result >= 0)
        result = scrim_fs_list(path, &names, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        char file[FILE_TEXT];
        int second;
        if (is_leftover(names[i])) {
            result = remove_leftover(r, day, names[i], error);
            continue;
        }
        if (!scrim_segment_name_parse(names[i], &second))
            continue;
        snprintf(file, sizeof file, "%s/%s", day, names[i]);
        if (!is_recorded(r, file))
            result = adopt_file(r, file, error);
    }
    scrim_fs_free_names(names, count);
    return result;
}

static int read_tail(struct recovery *r, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    int result = path_of(r, "tail", path, error);
    if (result >= 0)
        result = scrim_fs_read(path, &r->tail, error);
    if (result >= 0 && stat(path, &info) == 0)
        r->tail_us = modified_us(&info);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

// The day directories of the camera, oldest first.
static int list_days(const struct recovery *r, char ***ret_days, size_t *ret_count,
                     struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = path_of(r, NULL, path, error);
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

static int adopt_files(struct recovery *r, struct scrim_error *error)
{
    char **days;
    size_t count;
    int result = list_days(r, &days, &count, error);
    if (result < 0)
        return result;
    const size_t first = count > DAYS ? count - DAYS : 0;
    if (count > 0)
        result = collect_recorded(r, days[first], error);
    for (size_t i = first; i < count && result >= 0; i++)
        result = adopt_day(r, days[i], error);
    scrim_fs_free_names(days, count);
    return result;
}

static int append_boot(struct recovery *r, struct scrim_error *error)
{
    const int64_t now_us = scrim_clock_utc_us(), mono_us = scrim_clock_mono_us();
    struct scrim_record record = {.type = SCRIM_RECORD_BOOT,
                                  .start_us = now_us,
                                  .end_us = now_us,
                                  .mono_start_us = mono_us,
                                  .mono_end_us = mono_us,
                                  .boot = r->boot,
                                  .ntp_synchronised = scrim_clock_ntp().synchronised};
    snprintf(record.camera, sizeof record.camera, "%s", r->camera);
    if (r->removed > 0)
        snprintf(record.detail, sizeof record.detail,
                 "scrim " SCRIM_VERSION "; removed %u without a whole header: %s", r->removed,
                 r->removed_file);
    else
        snprintf(record.detail, sizeof record.detail, "scrim " SCRIM_VERSION);
    return append_record(r, &record, error);
}

static int recover(struct recovery *r, struct scrim_error *error)
{
    char **days;
    size_t count;
    int result = scrim_journal_days(r->dir, r->camera, &days, &count, error);
    if (result < 0)
        return result;
    if (count > 0)
        result = cut_torn_line(r, days[count - 1], error);
    scrim_fs_free_names(days, count);
    if (result >= 0)
        result = scrim_journal_find_head(r->dir, r->site, r->camera, &r->head, error);
    if (result >= 0)
        result = read_tail(r, error);
    if (result >= 0)
        result = adopt_files(r, error);
    return result < 0 ? result : append_boot(r, error);
}

int scrim_store_recover(const char *dir, const char *site, const char *camera,
                        const struct scrim_device_key *key, uint64_t boot,
                        struct scrim_journal_head *ret, struct scrim_error *error)
{
    struct recovery r = {.dir = dir, .site = site, .camera = camera, .key = key, .boot = boot};
    scrim_buf_init(&r.recorded, RECORDED_MAX);
    scrim_buf_init(&r.tail, SCRIM_TAIL_FILE_MAX);
    const int result = recover(&r, error);
    scrim_buf_finish(&r.recorded);
    scrim_buf_finish(&r.tail);
    if (result >= 0)
        *ret = r.head;
    return result;
}
