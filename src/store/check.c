#include "store/check.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "store/check_impl.h"
#include "store/file_list.h"
#include "store/journal_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTLE_US (4 * SCRIM_SECOND) // a closed segment gets its record within about one
#define SETTLE_POLL_MS 100
#define OPENINGS "state/log/journal"

struct camera_check {
    struct check *check;
    const char *camera;
    struct check_chain chain;
    char day[SCRIM_DAY_TEXT]; // how far the journals have been read
    size_t offset;
    bool unfinished;              // the last line has no end
    struct scrim_file_list files; // segments found, listed before the journals are read
    bool *named;                  // by a record, for each of them
    char newest[SCRIM_FILE_TEXT]; // of the segments that records name
};

const char *scrim_finding_text(enum scrim_finding_kind kind)
{
    switch (kind) {
    case SCRIM_FINDING_JOURNAL: return "journal";
    case SCRIM_FINDING_SEGMENT: return "segment";
    case SCRIM_FINDING_STRAY: return "stray";
    case SCRIM_FINDING_INDEX: return "index";
    case SCRIM_FINDING_HEADER: return "header";
    }
    return "unknown";
}

void scrim_check_say(struct check *check, enum scrim_finding_kind kind, const char *file,
                     const char *format, ...)
{
    char text[sizeof((struct scrim_error *)0)->text];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    check->result.findings++;
    check->finding(check->context, kind, file, text);
}

static void stray(struct camera_check *c, const char *below, const char *text)
{
    char shown[SCRIM_PATH_MAX];
    snprintf(shown, sizeof shown, "store/%s/%s", c->camera, below);
    scrim_check_say(c->check, SCRIM_FINDING_STRAY, shown, "%s", text);
}

static bool ends_with(const char *text, const char *ending)
{
    const size_t length = strlen(text), wanted = strlen(ending);
    return length >= wanted && strcmp(text + length - wanted, ending) == 0;
}

// Everything in a day's directory; what is no segment, tail or journal is a stray at once. Tails go
// into the list too: a torn segment's record accounts for them.
static int list_day(struct camera_check *c, const char *day, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **names;
    size_t count;
    if (scrim_store_path(path, c->check->site->dir, c->camera, day) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", c->camera);
    int result = scrim_fs_list(path, &names, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        char file[SCRIM_FILE_TEXT] = "", segment[SCRIM_FILE_TEXT];
        int second;
        const int length = snprintf(file, sizeof file, "%s/%s", day, names[i]);
        snprintf(segment, sizeof segment, "%s", names[i]);
        if (ends_with(segment, ".tail"))
            segment[strlen(segment) - strlen(".tail")] = '\0';
        if (strcmp(names[i], "journal") == 0)
            continue;
        if (length >= (int)sizeof file || !scrim_segment_name_parse(segment, &second))
            stray(c, file, "nothing of ours has such a name");
        else if ((result = scrim_file_list_add(&c->files, file, (size_t)length)) < 0)
            scrim_fail(error, result, "camera %s: too many files", c->camera);
    }
    scrim_fs_free_names(names, count);
    return result;
}

static int list_files(struct camera_check *c, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **names;
    size_t count;
    if (scrim_store_path(path, c->check->site->dir, c->camera, NULL) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", c->camera);
    int result = scrim_fs_list(path, &names, &count, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK; // it has not recorded yet
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (scrim_day_valid(names[i]))
            result = list_day(c, names[i], error);
        else if (strcmp(names[i], "tail") != 0)
            stray(c, names[i], "nothing of ours has such a name");
    }
    scrim_fs_free_names(names, count);
    scrim_file_list_sort(&c->files);
    c->named = scrim_new_array(scrim_file_list_count(&c->files) + 1, bool);
    return result;
}

static void say_unfinished(const struct camera_check *c)
{
    char shown[SCRIM_PATH_MAX];
    snprintf(shown, sizeof shown, "store/%s/%s/journal", c->camera, c->day);
    scrim_check_say(c->check, SCRIM_FINDING_JOURNAL, shown, "the last line has no end");
}

static void mark_named(struct camera_check *c, const char *shown, const struct scrim_record *record)
{
    static const uint8_t none[32];
    const ssize_t at = scrim_file_list_find(&c->files, record->file);
    if (at >= 0 && c->named[at])
        scrim_check_say(c->check, SCRIM_FINDING_JOURNAL, shown, "two records name %s",
                        record->file);
    if (at >= 0)
        c->named[at] = true;
    if (strcmp(record->file, c->newest) > 0)
        snprintf(c->newest, sizeof c->newest, "%s", record->file);
    if (record->torn && memcmp(record->tail_sha256, none, sizeof none) != 0) {
        char tail[SCRIM_FILE_TEXT + 8];
        snprintf(tail, sizeof tail, "%s.tail", record->file);
        const ssize_t tail_at = scrim_file_list_find(&c->files, tail);
        if (tail_at >= 0)
            c->named[tail_at] = true;
    }
}

static void take_record(struct camera_check *c, const char *shown,
                        const struct scrim_record *record)
{
    struct scrim_check_result *result = &c->check->result;
    if (record->type == SCRIM_RECORD_GAP)
        result->gaps++;
    if (record->type != SCRIM_RECORD_SEGMENT)
        return;
    result->segments++;
    result->torn += record->torn;
    mark_named(c, shown, record);
    scrim_check_segment(c->check, c->camera, record);
}

// Reads on in one day's journal.
static int scan_day(struct camera_check *c, const char *day, struct scrim_error *error)
{
    char shown[SCRIM_PATH_MAX];
    struct scrim_buf journal;
    const int result = scrim_journal_read(c->check->site->dir, c->camera, day, &journal, error);
    if (strcmp(day, c->day) != 0) {
        snprintf(c->day, sizeof c->day, "%.10s", day);
        c->offset = 0;
    }
    snprintf(shown, sizeof shown, "store/%s/%s/journal", c->camera, day);
    if (result >= 0 && c->offset > journal.len) {
        scrim_check_say(c->check, SCRIM_FINDING_JOURNAL, shown, "it became shorter meanwhile");
        c->offset = journal.len;
    }
    struct scrim_reader reader = {NULL, 0};
    if (result >= 0)
        reader = scrim_reader_of(journal.data + c->offset, journal.len - c->offset);
    const char *line;
    size_t length;
    while (scrim_read_line(&reader, &line, &length)) {
        struct scrim_record record;
        if (scrim_check_line(&c->chain, shown, line, length, &record) >= 0)
            take_record(c, shown, &record);
    }
    c->unfinished = reader.left > 0;
    c->offset = journal.len - reader.left;
    scrim_buf_finish(&journal);
    return result;
}

// Reads on in the journals of the camera, from where the last call ended.
static int scan(struct camera_check *c, struct scrim_error *error)
{
    char **days;
    size_t count;
    int result = scrim_journal_days(c->check->site->dir, c->camera, &days, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (strcmp(days[i], c->day) < 0)
            continue;
        result = scan_day(c, days[i], error);
        if (c->unfinished && i + 1 < count) // only the newest may be in the middle of a write
            say_unfinished(c);
    }
    scrim_fs_free_names(days, count);
    return result;
}

// Whether a recorder holds its lock now. Asking means trying to take it, for an instant, shared.
static bool recorder_runs(const struct scrim_site *site)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, site->dir, SCRIM_RECORDER_LOCK) < 0)
        return false;
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(path, O_RDONLY, 0, NULL);
    return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

static size_t unnamed_segments(const struct camera_check *c)
{
    size_t count = 0;
    for (size_t i = 0; i < scrim_file_list_count(&c->files); i++)
        count += !c->named[i] && !ends_with(scrim_file_list_at(&c->files, i), ".tail");
    return count;
}

// Segments that ended just before the files were listed get their record in about a second.
static int settle(struct camera_check *c, struct scrim_error *error)
{
    const int64_t deadline = scrim_clock_mono_us() + SETTLE_US;
    int result = SCRIM_OK;
    while (result >= 0 && (unnamed_segments(c) > 1 || c->unfinished) &&
           scrim_clock_mono_us() < deadline) {
        (void)poll(NULL, 0, SETTLE_POLL_MS);
        result = scan(c, error);
    }
    return result;
}

// The segment being written is the newest of all, by its name, and the only one without a record.
static ssize_t open_segment(const struct camera_check *c)
{
    for (size_t i = scrim_file_list_count(&c->files); i-- > 0;) {
        if (!c->named[i] && !ends_with(scrim_file_list_at(&c->files, i), ".tail"))
            return strcmp(scrim_file_list_at(&c->files, i), c->newest) > 0 ? (ssize_t)i : -1;
    }
    return -1;
}

static void judge_unnamed(struct camera_check *c, bool running)
{
    const ssize_t open = running ? open_segment(c) : -1;
    for (size_t i = 0; i < scrim_file_list_count(&c->files); i++) {
        const char *file = scrim_file_list_at(&c->files, i);
        if (c->named[i])
            continue;
        if ((ssize_t)i == open) {
            c->check->result.open++;
            scrim_check_unrecorded(c->check, c->camera, file);
        } else if (running || ends_with(file, ".tail"))
            stray(c, file, "no record names it");
        else
            stray(c, file,
                  "no record names it: the recorder was cut off, and its next start journals it, "
                  "or the journal was cut");
    }
}

static int check_camera(struct check *check, const char *camera, struct scrim_error *error)
{
    struct camera_check c = {
        .check = check, .camera = camera, .chain = {.check = check, .camera = camera}};
    scrim_file_list_init(&c.files);
    scrim_journal_genesis(check->site->config->id, camera, c.chain.prev);
    int result = list_files(&c, error);
    if (result >= 0)
        result = scan(&c, error);
    const bool running = recorder_runs(check->site);
    if (result >= 0 && running)
        result = settle(&c, error);
    if (result >= 0) {
        judge_unnamed(&c, running);
        if (c.unfinished)
            say_unfinished(&c);
        check->result.cameras++;
    }
    scrim_file_list_finish(&c.files);
    free(c.named);
    return result;
}

// Openings are chained like a camera's records.
static int check_openings(struct check *check, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct check_chain chain = {.check = check, .camera = ""};
    struct scrim_buf journal;
    if (scrim_path_join(path, check->site->dir, OPENINGS) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", check->site->dir);
    scrim_journal_genesis(check->site->config->id, "", chain.prev);
    scrim_buf_init(&journal, SCRIM_JOURNAL_MAX);
    const int result = scrim_fs_read(path, &journal, error);
    struct scrim_reader reader = scrim_reader_of(journal.data, journal.len);
    const char *line;
    size_t length;
    while (result >= 0 && scrim_read_line(&reader, &line, &length)) {
        struct scrim_record record;
        if (scrim_check_line(&chain, OPENINGS, line, length, &record) >= 0)
            check->result.openings++;
    }
    if (result >= 0 && reader.left > 0)
        scrim_check_say(check, SCRIM_FINDING_JOURNAL, OPENINGS, "the last line has no end");
    scrim_buf_finish(&journal);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

static void stray_in_store(struct check *check, const char *name)
{
    char shown[SCRIM_PATH_MAX];
    snprintf(shown, sizeof shown, "store/%s", name);
    scrim_check_say(check, SCRIM_FINDING_STRAY, shown, "nothing of ours has such a name");
}

// The cameras that have a directory, whether scrim.yaml still names them or not, and those that
// should have one.
static int check_cameras(struct check *check, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **names = NULL;
    size_t count = 0;
    if (scrim_path_join(path, check->site->dir, "store") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", check->site->dir);
    int result = scrim_fs_list(path, &names, &count, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK; // nothing was recorded yet
    for (size_t i = 0; i < count && result >= 0; i++) {
        char camera[SCRIM_PATH_MAX];
        struct stat info;
        if (strlen(names[i]) > SCRIM_CAMERA_ID_MAX || scrim_path_join(camera, path, names[i]) < 0 ||
            lstat(camera, &info) < 0 || !S_ISDIR(info.st_mode))
            stray_in_store(check, names[i]);
        else
            result = check_camera(check, names[i], error);
    }
    scrim_fs_free_names(names, count);
    return result;
}

static int load_vault(struct check *check, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, check->site->dir, "state/vault.json") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", check->site->dir);
    const int result = scrim_vault_load(path, &check->vault, error);
    check->has_vault = result >= 0;
    return result == SCRIM_ENOENT ? SCRIM_OK : result; // a site without a vault recorded nothing
}

int scrim_check_store(const struct scrim_site *site, scrim_check_fn finding,
                      scrim_check_progress progress, void *context, struct scrim_check_result *ret,
                      struct scrim_error *error)
{
    struct check check = {.site = site,
                          .now_us = scrim_clock_utc_us(),
                          .finding = finding,
                          .progress = progress,
                          .context = context};
    int result = scrim_device_public_load(site->dir, check.public_key, error);
    if (result >= 0)
        result = load_vault(&check, error);
    if (result >= 0)
        result = check_cameras(&check, error);
    if (result >= 0)
        result = check_openings(&check, error);
    if (result >= 0)
        *ret = check.result;
    return result;
}
