#include "store/act_log.h"

#include "base/alloc.h"
#include "store/journal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct scrim_act_log_kind scrim_log_of_acts = {.directory = "state/acts",
                                                     .file = SCRIM_ACT_LOG,
                                                     .old_file = SCRIM_ACT_LOG_OLD,
                                                     .genesis = SCRIM_ACT_GENESIS,
                                                     .owner = SCRIM_LOG_OF_DESK};
const struct scrim_act_log_kind scrim_log_of_openings = {.directory = SCRIM_OPENINGS_DIR,
                                                         .file = SCRIM_OPENINGS_LOG,
                                                         .genesis = SCRIM_OPENINGS_GENESIS,
                                                         .owner = SCRIM_LOG_OF_OPENER};

struct scrim_act_log {
    const struct scrim_act_log_kind *kind;
    char path[SCRIM_PATH_MAX];
    char site[SCRIM_CAMERA_ID_MAX + 1];
    int fd;
    struct scrim_device_key *key; // NULL: only for reading
    uint8_t public_key[32];
    struct scrim_journal_head head;
    struct scrim_buf ends; // of each line, its line break included: off_t
    bool broken;
};

// --- opening ---

static off_t end_of(const struct scrim_act_log *log, size_t line)
{
    off_t end;
    memcpy(&end, log->ends.data + line * sizeof end, sizeof end);
    return end;
}

static off_t end_of_all(const struct scrim_act_log *log)
{
    const size_t lines = log->ends.len / sizeof(off_t);
    return lines > 0 ? end_of(log, lines - 1) : 0;
}

static int note_ends(struct scrim_act_log *log, const struct scrim_buf *content, size_t whole)
{
    struct scrim_reader reader = scrim_reader_of(content->data, whole);
    const char *line;
    size_t length;
    int result = SCRIM_OK;
    while (result >= 0 && scrim_read_line(&reader, &line, &length)) {
        const off_t end = (off_t)(whole - reader.left);
        result = scrim_buf_append(&log->ends, &end, sizeof end);
    }
    return result;
}

// Where the chain stands. A line that lost its end in a crash is cut off, or, by who only reads,
// not looked at: its owner may be in the middle of it.
static int find_head(struct scrim_act_log *log, struct scrim_error *error)
{
    struct scrim_buf content;
    scrim_buf_init(&content, SCRIM_JOURNAL_MAX);
    int result = scrim_fs_read(log->path, &content, error);
    const size_t whole =
        scrim_journal_scan_head(&content, log->site, log->kind->genesis, &log->head);
    if (result >= 0 && log->key && whole < content.len && ftruncate(log->fd, (off_t)whole) < 0)
        result = scrim_fail_errno(error, errno, "cannot shorten %s", log->path);
    if (result >= 0 && note_ends(log, &content, whole) < 0)
        result = scrim_fail(error, SCRIM_ENOMEM, "%s has too many lines", log->path);
    scrim_buf_finish(&content);
    return result;
}

// The chain goes on where it stands: only its place is another.
static int move_old(const struct scrim_act_log *log, const char *dir, struct scrim_error *error)
{
    char old[SCRIM_PATH_MAX];
    if (!log->kind->old_file)
        return SCRIM_OK;
    if (scrim_path_join(old, dir, log->kind->old_file) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    return access(old, F_OK) < 0 ? SCRIM_OK : scrim_fs_rename(old, log->path, error);
}

static int open_file(struct scrim_act_log *log, const char *dir, struct scrim_error *error)
{
    char directory[SCRIM_PATH_MAX];
    if (scrim_path_join(directory, dir, log->kind->directory) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const bool is_new = access(log->path, F_OK) < 0;
    int result = is_new ? scrim_fs_make_dirs(directory, 0700, error) : SCRIM_OK;
    if (result >= 0 && is_new)
        result = move_old(log, dir, error);
    if (result >= 0)
        result = log->fd = scrim_fs_open(log->path, O_RDWR | O_CREAT | O_APPEND, 0640, error);
    return result >= 0 && is_new ? scrim_fs_sync_dir(directory, error) : result;
}

static int new_log(const char *dir, const char *site, const struct scrim_act_log_kind *kind,
                   struct scrim_act_log **ret, struct scrim_error *error)
{
    struct scrim_act_log *log = scrim_new(struct scrim_act_log);
    log->kind = kind;
    log->fd = -1;
    snprintf(log->site, sizeof log->site, "%s", site);
    scrim_buf_init(&log->ends, SCRIM_JOURNAL_MAX);
    *ret = log;
    return scrim_path_join(log->path, dir, kind->file) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir)
               : SCRIM_OK;
}

// Hands `log` over, or ends it.
static int settle(struct scrim_act_log *log, int result, struct scrim_act_log **ret)
{
    if (result < 0)
        scrim_act_log_close(log);
    else
        *ret = log;
    return result;
}

int scrim_act_log_open(const char *dir, const char *site, const struct scrim_act_log_kind *kind,
                       struct scrim_act_log **ret, struct scrim_error *error)
{
    struct scrim_act_log *log;
    int result = new_log(dir, site, kind, &log, error);
    if (result >= 0)
        result = open_file(log, dir, error);
    if (result >= 0)
        result = scrim_log_key_obtain(dir, kind->owner, &log->key, error);
    if (result >= 0) {
        memcpy(log->public_key, log->key->public, sizeof log->public_key);
        result = find_head(log, error);
    }
    return settle(log, result, ret);
}

int scrim_act_log_view(const char *dir, const char *site, const struct scrim_act_log_kind *kind,
                       struct scrim_act_log **ret, struct scrim_error *error)
{
    struct scrim_act_log *log;
    int result = new_log(dir, site, kind, &log, error);
    if (result >= 0)
        result = log->fd = scrim_fs_open(log->path, O_RDONLY | O_NOFOLLOW, 0, error);
    if (result >= 0)
        result = scrim_log_public_load(dir, kind->owner, log->public_key, error);
    if (result >= 0)
        result = find_head(log, error);
    return settle(log, result, ret);
}

void scrim_act_log_close(struct scrim_act_log *log)
{
    if (!log)
        return;
    scrim_close_fd(&log->fd);
    scrim_device_key_destroy(log->key);
    scrim_buf_finish(&log->ends);
    free(log);
}

// --- writing ---

// What a failed write left is taken back, so that the next line does not continue it.
static int write_line(struct scrim_act_log *log, const struct scrim_buf *line,
                      struct scrim_error *error)
{
    const off_t before = end_of_all(log), after = before + (off_t)line->len;
    int result = scrim_buf_append(&log->ends, &after, sizeof after);
    if (result < 0)
        return scrim_fail(error, result, "%s has too many lines", log->path);
    result = scrim_fs_write(log->fd, line->data, line->len, log->path, error);
    if (result >= 0)
        result = scrim_fs_sync(log->fd, log->path, error);
    if (result >= 0)
        return SCRIM_OK;
    log->ends.len -= sizeof after;
    log->broken = ftruncate(log->fd, before) < 0 || scrim_fs_sync(log->fd, log->path, NULL) < 0;
    return result;
}

int scrim_act_log_append(struct scrim_act_log *log, const char *camera, const char *json,
                         uint64_t *ret_seq, struct scrim_error *error)
{
    return scrim_act_log_append_at(log, scrim_clock_utc_us(), camera, json, ret_seq, error);
}

int scrim_act_log_append_at(struct scrim_act_log *log, int64_t at_us, const char *camera,
                            const char *json, uint64_t *ret_seq, struct scrim_error *error)
{
    struct scrim_record record = {.type = SCRIM_RECORD_CHANGE};
    struct scrim_journal_head head = log->head;
    struct scrim_buf line;
    if (!log->key)
        return scrim_fail(error, SCRIM_EACCESS, "%s was opened for reading only", log->path);
    if (log->broken)
        return scrim_fail(error, SCRIM_EIO,
                          "%s could not be written before; start the program again that writes it",
                          log->path);
    if (strlen(json) >= sizeof record.json)
        return scrim_fail(error, SCRIM_EINVAL, "the act is too long for the log");
    record.start_us = record.end_us = at_us;
    record.mono_start_us = record.mono_end_us = scrim_clock_mono_us();
    scrim_record_note_ntp(&record);
    snprintf(record.camera, sizeof record.camera, "%s", camera);
    snprintf(record.json, sizeof record.json, "%s", json);
    scrim_buf_init(&line, SCRIM_JOURNAL_LINE_MAX);
    int result = scrim_journal_format(log->key, &head, &record, &line);
    if (result < 0)
        scrim_fail(error, result, "the act is too long for the log");
    else
        result = write_line(log, &line, error);
    scrim_buf_finish(&line);
    if (result < 0)
        return result;
    *ret_seq = log->head.next_seq;
    log->head = head;
    return SCRIM_OK;
}

// --- reading back ---

uint64_t scrim_act_log_count(const struct scrim_act_log *log)
{
    return log->ends.len / sizeof(off_t);
}

// Without its line break.
static int read_line(struct scrim_act_log *log, size_t line, char ret[SCRIM_JOURNAL_LINE_MAX],
                     size_t *ret_length, struct scrim_error *error)
{
    const off_t from = line > 0 ? end_of(log, line - 1) : 0;
    const size_t length = (size_t)(end_of(log, line) - from);
    if (length == 0 || length > SCRIM_JOURNAL_LINE_MAX)
        return scrim_fail(error, SCRIM_EAUTH, "%s: line %zu is no record", log->path, line);
    const ssize_t count = pread(log->fd, ret, length, from);
    if (count < 0)
        return scrim_fail_errno(error, errno, "cannot read %s", log->path);
    if ((size_t)count != length)
        return scrim_fail(error, SCRIM_EAUTH, "%s was cut short", log->path);
    *ret_length = length - 1;
    return SCRIM_OK;
}

int scrim_act_log_peek(struct scrim_act_log *log, uint64_t seq, struct scrim_record *ret,
                       struct scrim_error *error)
{
    char line[SCRIM_JOURNAL_LINE_MAX];
    uint8_t prev[32];
    size_t length;
    if (seq >= scrim_act_log_count(log))
        return scrim_fail(error, SCRIM_ENOENT, "%s: there is no such line", log->path);
    const int result = read_line(log, seq, line, &length, error);
    return result < 0 ? result : scrim_journal_parse(line, length, NULL, ret, prev, error);
}

int scrim_act_log_read(struct scrim_act_log *log, uint64_t seq, struct scrim_record *ret,
                       struct scrim_error *error)
{
    char line[SCRIM_JOURNAL_LINE_MAX];
    uint8_t expected[32], prev[32];
    size_t length;
    int result = SCRIM_OK;
    if (seq >= scrim_act_log_count(log))
        return scrim_fail(error, SCRIM_ENOENT, "%s: there is no such line", log->path);
    if (seq > 0) {
        result = read_line(log, seq - 1, line, &length, error);
        if (result >= 0)
            scrim_journal_line_hash(line, length, expected);
    } else {
        scrim_journal_genesis(log->site, log->kind->genesis, expected);
    }
    if (result >= 0)
        result = read_line(log, seq, line, &length, error);
    if (result >= 0)
        result = scrim_journal_parse(line, length, log->public_key, ret, prev, error);
    if (result == SCRIM_EFORMAT)
        result = SCRIM_EAUTH;
    if (result >= 0 && (ret->seq != seq || memcmp(prev, expected, sizeof prev) != 0))
        result = scrim_fail(error, SCRIM_EAUTH, "%s: line %llu does not continue the one before",
                            log->path, (unsigned long long)seq);
    return result;
}

int scrim_act_log_hash(struct scrim_act_log *log, uint64_t seq, uint8_t ret[32],
                       struct scrim_error *error)
{
    char line[SCRIM_JOURNAL_LINE_MAX];
    size_t length;
    if (seq >= scrim_act_log_count(log))
        return scrim_fail(error, SCRIM_ENOENT, "%s: there is no such line", log->path);
    const int result = read_line(log, seq, line, &length, error);
    if (result >= 0)
        scrim_journal_line_hash(line, length, ret);
    return result;
}
