#include "store/check.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "store/act_log.h"
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
#define CAMERAS_MAX 4096 // that ever were

struct camera_check {
    struct check *check;
    const char *camera;
    struct check_chain chain;
    char day[SCRIM_DAY_TEXT]; // how far the journals have been read
    size_t offset;
    bool unfinished;              // the last line has no end
    struct scrim_file_list files; // segments found, listed before the journals are read
    bool *named;                  // by a record, for each of them
    char newest[SCRIM_DISKS_MAX][SCRIM_FILE_TEXT]; // of each disk's segments that records name
};

const char *scrim_finding_text(enum scrim_finding_kind kind)
{
    switch (kind) {
    case SCRIM_FINDING_JOURNAL: return "journal";
    case SCRIM_FINDING_SEGMENT: return "segment";
    case SCRIM_FINDING_STRAY: return "stray";
    case SCRIM_FINDING_INDEX: return "index";
    case SCRIM_FINDING_HEADER: return "header";
    case SCRIM_FINDING_DISK: return "disk";
    case SCRIM_FINDING_KEYS: return "keys";
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

static void stray(struct check *check, unsigned disk, const char *camera, const char *below,
                  const char *text)
{
    char shown[SCRIM_PATH_MAX];
    scrim_check_show(check, disk, camera, below, shown);
    scrim_check_say(check, SCRIM_FINDING_STRAY, shown, "%s", text);
}

static bool ends_with(const char *text, const char *ending)
{
    const size_t length = strlen(text), wanted = strlen(ending);
    return length >= wanted && strcmp(text + length - wanted, ending) == 0;
}

// Everything in a day's directory; what is no segment, tail or journal is a stray at once. Tails go
// into the list too: a torn segment's record accounts for them.
static int list_day(struct camera_check *c, unsigned disk, const char *day,
                    struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **names;
    size_t count;
    if (scrim_disks_path(path, c->check->site, disk, c->camera, day) < 0)
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
        if (disk == 0 && strcmp(names[i], "journal") == 0)
            continue;
        if (length >= (int)sizeof file || !scrim_segment_name_parse(segment, &second))
            stray(c->check, disk, c->camera, file, "nothing of ours has such a name");
        else if ((result = scrim_file_list_add(&c->files, scrim_disks_id(c->check->site, disk),
                                               file)) < 0)
            scrim_fail(error, result, "camera %s: too many files", c->camera);
    }
    scrim_fs_free_names(names, count);
    return result;
}

static int list_disk(struct camera_check *c, unsigned disk, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], **names;
    size_t count;
    if (scrim_disks_path(path, c->check->site, disk, c->camera, NULL) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", c->camera);
    int result = scrim_fs_list(path, &names, &count, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK; // it has not recorded there
    if (result < 0)
        return result;
    for (size_t i = 0; i < count && result >= 0; i++) {
        if (scrim_day_valid(names[i]))
            result = list_day(c, disk, names[i], error);
        else if (strcmp(names[i], "tail") != 0)
            stray(c->check, disk, c->camera, names[i], "nothing of ours has such a name");
    }
    scrim_fs_free_names(names, count);
    return result;
}

// A disk that fails while it is listed is a finding; the others are checked.
static int list_files(struct camera_check *c, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (unsigned disk = 0; disk < scrim_disks_count(c->check->site) && result >= 0; disk++) {
        struct scrim_error why;
        char shown[SCRIM_PATH_MAX];
        if (!c->check->present[disk] || list_disk(c, disk, &why) >= 0)
            continue;
        if (disk == 0)
            result = scrim_fail(error, why.code, "%s", why.text);
        scrim_check_show(c->check, disk, c->camera, NULL, shown);
        if (disk > 0)
            scrim_check_say(c->check, SCRIM_FINDING_DISK, shown, "%s", why.text);
    }
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
    const int disk = scrim_disks_find(c->check->site, record->disk, NULL);
    const ssize_t at = scrim_file_list_find(&c->files, record->disk, record->file);
    if (at >= 0 && c->named[at])
        scrim_check_say(c->check, SCRIM_FINDING_JOURNAL, shown, "two records name %s",
                        record->file);
    if (at >= 0)
        c->named[at] = true;
    if (disk >= 0 && strcmp(record->file, c->newest[disk]) > 0)
        snprintf(c->newest[disk], sizeof c->newest[disk], "%s", record->file);
    if (record->torn && memcmp(record->tail_sha256, none, sizeof none) != 0) {
        char tail[SCRIM_FILE_TEXT + 8];
        snprintf(tail, sizeof tail, "%s.tail", record->file);
        const ssize_t tail_at = scrim_file_list_find(&c->files, record->disk, tail);
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
    if (record->type == SCRIM_RECORD_PURGE)
        scrim_check_purged(c->check, record);
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

// A file that was found: its disk, its name, and whether it is a segment that no record names.
struct found {
    unsigned disk;
    const char *file;
    bool unnamed_segment;
};

static struct found found_at(const struct camera_check *c, size_t at)
{
    char id[SCRIM_PLACED_FILE_TEXT];
    const char *file = scrim_file_list_at(&c->files, at, id);
    const int disk = scrim_disks_find(c->check->site, id, NULL); // it was listed: it is known
    return (struct found){disk > 0 ? (unsigned)disk : 0, file,
                          !c->named[at] && !ends_with(file, ".tail")};
}

static size_t unnamed_segments(const struct camera_check *c)
{
    size_t count = 0;
    for (size_t i = 0; i < scrim_file_list_count(&c->files); i++)
        count += found_at(c, i).unnamed_segment;
    return count;
}

// Segments that ended just before the files were listed get their record in about a second, and so
// does a purge.
static int settle(struct camera_check *c, struct scrim_error *error)
{
    const int64_t deadline = scrim_clock_mono_us() + SETTLE_US;
    int result = SCRIM_OK;
    while (result >= 0 &&
           (unnamed_segments(c) > 1 || c->unfinished || scrim_check_missing_count(c->check) > 0) &&
           scrim_clock_mono_us() < deadline) {
        (void)poll(NULL, 0, SETTLE_POLL_MS);
        result = scan(c, error);
    }
    return result;
}

// The segment being written is the newest of its disk, by its name. On a disk that does not answer
// one may wait while the camera records on another.
static bool is_open(const struct camera_check *c, size_t at)
{
    const struct found this = found_at(c, at);
    if (!this.unnamed_segment || strcmp(this.file, c->newest[this.disk]) <= 0)
        return false;
    for (size_t i = at + 1; i < scrim_file_list_count(&c->files); i++) {
        const struct found later = found_at(c, i); // the list is in order, disk by disk
        if (later.disk == this.disk && later.unnamed_segment)
            return false;
    }
    return true;
}

static void judge_unnamed(struct camera_check *c, bool running)
{
    for (size_t i = 0; i < scrim_file_list_count(&c->files); i++) {
        const struct found this = found_at(c, i);
        if (c->named[i])
            continue;
        if (running && is_open(c, i)) {
            c->check->result.open++;
            scrim_check_unrecorded(c->check, this.disk, c->camera, this.file);
        } else if (running || !this.unnamed_segment)
            stray(c->check, this.disk, c->camera, this.file, "no record names it");
        else
            stray(c->check, this.disk, c->camera, this.file,
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
        scrim_check_missing_say(check, camera);
        check->result.cameras++;
    }
    scrim_file_list_finish(&c.files);
    free(c.named);
    return result;
}

// A log of the site, chained like a camera's records, all in one file.
static int check_log(struct check *check, const char *below, const char *genesis,
                     const uint8_t *public_key, uint64_t *count, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct check_chain chain = {.check = check, .camera = "", .public_key = public_key};
    struct scrim_buf journal;
    if (scrim_path_join(path, check->site->dir, below) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", check->site->dir);
    scrim_journal_genesis(check->site->config->id, genesis, chain.prev);
    scrim_buf_init(&journal, SCRIM_JOURNAL_MAX);
    const int result = scrim_fs_read(path, &journal, error);
    struct scrim_reader reader = scrim_reader_of(journal.data, journal.len);
    const char *line;
    size_t length;
    while (result >= 0 && scrim_read_line(&reader, &line, &length)) {
        struct scrim_record record;
        if (scrim_check_line(&chain, below, line, length, &record) >= 0)
            ++*count;
    }
    if (result >= 0 && reader.left > 0)
        scrim_check_say(check, SCRIM_FINDING_JOURNAL, below, "the last line has no end");
    scrim_buf_finish(&journal);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

// A log whose owner has a key of its own. Without that key its owner never ran, and a log would be
// nobody's.
static int check_owned_log(struct check *check, const struct scrim_act_log_kind *kind,
                           uint64_t *count, struct scrim_error *error)
{
    uint8_t public_key[32];
    int result = scrim_log_public_load(check->site->dir, kind->owner, public_key, error);
    if (result >= 0)
        result = check_log(check, kind->file, kind->genesis, public_key, count, error);
    if (result >= 0 && kind->old_file) // not moved yet
        result = check_log(check, kind->old_file, kind->genesis, public_key, count, error);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

// The two logs of openings, at this machine and over the desk, and the desk's log of acts.
static int check_logs(struct check *check, struct scrim_error *error)
{
    uint64_t *openings = &check->result.openings;
    int result = check_log(check, OPENINGS, "", NULL, openings, error);
    if (result >= 0)
        result = check_owned_log(check, &scrim_log_of_openings, openings, error);
    return result < 0 ? result
                      : check_owned_log(check, &scrim_log_of_acts, &check->result.changes, error);
}

static bool is_ours(unsigned disk, const char *name)
{
    return strcmp(name, "scrim-probe") == 0 ||
           (disk > 0 && (strcmp(name, "scrim-disk") == 0 || strcmp(name, "lost+found") == 0));
}

static bool is_camera(const char *root, const char *name)
{
    char path[SCRIM_PATH_MAX];
    struct stat info;
    return strlen(name) <= SCRIM_CAMERA_ID_MAX && scrim_path_join(path, root, name) >= 0 &&
           lstat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static bool contains(char *const *names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

// The cameras that have a directory on any disk, whether scrim.yaml still names them or not.
static int find_cameras(struct check *check, unsigned disk, char **cameras, size_t *count,
                        struct scrim_error *error)
{
    char root[SCRIM_PATH_MAX], **names = NULL;
    size_t names_count = 0;
    if (scrim_disks_path(root, check->site, disk, NULL, NULL) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", check->site->dir);
    struct scrim_error why;
    const int result = scrim_fs_list(root, &names, &names_count, &why);
    if (result == SCRIM_ENOENT && disk == 0)
        return SCRIM_OK; // nothing was recorded yet
    if (result < 0 && disk == 0)
        return scrim_fail(error, result, "%s", why.text);
    if (result < 0)
        scrim_check_say(check, SCRIM_FINDING_DISK, root, "%s", why.text);
    for (size_t i = 0; i < names_count; i++) {
        if (is_ours(disk, names[i]))
            continue;
        if (!is_camera(root, names[i]))
            stray(check, disk, names[i], NULL, "nothing of ours has such a name");
        else if (!contains(cameras, *count, names[i]) && *count < CAMERAS_MAX)
            cameras[(*count)++] = scrim_strdup(names[i]);
    }
    scrim_fs_free_names(names, names_count);
    return SCRIM_OK;
}

static int check_cameras(struct check *check, struct scrim_error *error)
{
    char **cameras = scrim_new_array(CAMERAS_MAX, char *);
    size_t count = 0;
    int result = SCRIM_OK;
    for (unsigned disk = 0; disk < scrim_disks_count(check->site) && result >= 0; disk++) {
        if (check->present[disk])
            result = find_cameras(check, disk, cameras, &count, error);
    }
    for (size_t i = 0; i < count && result >= 0; i++)
        result = check_camera(check, cameras[i], error);
    scrim_fs_free_names(cameras, count);
    return result;
}

static int load_vaults(struct check *check, struct scrim_error *error)
{
    char state[SCRIM_PATH_MAX];
    if (scrim_path_join(state, check->site->dir, "state") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", check->site->dir);
    const int result = scrim_vault_set_load(state, &check->vaults, error);
    return result == SCRIM_ENOENT ? SCRIM_OK : result; // a site without a vault recorded nothing
}

// A site that never recorded has none. One that cannot be read is a finding like any other.
static void read_ring(struct check *check)
{
    struct scrim_error why;
    const int result = scrim_hour_ring_read(check->site, &check->ring, &why);
    if (result < 0 && result != SCRIM_ENOENT)
        scrim_check_say(check, SCRIM_FINDING_KEYS, SCRIM_HOURS_DIR "/hours.ring", "%s", why.text);
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
        result = load_vaults(&check, error);
    if (result >= 0)
        read_ring(&check);
    scrim_check_missing_init(&check);
    if (result >= 0) {
        scrim_check_disks(&check);
        result = check_cameras(&check, error);
    }
    if (result >= 0)
        result = check_logs(&check, error);
    scrim_hour_ring_close(check.ring);
    scrim_vault_set_destroy(check.vaults);
    scrim_check_missing_finish(&check);
    free(check.unknown);
    if (result >= 0)
        *ret = check.result;
    return result;
}
