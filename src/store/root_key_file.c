// Root keys in files: root.key and, while it is being replaced, root.next. Each is replaced as a
// whole but destroyed in place: a rename alone would leave the old bytes on the disk.
#include "store/root_key_impl.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_BYTES 16
static const char name_of_format[NAME_BYTES + 1] = "scrim-root-key 1";

// All of a file, in locked memory: name of the format, generation (big-endian), key.
struct file {
    char name[NAME_BYTES];
    uint8_t generation[8];
    uint8_t key[SCRIM_ROOT_KEY];
};

struct files {
    char dir[SCRIM_PATH_MAX], current[SCRIM_PATH_MAX], next[SCRIM_PATH_MAX];
    struct file *scratch; // of sodium_malloc
};

static void close_files(void *state)
{
    struct files *files = state;
    sodium_free(files->scratch);
    free(files);
}

static int open_files(const struct scrim_site *site, const char *hours_dir, void **ret,
                      struct scrim_error *error)
{
    (void)site;
    struct files *files = scrim_new(struct files);
    snprintf(files->dir, sizeof files->dir, "%s", hours_dir);
    files->scratch = sodium_malloc(sizeof *files->scratch);
    int result = SCRIM_OK;
    if (!files->scratch)
        result = scrim_fail(error, SCRIM_ENOMEM, "no locked memory for the root key");
    else if (scrim_path_join(files->current, hours_dir, "root.key") < 0 ||
             scrim_path_join(files->next, hours_dir, "root.next") < 0)
        result = scrim_fail(error, SCRIM_EINVAL, "%s: path too long", hours_dir);
    if (result < 0) {
        close_files(files);
        return result;
    }
    *ret = files;
    return SCRIM_OK;
}

// Straight into locked memory. A file that is cut short or too long is an error of its own.
static int read_file(struct files *files, const char *path, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(path, O_RDONLY | O_NOFOLLOW, 0, error);
    if (fd < 0)
        return fd;
    struct stat info;
    ssize_t got = -1;
    if (fstat(fd, &info) == 0)
        got = read(fd, files->scratch, sizeof *files->scratch);
    if (got < 0)
        return scrim_fail_errno(error, errno, "%s", path);
    if ((size_t)got != sizeof *files->scratch || (size_t)info.st_size != sizeof *files->scratch ||
        memcmp(files->scratch->name, name_of_format, NAME_BYTES) != 0)
        return scrim_fail(error, SCRIM_EFORMAT, "%s: this is no root key of ours", path);
    return SCRIM_OK;
}

static int load_file(struct files *files, const char *path, struct scrim_root_key *ret,
                     struct scrim_error *error)
{
    const int result = read_file(files, path, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK;
    if (result < 0)
        return result;
    ret->generation = 0;
    for (size_t i = 0; i < sizeof files->scratch->generation; i++)
        ret->generation = ret->generation << 8 | files->scratch->generation[i];
    memcpy(ret->key, files->scratch->key, sizeof ret->key);
    sodium_memzero(files->scratch, sizeof *files->scratch);
    return SCRIM_OK;
}

static int load_files(void *state, struct scrim_root_keys *ret, struct scrim_error *error)
{
    struct files *files = state;
    const int result = load_file(files, files->current, &ret->current, error);
    return result < 0 ? result : load_file(files, files->next, &ret->next, error);
}

static int put_next_file(void *state, const struct scrim_root_key *next, struct scrim_error *error)
{
    struct files *files = state;
    memcpy(files->scratch->name, name_of_format, NAME_BYTES);
    for (size_t i = 0; i < sizeof files->scratch->generation; i++)
        files->scratch->generation[i] = (uint8_t)(next->generation >> (56 - 8 * i));
    memcpy(files->scratch->key, next->key, sizeof next->key);
    const int result =
        scrim_fs_replace(files->next, files->scratch, sizeof *files->scratch, 0600, error);
    sodium_memzero(files->scratch, sizeof *files->scratch);
    return result;
}

// Random bytes where the key is. Its generation stays readable: whoever is interrupted here can
// still tell which key the ring is under. A file that is gone is fine.
static int overwrite(const char *path, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(path, O_WRONLY | O_NOFOLLOW, 0, error);
    if (fd == SCRIM_ENOENT)
        return SCRIM_OK;
    if (fd < 0)
        return fd;
    uint8_t noise[SCRIM_ROOT_KEY];
    randombytes_buf(noise, sizeof noise);
    const int result =
        scrim_fs_pwrite(fd, noise, sizeof noise, offsetof(struct file, key), path, error);
    return result < 0 ? result : scrim_fs_sync(fd, path, error);
}

static int promote_file(void *state, struct scrim_error *error)
{
    struct files *files = state;
    int result = overwrite(files->current, error);
    if (result >= 0)
        result = scrim_fs_rename(files->next, files->current, error);
    return result < 0 ? result : scrim_fs_sync_dir(files->dir, error);
}

static int drop_next_file(void *state, struct scrim_error *error)
{
    struct files *files = state;
    int result = overwrite(files->next, error);
    if (result >= 0)
        result = scrim_fs_unlink(files->next, error);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK;
    return result < 0 ? result : scrim_fs_sync_dir(files->dir, error);
}

const struct scrim_root_backend scrim_root_in_file = {
    open_files, close_files, load_files, put_next_file, promote_file, drop_next_file,
};
