#include "power_log.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define BLOCK 512 // a disk writes so much at once or not at all
#define FILES_MAX 4096
#define OPS_MAX 20000
#define FDS_MAX 4096
#define NAME_MAX_BELOW 160 // below the root

const char *const power_loss_names[POWER_LOSSES] = {
    "killed",
    "power lost",
    "power lost, sizes kept",
    "power lost, the first of it kept",
    "power lost, any of it kept",
};

enum op_kind { OP_NAME, OP_UNNAME, OP_RENAME, OP_WRITE, OP_SIZE, OP_SYNC, OP_SYNC_ALL };

struct op {
    enum op_kind kind;
    unsigned file;
    char path[NAME_MAX_BELOW], to[NAME_MAX_BELOW]; // below the root, "" for it
    size_t offset, count;                          // SIZE: count is the new one
    uint8_t *bytes;
    int64_t utc_us;
};

struct content {
    uint8_t *bytes;
    size_t size, room;
    int64_t modified_us;
};

struct file {
    bool directory;
    struct content live, durable;
    size_t *pending; // numbers of operations
    size_t pending_count;
};

struct name {
    char path[NAME_MAX_BELOW];
    unsigned file; // 0: no such name
};

struct names {
    struct name *list;
    size_t count;
};

struct power_log {
    char root[SCRIM_PATH_MAX];
    pthread_mutex_t lock; // protects the operations and what watches
    struct op *ops;
    size_t count;
    struct { // of a descriptor
        unsigned file;
        char path[NAME_MAX_BELOW];
        size_t offset;
        bool append;
    } fds[FDS_MAX];
    struct names watched; // as they are now
    unsigned files_count; // the root is 1

    // The replay.
    size_t at;
    struct file files[FILES_MAX];
    struct names live, durable;
    size_t *pending; // operations on names
    size_t pending_count;
    char text[2 * NAME_MAX_BELOW + 64];
};

static struct power_log *_Atomic current;

static void give_up(const char *why)
{
    fprintf(stderr, "power_log: %s\n", why);
    abort();
}

// --- names ---

static struct name *find_name(const struct names *names, const char *path)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->list[i].path, path) == 0)
            return &names->list[i];
    }
    return NULL;
}

static unsigned file_of(const struct names *names, const char *path)
{
    const struct name *name = find_name(names, path);
    return name ? name->file : 0;
}

static void set_name(struct names *names, const char *path, unsigned file)
{
    struct name *name = find_name(names, path);
    if (!name) {
        if (names->count == FILES_MAX)
            give_up("too many names");
        if (!names->list)
            names->list = scrim_new_array(FILES_MAX, struct name);
        name = &names->list[names->count++];
        snprintf(name->path, sizeof name->path, "%s", path);
    }
    name->file = file;
}

static void apply_to_names(struct names *names, const struct op *op)
{
    if (op->kind == OP_NAME)
        set_name(names, op->path, op->file);
    if (op->kind == OP_UNNAME || op->kind == OP_RENAME)
        set_name(names, op->path, 0);
    if (op->kind == OP_RENAME)
        set_name(names, op->to, op->file);
}

static void copy_names(struct names *to, const struct names *from)
{
    if (!to->list)
        to->list = scrim_new_array(FILES_MAX, struct name);
    memcpy(to->list, from->list, from->count * sizeof *from->list);
    to->count = from->count;
}

static void parent_of(const char *path, char ret[NAME_MAX_BELOW])
{
    snprintf(ret, NAME_MAX_BELOW, "%s", path);
    char *slash = strrchr(ret, '/');
    *(slash ? slash : ret) = '\0';
}

static bool is_in(const char *path, const char *directory)
{
    char parent[NAME_MAX_BELOW];
    parent_of(path, parent);
    return path[0] != '\0' && strcmp(parent, directory) == 0;
}

// Which of the mounted file systems.
static unsigned volume_of(const char *path)
{
    return strncmp(path, "bay", 3) == 0 ? (unsigned)path[3] : 0;
}

// --- contents ---

static void make_room(struct content *content, size_t size)
{
    if (size <= content->room)
        return;
    const size_t room = 2 * size;
    uint8_t *larger = scrim_realloc(content->bytes, room);
    if (!larger)
        give_up("no memory");
    memset(larger + content->room, 0, room - content->room);
    content->bytes = larger;
    content->room = room;
}

static void set_size(struct content *content, size_t size)
{
    make_room(content, size);
    if (size < content->size)
        memset(content->bytes + size, 0, content->size - size);
    content->size = size;
}

static void apply_to_content(struct content *content, const struct op *op, size_t count)
{
    if (op->kind == OP_SIZE) {
        set_size(content, op->count);
    } else {
        if (op->offset + count > content->size)
            set_size(content, op->offset + count);
        memcpy(content->bytes + op->offset, op->bytes, count);
    }
    content->modified_us = op->utc_us;
}

static void copy_content(struct content *to, const struct content *from)
{
    set_size(to, 0);
    set_size(to, from->size);
    if (from->size > 0)
        memcpy(to->bytes, from->bytes, from->size);
    to->modified_us = from->modified_us;
}

// --- watching ---

static const char *below_root(const struct power_log *log, const char *path)
{
    const size_t length = strlen(log->root);
    if (strncmp(path, log->root, length) != 0 || (path[length] != '/' && path[length] != '\0'))
        return NULL;
    return path[length] == '/' ? path + length + 1 : path + length;
}

// NULL: it lies elsewhere.
static const char *watched_path(const struct power_log *log, int directory, const char *path,
                                char ret[NAME_MAX_BELOW])
{
    const char *below;
    if (path[0] == '/' || directory == AT_FDCWD) {
        below = below_root(log, path);
        if (below && snprintf(ret, NAME_MAX_BELOW, "%s", below) >= NAME_MAX_BELOW)
            give_up("a path is too long");
    } else {
        const char *above = log->fds[directory].path;
        below = log->fds[directory].file > 0 ? path : NULL;
        if (below && snprintf(ret, NAME_MAX_BELOW, "%s%s%s", above, above[0] ? "/" : "", path) >=
                         NAME_MAX_BELOW)
            give_up("a path is too long");
    }
    return below ? ret : NULL;
}

static struct op *note(struct power_log *log, enum op_kind kind, unsigned file, const char *path)
{
    if (log->count == OPS_MAX)
        give_up("too many operations");
    struct op *op = &log->ops[log->count++];
    *op = (struct op){.kind = kind, .file = file, .utc_us = scrim_clock_utc_us()};
    snprintf(op->path, sizeof op->path, "%s", path);
    return op;
}

static void note_name(struct power_log *log, const char *path, unsigned file)
{
    note(log, OP_NAME, file, path);
    set_name(&log->watched, path, file);
}

static unsigned new_file(struct power_log *log, bool directory)
{
    if (++log->files_count == FILES_MAX)
        give_up("too many files");
    log->files[log->files_count].directory = directory;
    return log->files_count;
}

static void note_bytes(struct power_log *log, int fd, const void *bytes, size_t count,
                       size_t offset)
{
    struct op *op = note(log, OP_WRITE, log->fds[fd].file, log->fds[fd].path);
    op->offset = offset;
    op->count = count;
    op->bytes = scrim_new_bytes(count + 1);
    memcpy(op->bytes, bytes, count);
}

// --- the calls ---

int __real_open64(const char *path, int flags, ...);
int __real_openat64(int directory, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *bytes, size_t count);
ssize_t __real_pwrite64(int fd, const void *bytes, size_t count, off_t offset);
int __real_ftruncate64(int fd, off_t size);
int __real_truncate64(const char *path, off_t size);
int __real_fsync(int fd);
int __real_syncfs(int fd);
int __real_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_rmdir(const char *path);
int __real_mkdirat(int directory, const char *path, mode_t mode);
int __real_close(int fd);

int __wrap_open64(const char *path, int flags, ...);
int __wrap_openat64(int directory, const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *bytes, size_t count);
ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t count, off_t offset);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_truncate64(const char *path, off_t size);
int __wrap_fsync(int fd);
int __wrap_syncfs(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_rmdir(const char *path);
int __wrap_mkdirat(int directory, const char *path, mode_t mode);
int __wrap_close(int fd);

// The log that watches, locked; NULL if none does.
static struct power_log *lock_log(void)
{
    struct power_log *log = atomic_load(&current);
    if (log)
        pthread_mutex_lock(&log->lock);
    return log;
}

static void unlock_log(struct power_log *log)
{
    if (log)
        pthread_mutex_unlock(&log->lock);
}

static unsigned watched_fd(const struct power_log *log, int fd)
{
    return log && fd >= 0 && fd < FDS_MAX ? log->fds[fd].file : 0;
}

static void note_open(struct power_log *log, int fd, const char *path, int flags)
{
    unsigned file = file_of(&log->watched, path);
    if (fd >= FDS_MAX)
        give_up("too many descriptors");
    if (file == 0) {
        file = new_file(log, false);
        note_name(log, path, file);
    } else if (flags & O_TRUNC) {
        note(log, OP_SIZE, file, path)->count = 0;
    }
    log->fds[fd].file = file;
    log->fds[fd].offset = 0;
    log->fds[fd].append = flags & O_APPEND;
    snprintf(log->fds[fd].path, sizeof log->fds[fd].path, "%s", path);
}

int __wrap_openat64(int directory, const char *path, int flags, ...)
{
    char watched[NAME_MAX_BELOW];
    va_list args;
    va_start(args, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    struct power_log *log = lock_log();
    const int fd = __real_openat64(directory, path, flags, mode);
    if (log && fd >= 0 && watched_path(log, directory, path, watched))
        note_open(log, fd, watched, flags);
    unlock_log(log);
    return fd;
}

int __wrap_open64(const char *path, int flags, ...)
{
    va_list args;
    va_start(args, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    return __wrap_openat64(AT_FDCWD, path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *bytes, size_t count)
{
    struct power_log *log = lock_log();
    const ssize_t done = __real_write(fd, bytes, count);
    if (done > 0 && watched_fd(log, fd)) {
        struct stat info;
        if (log->fds[fd].append && fstat(fd, &info) == 0)
            log->fds[fd].offset = (size_t)(info.st_size - done);
        note_bytes(log, fd, bytes, (size_t)done, log->fds[fd].offset);
        log->fds[fd].offset += (size_t)done;
    }
    unlock_log(log);
    return done;
}

ssize_t __wrap_pwrite64(int fd, const void *bytes, size_t count, off_t offset)
{
    struct power_log *log = lock_log();
    const ssize_t done = __real_pwrite64(fd, bytes, count, offset);
    if (done > 0 && watched_fd(log, fd))
        note_bytes(log, fd, bytes, (size_t)done, (size_t)offset);
    unlock_log(log);
    return done;
}

int __wrap_ftruncate64(int fd, off_t size)
{
    struct power_log *log = lock_log();
    const int result = __real_ftruncate64(fd, size);
    if (result == 0 && watched_fd(log, fd))
        note(log, OP_SIZE, log->fds[fd].file, log->fds[fd].path)->count = (size_t)size;
    unlock_log(log);
    return result;
}

int __wrap_truncate64(const char *path, off_t size)
{
    char watched[NAME_MAX_BELOW];
    struct power_log *log = lock_log();
    const int result = __real_truncate64(path, size);
    if (log && result == 0 && watched_path(log, AT_FDCWD, path, watched))
        note(log, OP_SIZE, file_of(&log->watched, watched), watched)->count = (size_t)size;
    unlock_log(log);
    return result;
}

int __wrap_fsync(int fd)
{
    struct power_log *log = lock_log();
    if (watched_fd(log, fd))
        note(log, OP_SYNC, log->fds[fd].file, log->fds[fd].path);
    unlock_log(log);
    return log ? 0 : __real_fsync(fd);
}

int __wrap_syncfs(int fd)
{
    struct power_log *log = lock_log();
    if (watched_fd(log, fd))
        note(log, OP_SYNC_ALL, log->fds[fd].file, log->fds[fd].path);
    unlock_log(log);
    return log ? 0 : __real_syncfs(fd);
}

int __wrap_rename(const char *from, const char *to)
{
    char one[NAME_MAX_BELOW], other[NAME_MAX_BELOW];
    struct power_log *log = lock_log();
    const int result = __real_rename(from, to);
    if (log && result == 0 && watched_path(log, AT_FDCWD, from, one) &&
        watched_path(log, AT_FDCWD, to, other)) {
        struct op *op = note(log, OP_RENAME, file_of(&log->watched, one), one);
        snprintf(op->to, sizeof op->to, "%s", other);
        apply_to_names(&log->watched, op);
    }
    unlock_log(log);
    return result;
}

int __wrap_link(const char *from, const char *to)
{
    char one[NAME_MAX_BELOW], other[NAME_MAX_BELOW];
    struct power_log *log = lock_log();
    const int result = __real_link(from, to);
    if (log && result == 0 && watched_path(log, AT_FDCWD, from, one) &&
        watched_path(log, AT_FDCWD, to, other))
        note_name(log, other, file_of(&log->watched, one));
    unlock_log(log);
    return result;
}

static int unname(int (*real)(const char *path), const char *path)
{
    char watched[NAME_MAX_BELOW];
    struct power_log *log = lock_log();
    const int result = real(path);
    if (log && result == 0 && watched_path(log, AT_FDCWD, path, watched)) {
        note(log, OP_UNNAME, 0, watched);
        set_name(&log->watched, watched, 0);
    }
    unlock_log(log);
    return result;
}

int __wrap_unlink(const char *path)
{
    return unname(__real_unlink, path);
}

int __wrap_rmdir(const char *path)
{
    return unname(__real_rmdir, path);
}

int __wrap_mkdirat(int directory, const char *path, mode_t mode)
{
    char watched[NAME_MAX_BELOW];
    struct power_log *log = lock_log();
    const int result = __real_mkdirat(directory, path, mode);
    if (log && result == 0 && watched_path(log, directory, path, watched))
        note_name(log, watched, new_file(log, true));
    unlock_log(log);
    return result;
}

int __wrap_close(int fd)
{
    struct power_log *log = lock_log();
    if (watched_fd(log, fd))
        log->fds[fd].file = 0;
    const int result = __real_close(fd);
    unlock_log(log);
    return result;
}

// --- what was there before ---

static void take_file(struct power_log *log, unsigned file, const char *path)
{
    struct content *content = &log->files[file].live;
    struct scrim_buf bytes;
    struct stat info;
    scrim_buf_init(&bytes, 256U << 20);
    if (scrim_fs_read(path, &bytes, NULL) < 0 || stat(path, &info) < 0)
        give_up("cannot read what is there");
    set_size(content, bytes.len);
    if (bytes.len > 0)
        memcpy(content->bytes, bytes.data, bytes.len);
    content->modified_us =
        (int64_t)info.st_mtim.tv_sec * SCRIM_SECOND + info.st_mtim.tv_nsec / 1000;
    copy_content(&log->files[file].durable, content);
    scrim_buf_finish(&bytes);
}

static void take_directory(struct power_log *log, const char *below)
{
    char path[SCRIM_PATH_MAX], **names;
    size_t count;
    const unsigned directory = new_file(log, true);
    set_name(&log->watched, below, directory);
    snprintf(path, sizeof path, "%.700s/%.160s", log->root, below);
    if (scrim_fs_list(path, &names, &count, NULL) < 0)
        give_up("cannot list what is there");
    for (size_t i = 0; i < count; i++) {
        char inner[NAME_MAX_BELOW], whole[SCRIM_PATH_MAX];
        struct stat info;
        snprintf(inner, sizeof inner, "%.100s%s%.58s", below, below[0] ? "/" : "", names[i]);
        snprintf(whole, sizeof whole, "%.700s/%.160s", log->root, inner);
        if (lstat(whole, &info) < 0)
            give_up("cannot look at what is there");
        if (S_ISDIR(info.st_mode)) {
            take_directory(log, inner);
        } else if (S_ISREG(info.st_mode)) {
            const unsigned file = new_file(log, false);
            set_name(&log->watched, inner, file);
            take_file(log, file, whole);
        }
    }
    scrim_fs_free_names(names, count);
}

struct power_log *power_begin(const char *root)
{
    struct power_log *log = scrim_new(struct power_log);
    snprintf(log->root, sizeof log->root, "%s", root);
    pthread_mutex_init(&log->lock, NULL);
    log->ops = scrim_new_array(OPS_MAX, struct op);
    log->pending = scrim_new_array(OPS_MAX, size_t);
    take_directory(log, "");
    copy_names(&log->live, &log->watched);
    copy_names(&log->durable, &log->watched);
    atomic_store(&current, log);
    return log;
}

void power_forget(struct power_log *log, size_t at)
{
    for (size_t i = at; i < log->count; i++)
        free(log->ops[i].bytes);
    log->count = at;
}

void power_continue(struct power_log *log, const char *root)
{
    snprintf(log->root, sizeof log->root, "%s", root);
    memset(log->fds, 0, sizeof log->fds);
    copy_names(&log->watched, &log->live);
    atomic_store(&current, log);
}

void power_end(struct power_log *log)
{
    pthread_mutex_lock(&log->lock);
    atomic_store(&current, NULL);
    pthread_mutex_unlock(&log->lock);
}

void power_destroy(struct power_log *log)
{
    for (size_t i = 0; i < log->count; i++)
        free(log->ops[i].bytes);
    for (unsigned i = 0; i <= log->files_count; i++) {
        free(log->files[i].live.bytes);
        free(log->files[i].durable.bytes);
        free(log->files[i].pending);
    }
    free(log->watched.list);
    free(log->live.list);
    free(log->durable.list);
    free(log->ops);
    free(log->pending);
    pthread_mutex_destroy(&log->lock);
    free(log);
}

size_t power_count(struct power_log *log)
{
    pthread_mutex_lock(&log->lock);
    const size_t count = log->count;
    pthread_mutex_unlock(&log->lock);
    return count;
}

int64_t power_time(const struct power_log *log, size_t at)
{
    return log->ops[at].utc_us;
}

const char *power_text(const struct power_log *log, size_t at)
{
    static const char *const kinds[] = {"name", "unname", "rename",     "write",
                                        "size", "sync",   "sync all of"};
    static char text[2 * NAME_MAX_BELOW + 64];
    const struct op *op = &log->ops[at];
    snprintf(text, sizeof text, "%s %s%s%s +%zu", kinds[op->kind], op->path,
             op->kind == OP_RENAME ? " to " : "", op->to, op->count);
    return text;
}

// --- the replay ---

static void sync_file(struct file *file)
{
    copy_content(&file->durable, &file->live);
    file->pending_count = 0;
}

// The pending names in `directory`, or (NULL) in the volume, become durable.
static void sync_names(struct power_log *log, const char *directory, unsigned volume)
{
    size_t kept = 0;
    for (size_t i = 0; i < log->pending_count; i++) {
        const struct op *op = &log->ops[log->pending[i]];
        if (directory ? is_in(op->path, directory) : volume_of(op->path) == volume)
            apply_to_names(&log->durable, op);
        else
            log->pending[kept++] = log->pending[i];
    }
    log->pending_count = kept;
}

static void sync_volume(struct power_log *log, unsigned volume)
{
    sync_names(log, NULL, volume);
    for (size_t i = 0; i < log->live.count; i++) {
        struct name *name = &log->live.list[i];
        if (name->file > 0 && volume_of(name->path) == volume)
            sync_file(&log->files[name->file]);
    }
}

static void step(struct power_log *log, size_t at)
{
    const struct op *op = &log->ops[at];
    struct file *file = &log->files[op->file];
    switch (op->kind) {
    case OP_NAME:
    case OP_UNNAME:
    case OP_RENAME:
        apply_to_names(&log->live, op);
        log->pending[log->pending_count++] = at;
        break;
    case OP_WRITE:
    case OP_SIZE:
        apply_to_content(&file->live, op, op->count);
        if (!file->pending)
            file->pending = scrim_new_array(OPS_MAX, size_t);
        file->pending[file->pending_count++] = at;
        break;
    case OP_SYNC:
        if (file->directory)
            sync_names(log, op->path, 0);
        else
            sync_file(file);
        break;
    case OP_SYNC_ALL: sync_volume(log, volume_of(op->path)); break;
    }
}

// --- the states ---

static uint32_t draw(uint64_t *state, uint32_t below)
{
    *state = *state * 6364136223846793005U + 1442695040888963407U;
    return (uint32_t)(*state >> 33) % below;
}

static void choose_names(const struct power_log *log, enum power_loss loss, uint64_t *random,
                         struct names *ret)
{
    if (loss == POWER_KILL || loss == POWER_SIZES) {
        copy_names(ret, &log->live);
        return;
    }
    copy_names(ret, &log->durable);
    if (loss == POWER_LOST)
        return;
    const size_t first = draw(random, (uint32_t)log->pending_count + 1);
    for (size_t i = 0; i < log->pending_count; i++) {
        if (loss == POWER_PREFIX ? i < first : draw(random, 2) == 1)
            apply_to_names(ret, &log->ops[log->pending[i]]);
    }
}

// Each block as it was or as it should be.
static void choose_blocks(const struct file *file, uint64_t *random, struct content *ret)
{
    const struct content *live = &file->live, *durable = &file->durable;
    const size_t least = live->size < durable->size ? live->size : durable->size;
    const size_t more = live->size + durable->size - 2 * least;
    const uint32_t ways = draw(random, 3);
    const size_t size = ways == 0   ? durable->size
                        : ways == 1 ? live->size
                                    : least + draw(random, (uint32_t)more + 1);
    set_size(ret, size);
    for (size_t at = 0; at < size; at += BLOCK) {
        const struct content *from = draw(random, 2) == 1 ? live : durable;
        const size_t end = at + BLOCK < size ? at + BLOCK : size;
        const size_t have = from->size < end ? from->size : end;
        if (have > at)
            memcpy(ret->bytes + at, from->bytes + at, have - at);
    }
}

static void choose_content(const struct power_log *log, const struct file *file,
                           enum power_loss loss, uint64_t *random, struct content *ret)
{
    copy_content(ret, loss == POWER_KILL ? &file->live : &file->durable);
    if (file->pending_count == 0)
        return;
    if (loss == POWER_SIZES)
        set_size(ret, file->live.size);
    if (loss == POWER_BLOCKS)
        choose_blocks(file, random, ret);
    if (loss == POWER_SIZES || loss == POWER_BLOCKS)
        ret->modified_us = file->live.modified_us;
    if (loss != POWER_PREFIX)
        return;
    const size_t first = draw(random, (uint32_t)file->pending_count + 1);
    for (size_t i = 0; i < first; i++) {
        const struct op *op = &log->ops[file->pending[i]];
        const bool torn = op->kind == OP_WRITE && i + 1 == first;
        apply_to_content(ret, op, torn ? draw(random, (uint32_t)op->count + 1) : op->count);
    }
}

static void write_file(const char *path, const struct content *content)
{
    const int fd = __real_open64(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0 || __real_pwrite64(fd, content->bytes, content->size, 0) != (ssize_t)content->size)
        give_up("cannot write a state");
    const struct timespec at = {content->modified_us / SCRIM_SECOND,
                                content->modified_us % SCRIM_SECOND * 1000};
    if (futimens(fd, (const struct timespec[]){at, at}) < 0)
        give_up("cannot date a file");
    __real_close(fd);
}

static int by_path(const void *one, const void *other)
{
    return strcmp(((const struct name *)one)->path, ((const struct name *)other)->path);
}

// Parents come before what is in them; what has lost its parent is lost.
static void make_tree(const struct power_log *log, struct names *names, enum power_loss loss,
                      uint64_t *random, const struct op *torn, const char *directory)
{
    struct content content = {0};
    qsort(names->list, names->count, sizeof *names->list, by_path);
    for (size_t i = 0; i < names->count; i++) {
        const struct name *name = &names->list[i];
        const struct file *file = &log->files[name->file];
        char path[SCRIM_PATH_MAX], parent[NAME_MAX_BELOW];
        struct stat info;
        snprintf(path, sizeof path, "%.700s/%.160s", directory, name->path);
        if (name->file == 0)
            continue;
        if (file->directory) {
            (void)!__real_mkdirat(AT_FDCWD, path, 0700);
            continue;
        }
        parent_of(name->path, parent);
        char above[SCRIM_PATH_MAX];
        snprintf(above, sizeof above, "%.700s/%.160s", directory, parent);
        if (stat(above, &info) < 0)
            continue;
        choose_content(log, file, loss, random, &content);
        if (torn && torn->kind == OP_WRITE && torn->file == name->file)
            apply_to_content(&content, torn, draw(random, (uint32_t)torn->count + 1));
        write_file(path, &content);
    }
    free(content.bytes);
}

void power_make(struct power_log *log, size_t at, enum power_loss loss, unsigned seed,
                const char *directory)
{
    uint64_t random = ((uint64_t)seed << 32) + at * 7 + loss;
    struct names names = {0};
    while (log->at < at)
        step(log, log->at++);
    choose_names(log, loss, &random, &names);
    make_tree(log, &names, loss, &random,
              loss == POWER_KILL && at < log->count ? &log->ops[at] : NULL, directory);
    free(names.list);
}

static bool same_bytes(const char *path, const struct content *content)
{
    struct scrim_buf bytes;
    scrim_buf_init(&bytes, 256U << 20);
    const bool same = scrim_fs_read(path, &bytes, NULL) >= 0 && bytes.len == content->size &&
                      (bytes.len == 0 || memcmp(bytes.data, content->bytes, bytes.len) == 0);
    scrim_buf_finish(&bytes);
    return same;
}

static size_t count_entries(const char *path)
{
    char **names;
    size_t count, total = 0;
    if (scrim_fs_list(path, &names, &count, NULL) < 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        char inner[SCRIM_PATH_MAX];
        struct stat info;
        if (scrim_path_join(inner, path, names[i]) < 0 || lstat(inner, &info) < 0)
            give_up("cannot look at what is there");
        if (S_ISDIR(info.st_mode))
            total += 1 + count_entries(inner);
        else if (S_ISREG(info.st_mode))
            total++;
    }
    scrim_fs_free_names(names, count);
    return total;
}

bool power_agrees(struct power_log *log)
{
    size_t entries = 0;
    bool agrees = true;
    while (log->at < log->count)
        step(log, log->at++);
    for (size_t i = 0; i < log->live.count; i++) {
        const struct name *name = &log->live.list[i];
        const struct file *file = &log->files[name->file];
        char path[SCRIM_PATH_MAX];
        snprintf(path, sizeof path, "%.700s/%.160s", log->root, name->path);
        entries += name->file > 0 && name->path[0] != '\0';
        if (name->file > 0 && !file->directory && !same_bytes(path, &file->live)) {
            printf("  %s is not what was noted\n", name->path);
            agrees = false;
        }
    }
    return agrees && entries == count_entries(log->root);
}
