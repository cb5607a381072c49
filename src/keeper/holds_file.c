// Holds on disk: placed and released by people, each change a replacement of the whole file, seen
// by the keeper before it destroys.
#include "keeper/holds.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "store/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST "state/holds/list"
#define LOCK "state/holds/lock"

struct scrim_holds_guard {
    char path[SCRIM_PATH_MAX];
    int lock_fd;
    bool known; // `holds` is what the file said when it was as in `seen`
    struct stat seen;
    struct scrim_holds holds;
};

static int read_file(const char *dir, struct scrim_buf *ret, char path[SCRIM_PATH_MAX],
                     struct scrim_error *error)
{
    scrim_buf_init(ret, SCRIM_HOLDS_FILE_MAX);
    if (scrim_path_join(path, dir, LIST) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int result = scrim_fs_read(path, ret, error);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

int scrim_holds_load(const char *dir, struct scrim_holds *ret, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf text;
    int result = read_file(dir, &text, path, error);
    if (result >= 0)
        result = scrim_holds_parse(path, text.data, text.len, ret, error);
    scrim_buf_finish(&text);
    return result;
}

static int open_lock(const char *dir, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = scrim_path_join(path, dir, "state/holds");
    if (result >= 0)
        result = scrim_fs_make_dirs(path, 0750, error);
    if (result >= 0)
        result = scrim_path_join(path, dir, LOCK);
    return result < 0 ? result : scrim_fs_open(path, O_RDONLY | O_CREAT, 0640, error);
}

// --- what people decide ---

struct change {
    char path[SCRIM_PATH_MAX];
    int lock_fd;
    struct scrim_buf text;
    struct scrim_holds holds;
};

// Waits while the keeper destroys a batch: fractions of a second.
static int lock_alone(int fd, const char *dir, struct scrim_error *error)
{
    while (flock(fd, LOCK_EX) < 0) {
        if (errno != EINTR)
            return scrim_fail_errno(error, errno, "cannot lock %s/%s", dir, LOCK);
    }
    return SCRIM_OK;
}

static int change_begin(struct change *change, const char *dir, struct scrim_error *error)
{
    *change = (struct change){.lock_fd = open_lock(dir, error)};
    if (change->lock_fd < 0)
        return change->lock_fd;
    int result = lock_alone(change->lock_fd, dir, error);
    if (result >= 0)
        result = read_file(dir, &change->text, change->path, error);
    if (result >= 0)
        result = scrim_holds_parse(change->path, change->text.data, change->text.len,
                                   &change->holds, error);
    return result;
}

static void change_finish(struct change *change)
{
    scrim_buf_finish(&change->text);
    scrim_holds_finish(&change->holds);
    scrim_close_fd(&change->lock_fd);
}

// What was written is read again first: a line that this program would not understand later would
// stop all retention.
static int change_commit(struct change *change, struct scrim_error *error)
{
    struct scrim_holds again = {0};
    int result =
        scrim_holds_parse(change->path, change->text.data, change->text.len, &again, error);
    scrim_holds_finish(&again);
    if (result >= 0)
        result = scrim_fs_replace(change->path, change->text.data, change->text.len, 0640, error);
    return result;
}

static int append_text(struct scrim_buf *buf, const char *member, const char *text)
{
    const int result = scrim_buf_append_text(buf, member);
    return result < 0 ? result : scrim_json_append_string(buf, text);
}

static int append_who_why(struct scrim_buf *buf, const char *who, const char *reason)
{
    int result = scrim_buf_printf(buf, ",\"at_us\":%" PRId64, scrim_clock_utc_us());
    if (result >= 0)
        result = append_text(buf, ",\"who\":", who);
    if (result >= 0)
        result = append_text(buf, ",\"reason\":", reason);
    return result < 0 ? result : scrim_buf_append_text(buf, "}\n");
}

static int append_hold(struct scrim_buf *buf, uint64_t id, const struct scrim_hold *hold)
{
    int result = scrim_buf_printf(buf, "{\"v\":1,\"hold\":%" PRIu64, id);
    if (result >= 0)
        result = append_text(buf, ",\"camera\":", hold->camera);
    if (result >= 0)
        result = scrim_buf_printf(
            buf, ",\"from_us\":%" PRId64 ",\"to_us\":%" PRId64 ",\"until_us\":%" PRId64,
            hold->from_us, hold->to_us, hold->until_us);
    return result < 0 ? result : append_who_why(buf, hold->who, hold->reason);
}

int scrim_holds_place(const char *dir, const struct scrim_hold *hold, uint64_t *ret_id,
                      struct scrim_error *error)
{
    struct change change;
    int result = change_begin(&change, dir, error);
    const uint64_t id = change.holds.count + 1;
    if (result >= 0)
        result = append_hold(&change.text, id, hold);
    if (result >= 0)
        result = change_commit(&change, error);
    change_finish(&change);
    if (result >= 0 && ret_id)
        *ret_id = id;
    return result;
}

int scrim_holds_release(const char *dir, uint64_t id, const char *who, const char *reason,
                        struct scrim_error *error)
{
    struct change change;
    int result = change_begin(&change, dir, error);
    const struct scrim_hold *hold = result < 0 ? NULL : scrim_holds_by_id(&change.holds, id);
    if (result >= 0 && !hold)
        result = scrim_fail(error, SCRIM_ENOENT, "there is no hold %" PRIu64, id);
    if (result >= 0 && hold->released_us != 0)
        result = scrim_fail(error, SCRIM_EEXIST, "hold %" PRIu64 " was released already, by %s", id,
                            hold->released_by);
    if (result >= 0)
        result = scrim_buf_printf(&change.text, "{\"v\":1,\"release\":%" PRIu64, id);
    if (result >= 0)
        result = append_who_why(&change.text, who, reason);
    if (result >= 0)
        result = change_commit(&change, error);
    change_finish(&change);
    return result;
}

// --- the keeper's guard ---

int scrim_holds_guard_create(const char *dir, struct scrim_holds_guard **ret,
                             struct scrim_error *error)
{
    struct scrim_holds_guard *guard = scrim_new(struct scrim_holds_guard);
    guard->lock_fd = -1;
    int result = scrim_path_join(guard->path, dir, LIST);
    if (result >= 0)
        result = guard->lock_fd = open_lock(dir, error);
    if (result < 0) {
        scrim_holds_guard_destroy(guard);
        return result;
    }
    *ret = guard;
    return SCRIM_OK;
}

void scrim_holds_guard_destroy(struct scrim_holds_guard *guard)
{
    if (!guard)
        return;
    scrim_close_fd(&guard->lock_fd);
    scrim_holds_finish(&guard->holds);
    free(guard);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int reload(struct scrim_holds_guard *guard, struct scrim_error *error)
{
    struct stat now = {0};
    if (stat(guard->path, &now) < 0 && errno != ENOENT)
        return scrim_fail_errno(error, errno, "cannot look at %s", guard->path);
    if (guard->known && same_file(&now, &guard->seen))
        return SCRIM_OK;
    struct scrim_buf text;
    struct scrim_holds holds = {0};
    scrim_buf_init(&text, SCRIM_HOLDS_FILE_MAX);
    int result = scrim_fs_read(guard->path, &text, error);
    if (result >= 0 || result == SCRIM_ENOENT)
        result = scrim_holds_parse(guard->path, text.data, text.len, &holds, error);
    scrim_buf_finish(&text);
    guard->known = result >= 0;
    guard->seen = now;
    if (result < 0)
        return result;
    scrim_holds_finish(&guard->holds);
    guard->holds = holds;
    return SCRIM_OK;
}

int scrim_holds_begin(struct scrim_holds_guard *guard, const struct scrim_holds **ret,
                      struct scrim_error *error)
{
    if (flock(guard->lock_fd, LOCK_SH | LOCK_NB) < 0)
        return errno == EWOULDBLOCK ? scrim_fail(error, SCRIM_EBUSY, "a hold is being placed")
                                    : scrim_fail_errno(error, errno, "cannot lock %s", guard->path);
    const int result = reload(guard, error);
    if (result < 0) {
        scrim_holds_end(guard);
        return result;
    }
    *ret = &guard->holds;
    return SCRIM_OK;
}

void scrim_holds_end(struct scrim_holds_guard *guard)
{
    (void)flock(guard->lock_fd, LOCK_UN); // of our own descriptor: cannot fail
}
