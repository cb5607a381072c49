#include "base/fs.h"

#include "base/alloc.h"
#include "base/fault.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int scrim_path_join(char ret[SCRIM_PATH_MAX], const char *a, const char *b)
{
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s/%s", a, b);
    return length < 0 || length >= SCRIM_PATH_MAX ? SCRIM_EINVAL : SCRIM_OK;
}

const char *scrim_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

int scrim_fs_open(const char *path, int flags, mode_t mode, struct scrim_error *error)
{
    const int fd = scrim_fault(SCRIM_FAULT_OPEN, path) ? -1 : open(path, flags | O_CLOEXEC, mode);
    return fd >= 0 ? fd : scrim_fail_errno(error, errno, "%s", path);
}

int scrim_fs_open_at(int directory, const char *name, int flags, mode_t mode, const char *path,
                     struct scrim_error *error)
{
    const int fd =
        scrim_fault(SCRIM_FAULT_OPEN, path) ? -1 : openat(directory, name, flags | O_CLOEXEC, mode);
    return fd >= 0 ? fd : scrim_fail_errno(error, errno, "%s", path);
}

static int read_all(int fd, const char *path, struct scrim_buf *ret, struct scrim_error *error)
{
    for (;;) {
        uint8_t chunk[16384];
        const ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return scrim_fail_errno(error, errno, "%s", path);
        if (got == 0)
            return SCRIM_OK;
        const int result = scrim_buf_append(ret, chunk, (size_t)got);
        sodium_memzero(chunk, (size_t)got); // keys and passwords are read this way, too
        if (result == SCRIM_ENOSPACE)
            return scrim_fail(error, SCRIM_EFORMAT, "%s: larger than %zu bytes", path, ret->max);
        if (result < 0)
            return scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    }
}

int scrim_fs_read(const char *path, struct scrim_buf *ret, struct scrim_error *error)
{
    const int fd = scrim_fs_open(path, O_RDONLY, 0, error);
    if (fd < 0)
        return fd;
    const int result = read_all(fd, path, ret, error);
    close(fd);
    return result;
}

// offset < 0 means the descriptor's own position.
static int write_all(int fd, const void *bytes, size_t count, off_t offset, const char *path,
                     struct scrim_error *error)
{
    const uint8_t *at = bytes;
    while (count > 0) {
        ssize_t done = -1;
        if (!scrim_fault(SCRIM_FAULT_WRITE, path))
            done = offset < 0 ? write(fd, at, count) : pwrite(fd, at, count, offset);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return scrim_fail_errno(error, errno, "cannot write %s", path);
        at += done;
        count -= (size_t)done;
        if (offset >= 0)
            offset += done;
    }
    return SCRIM_OK;
}

int scrim_fs_write(int fd, const void *bytes, size_t count, const char *path,
                   struct scrim_error *error)
{
    return write_all(fd, bytes, count, -1, path, error);
}

int scrim_fs_pwrite(int fd, const void *bytes, size_t count, off_t offset, const char *path,
                    struct scrim_error *error)
{
    return write_all(fd, bytes, count, offset, path, error);
}

int scrim_fs_sync(int fd, const char *path, struct scrim_error *error)
{
    if (scrim_fault(SCRIM_FAULT_FSYNC, path) || fsync(fd) < 0)
        return scrim_fail_errno(error, errno, "cannot flush %s to disk", path);
    return SCRIM_OK;
}

int scrim_fs_sync_all(int directory, const char *path, struct scrim_error *error)
{
    if (scrim_fault(SCRIM_FAULT_FSYNC, path) || syncfs(directory) < 0)
        return scrim_fail_errno(error, errno, "cannot flush %s to disk", path);
    return SCRIM_OK;
}

int scrim_fs_sync_dir(const char *directory, struct scrim_error *error)
{
    const int fd = scrim_fs_open(directory, O_RDONLY | O_DIRECTORY, 0, error);
    if (fd < 0)
        return fd;
    const int result = scrim_fs_sync(fd, directory, error);
    close(fd);
    return result;
}

int scrim_fs_unlink(const char *path, struct scrim_error *error)
{
    if (scrim_fault(SCRIM_FAULT_UNLINK, path) || unlink(path) < 0)
        return scrim_fail_errno(error, errno, "cannot remove %s", path);
    return SCRIM_OK;
}

int scrim_fs_rename(const char *from, const char *to, struct scrim_error *error)
{
    if (scrim_fault(SCRIM_FAULT_RENAME, to) || rename(from, to) < 0)
        return scrim_fail_errno(error, errno, "cannot rename %s to %s", from, to);
    return SCRIM_OK;
}

static void directory_of(const char *path, char ret[SCRIM_PATH_MAX])
{
    snprintf(ret, SCRIM_PATH_MAX, "%s", path);
    char *slash = strrchr(ret, '/');
    if (!slash)
        snprintf(ret, SCRIM_PATH_MAX, ".");
    else
        slash[slash == ret ? 1 : 0] = '\0';
}

// The name is this process's own. What lies there already is from one that had the same number and
// was killed: in a container that is every one.
static int create_new(const char *path, mode_t mode, struct scrim_error *error)
{
    const int fd = scrim_fs_open(path, O_WRONLY | O_CREAT | O_EXCL, mode, error);
    if (fd != SCRIM_EEXIST)
        return fd;
    const int removed = scrim_fs_unlink(path, error);
    return removed < 0 ? removed : scrim_fs_open(path, O_WRONLY | O_CREAT | O_EXCL, mode, error);
}

static int write_new(const char *path, const void *bytes, size_t count, mode_t mode,
                     struct scrim_error *error)
{
    const int fd = create_new(path, mode, error);
    if (fd < 0)
        return fd;
    int result = scrim_fs_write(fd, bytes, count, path, error);
    if (result >= 0)
        result = scrim_fs_sync(fd, path, error);
    close(fd);
    return result;
}

// Puts a finished temporary file in its place. link(2) refuses to replace, rename(2) replaces.
static int put_in_place(const char *temporary, const char *path, bool replace,
                        struct scrim_error *error)
{
    if (scrim_fault(SCRIM_FAULT_RENAME, path) ||
        (replace ? rename(temporary, path) : link(temporary, path)) < 0)
        return scrim_fail_errno(error, errno, "%s", path);
    return SCRIM_OK;
}

static int write_whole(const char *path, const void *bytes, size_t count, mode_t mode, bool replace,
                       struct scrim_error *error)
{
    char temporary[SCRIM_PATH_MAX], directory[SCRIM_PATH_MAX];
    if (snprintf(temporary, sizeof temporary, "%s.new%d", path, (int)getpid()) >=
        (int)sizeof temporary)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", path);
    directory_of(path, directory);

    int result = write_new(temporary, bytes, count, mode, error);
    if (result >= 0)
        result = put_in_place(temporary, path, replace, error);
    if (result < 0 || !replace)
        unlink(temporary);
    return result < 0 ? result : scrim_fs_sync_dir(directory, error);
}

int scrim_fs_replace(const char *path, const void *bytes, size_t count, mode_t mode,
                     struct scrim_error *error)
{
    return write_whole(path, bytes, count, mode, true, error);
}

int scrim_fs_create(const char *path, const void *bytes, size_t count, mode_t mode,
                    struct scrim_error *error)
{
    return write_whole(path, bytes, count, mode, false, error);
}

int scrim_fs_make_dirs_at(int directory, const char *name, mode_t mode, const char *path,
                          struct scrim_error *error)
{
    char partial[SCRIM_PATH_MAX];
    if (snprintf(partial, sizeof partial, "%s", name) >= (int)sizeof partial)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", path);

    for (char *at = partial + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        const bool last = *at == '\0';
        *at = '\0';
        if (mkdirat(directory, partial, mode) < 0 && errno != EEXIST)
            return scrim_fail_errno(error, errno, "cannot make directory %s", path);
        if (last)
            return SCRIM_OK;
        *at = '/';
    }
}

int scrim_fs_make_dirs(const char *path, mode_t mode, struct scrim_error *error)
{
    return scrim_fs_make_dirs_at(AT_FDCWD, path, mode, path, error);
}

int scrim_fs_lock(const char *path, struct scrim_error *error)
{
    const int fd = scrim_fs_open(path, O_RDWR | O_CREAT, 0600, error);
    if (fd < 0)
        return fd;
    char text[32] = "";
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        const int why = errno;
        const ssize_t got = pread(fd, text, sizeof text - 1, 0);
        close(fd);
        if (why != EWOULDBLOCK)
            return scrim_fail_errno(error, why, "cannot lock %s", path);
        return scrim_fail(error, SCRIM_EBUSY, "%s is held by another instance (pid %.*s)", path,
                          got > 0 ? (int)strcspn(text, "\n") : 1, got > 0 ? text : "?");
    }
    const int length = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)length, 0) != length) {
        const int why = errno;
        close(fd);
        return scrim_fail_errno(error, why, "cannot write %s", path);
    }
    return fd;
}

static int keep_name(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

int scrim_fs_list(const char *directory, char ***ret_names, size_t *ret_count,
                  struct scrim_error *error)
{
    struct dirent **entries = NULL;
    const int count = scandir(directory, &entries, keep_name, alphasort);
    if (count < 0)
        return scrim_fail_errno(error, errno, "%s", directory);

    char **names = scrim_new_array((size_t)count + 1, char *);
    for (int i = 0; i < count; i++) {
        names[i] = scrim_strdup(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *ret_names = names;
    *ret_count = (size_t)count;
    return SCRIM_OK;
}

void scrim_fs_free_names(char **names, size_t count)
{
    for (size_t i = 0; names && i < count; i++)
        free(names[i]);
    free(names);
}
