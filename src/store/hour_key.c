#include "store/hour_key.h"

#include "base/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Names the key file.
static int key_path(const char *dir, const char *camera, uint64_t hour, char ret[SCRIM_PATH_MAX],
                    struct scrim_error *error)
{
    if (scrim_hour_key_path(ret, dir, camera, hour) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    return SCRIM_OK;
}

static int make_parent(const char *path, struct scrim_error *error)
{
    char parent[SCRIM_PATH_MAX];
    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    return scrim_fs_make_dirs(parent, 0770, error);
}

// syncfs through the file's own descriptor covers its directory too: the sandboxed recorder may not
// open directories.
static int write_durably(int fd, const uint8_t key[SCRIM_HOUR_KEY], const char *path,
                         struct scrim_error *error)
{
    int result = scrim_fs_write(fd, key, SCRIM_HOUR_KEY, path, error);
    if (result >= 0)
        result = scrim_fs_sync(fd, path, error);
    if (result >= 0 && (scrim_fault(SCRIM_FAULT_FSYNC, path) || syncfs(fd) < 0))
        result = scrim_fail_errno(error, errno, "cannot flush %s to disk", path);
    return result;
}

int scrim_hour_key_create(const char *dir, const char *camera, uint64_t hour,
                          uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = key_path(dir, camera, hour, path, error);
    if (result >= 0)
        result = make_parent(path, error);
    if (result < 0)
        return result;
    const int fd = scrim_fs_open(path, O_WRONLY | O_CREAT | O_EXCL, 0620, error);
    if (fd < 0)
        return fd;
    uint8_t key[SCRIM_HOUR_KEY];
    randombytes_buf(key, sizeof key);
    result = write_durably(fd, key, path, error);
    close(fd);
    if (result >= 0)
        memcpy(ret, key, sizeof key);
    sodium_memzero(key, sizeof key);
    return result;
}

int scrim_hour_key_load(const char *dir, const char *camera, uint64_t hour,
                        uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = key_path(dir, camera, hour, path, error);
    if (result < 0)
        return result;
    struct scrim_buf key;
    scrim_buf_init(&key, SCRIM_HOUR_KEY);
    result = scrim_buf_reserve(&key, SCRIM_HOUR_KEY);
    if (result >= 0)
        result = scrim_fs_read(path, &key, error);
    if (result >= 0 && key.len != SCRIM_HOUR_KEY)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: %zu bytes, an hour key has %d", path,
                            key.len, SCRIM_HOUR_KEY);
    if (result >= 0)
        memcpy(ret, key.data, SCRIM_HOUR_KEY);
    scrim_buf_finish_wipe(&key);
    return result;
}

int scrim_hour_key_obtain(const char *dir, const char *camera, uint64_t hour,
                          uint8_t ret[SCRIM_HOUR_KEY], struct scrim_error *error)
{
    const int result = scrim_hour_key_load(dir, camera, hour, ret, error);
    if (result == SCRIM_EFORMAT) {
        // Cut short by a crash before it was durable, so nothing was ever sealed with it.
        const int removed = scrim_hour_key_shred(dir, camera, hour, error);
        if (removed < 0)
            return removed;
    } else if (result != SCRIM_ENOENT) {
        return result;
    }
    return scrim_hour_key_create(dir, camera, hour, ret, error);
}

static int overwrite(const char *path, struct scrim_error *error)
{
    const int fd = scrim_fs_open(path, O_WRONLY | O_NOFOLLOW, 0, error);
    if (fd < 0)
        return fd;
    uint8_t noise[SCRIM_HOUR_KEY];
    randombytes_buf(noise, sizeof noise);
    int result = scrim_fs_pwrite(fd, noise, sizeof noise, 0, path, error);
    if (result >= 0)
        result = scrim_fs_sync(fd, path, error);
    close(fd);
    return result;
}

int scrim_hour_key_shred(const char *dir, const char *camera, uint64_t hour,
                         struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], parent[SCRIM_PATH_MAX];
    int result = key_path(dir, camera, hour, path, error);
    if (result < 0)
        return result;
    result = overwrite(path, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK;
    if (result >= 0)
        result = scrim_fs_unlink(path, error);
    if (result < 0)
        return result;
    snprintf(parent, sizeof parent, "%s", path);
    *strrchr(parent, '/') = '\0';
    return scrim_fs_sync_dir(parent, error);
}
