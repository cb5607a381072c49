// A change of the ring that only adds is one replacement of the file under the same root key. One
// that destroys goes through four durable states:
//
//     1  root.key = R                     ring under R
//     2  root.key = R     root.next = R'  ring under R
//     3  root.key = R     root.next = R'  ring under R'
//     4  root.key = R'                    ring under R'; R is overwritten
//
// After a crash the generation in the ring's header tells 2 (drop R') from 3 (go on to 4). After an
// error we look at the disk in the same way before the next change, and believe nothing of what
// went before. The first ring of a site is made the same way, without R.
#include "store/hour_ring.h"

#include "base/alloc.h"
#include "store/hour_ring_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define READ_TRIES 5 // each fails only if the root key is replaced once more meanwhile

struct scrim_hour_ring {
    char dir[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    struct scrim_root_store *store;
    struct scrim_root_keys *roots; // of sodium_malloc
    struct scrim_hour_keys keys;
    struct stat seen; // for reading only: the file when it was read
    int lock;         // -1: only for reading
    bool unsettled;   // a change failed: memory and disk may differ
};

void scrim_hour_ring_close(struct scrim_hour_ring *ring)
{
    if (!ring)
        return;
    scrim_hour_keys_finish(&ring->keys);
    scrim_root_store_close(ring->store);
    sodium_free(ring->roots);
    scrim_close_fd(&ring->lock);
    free(ring);
}

static int new_ring(const struct scrim_site *site, struct scrim_hour_ring **ret,
                    struct scrim_error *error)
{
    struct scrim_hour_ring *ring = scrim_new(struct scrim_hour_ring);
    ring->lock = -1;
    ring->roots = sodium_malloc(sizeof *ring->roots);
    int result = SCRIM_OK;
    if (!ring->roots)
        result = scrim_fail(error, SCRIM_ENOMEM, "no locked memory for the root key");
    else if (scrim_path_join(ring->dir, site->dir, SCRIM_HOURS_DIR) < 0 ||
             scrim_path_join(ring->path, ring->dir, "hours.ring") < 0)
        result = scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    else
        sodium_memzero(ring->roots, sizeof *ring->roots);
    if (result < 0) {
        scrim_hour_ring_close(ring);
        return result;
    }
    *ret = ring;
    return SCRIM_OK;
}

// Reads roots and ring. SCRIM_ENOENT without a ring, SCRIM_EAUTH if neither root opens it; the
// roots are loaded in both cases.
static int load(struct scrim_hour_ring *ring, struct scrim_hour_keys *ret, bool *ret_under_next,
                struct scrim_error *error)
{
    struct scrim_buf sealed;
    uint64_t generation = 0;
    scrim_buf_init(&sealed, SCRIM_HOUR_RING_BYTES_MAX);
    int result = scrim_root_store_load(ring->store, ring->roots, error);
    if (result >= 0)
        result = scrim_fs_read(ring->path, &sealed, error);
    if (result < 0) {
        scrim_buf_finish(&sealed);
        return result;
    }
    result = SCRIM_EAUTH;
    const struct scrim_root_key *const roots[] = {&ring->roots->current, &ring->roots->next};
    if (!scrim_hour_ring_generation(sealed.data, sealed.len, &generation))
        result = SCRIM_EFORMAT;
    for (size_t i = 0; i < 2 && result == SCRIM_EAUTH; i++) {
        if (roots[i]->generation == generation)
            result = scrim_hour_ring_unseal(roots[i], sealed.data, sealed.len, ret);
        *ret_under_next = i == 1;
    }
    scrim_buf_finish(&sealed);
    if (result == SCRIM_EAUTH)
        return scrim_fail(error, result,
                          "%s: the root key in force (generation %llu) does not open it "
                          "(generation %llu): it is an old copy, or damaged",
                          ring->path, (unsigned long long)ring->roots->current.generation,
                          (unsigned long long)generation);
    return result < 0 ? scrim_fail(error, result, "%s: %s", ring->path, scrim_err_text(result))
                      : SCRIM_OK;
}

static int write_ring(struct scrim_hour_ring *ring, const struct scrim_root_key *root,
                      const struct scrim_hour_keys *keys, struct scrim_error *error)
{
    struct scrim_buf sealed;
    uint8_t salt[SCRIM_HOUR_RING_SALT];
    randombytes_buf(salt, sizeof salt);
    scrim_buf_init(&sealed, SCRIM_HOUR_RING_BYTES_MAX);
    int result = scrim_hour_ring_seal(root, salt, keys, &sealed);
    if (result < 0)
        result = scrim_fail(error, result, "%s: %s", ring->path, scrim_err_text(result));
    else
        result = scrim_fs_replace(ring->path, sealed.data, sealed.len, 0600, error);
    scrim_buf_finish(&sealed);
    return result;
}

static int promote(struct scrim_hour_ring *ring, struct scrim_error *error)
{
    const int result = scrim_root_store_promote(ring->store, error);
    if (result < 0)
        return result;
    ring->roots->current = ring->roots->next;
    sodium_memzero(&ring->roots->next, sizeof ring->roots->next);
    return SCRIM_OK;
}

// States 1 to 4.
static int write_under_new_root(struct scrim_hour_ring *ring, const struct scrim_hour_keys *keys,
                                struct scrim_error *error)
{
    struct scrim_root_key *next = &ring->roots->next;
    next->generation = ring->roots->current.generation + 1;
    randombytes_buf(next->key, sizeof next->key);
    int result = scrim_root_store_put_next(ring->store, next, error);
    if (result >= 0)
        result = write_ring(ring, next, keys, error);
    return result < 0 ? result : promote(ring, error);
}

// Takes over `keys`, which are on the disk if `result` says so.
static int adopt(struct scrim_hour_ring *ring, struct scrim_hour_keys *keys, int result)
{
    struct scrim_hour_keys *old = result < 0 ? keys : &ring->keys;
    const struct scrim_hour_keys stays = result < 0 ? ring->keys : *keys;
    scrim_hour_keys_finish(old);
    ring->keys = stays;
    ring->unsettled = result < 0;
    return result;
}

// There is no ring. That is right for a new site only.
static int begin(struct scrim_hour_ring *ring, struct scrim_error *error)
{
    struct scrim_hour_keys none;
    if (ring->roots->current.generation > 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "%s is missing, and all hour keys with it, though its root key exists: "
                          "bring it back, or begin anew with another root key",
                          ring->path);
    int result = scrim_root_store_drop_next(ring->store, error);
    if (result >= 0)
        result = scrim_hour_keys_empty(&none);
    if (result < 0)
        return result == SCRIM_ENOMEM ? scrim_fail(error, result, "%s: out of memory", ring->path)
                                      : result;
    return adopt(ring, &none, write_under_new_root(ring, &none, error));
}

// The rename that brought the ring there may not be on the disk yet.
static int make_durable(const struct scrim_hour_ring *ring, struct scrim_error *error)
{
    SCRIM_AUTO(scrim_close_fd) int fd = scrim_fs_open(ring->path, O_RDONLY, 0, error);
    if (fd < 0)
        return fd;
    const int result = scrim_fs_sync(fd, ring->path, error);
    return result < 0 ? result : scrim_fs_sync_dir(ring->dir, error);
}

// Brings memory and disk to state 1 or 4, whatever came before.
static int settle(struct scrim_hour_ring *ring, struct scrim_error *error)
{
    struct scrim_hour_keys keys;
    bool under_next = false;
    ring->unsettled = true;
    int result = load(ring, &keys, &under_next, error);
    if (result == SCRIM_ENOENT) {
        result = begin(ring, error);
    } else if (result >= 0) {
        scrim_hour_keys_finish(&ring->keys);
        ring->keys = keys;
        result = make_durable(ring, error);
        if (result >= 0 && under_next)
            result = promote(ring, error);
        else if (result >= 0)
            result = scrim_root_store_drop_next(ring->store, error);
    }
    ring->unsettled = result < 0;
    return result;
}

// What a process that was killed left of scrim_fs_replace.
static int remove_leftovers(const struct scrim_hour_ring *ring, struct scrim_error *error)
{
    char **names = NULL;
    size_t count = 0;
    int result = scrim_fs_list(ring->dir, &names, &count, error);
    for (size_t i = 0; i < count && result >= 0; i++) {
        char path[SCRIM_PATH_MAX];
        if (strstr(names[i], ".new") && scrim_path_join(path, ring->dir, names[i]) >= 0)
            result = scrim_fs_unlink(path, error);
    }
    scrim_fs_free_names(names, count);
    return result;
}

static int take_lock(struct scrim_hour_ring *ring, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    int result = scrim_fs_make_dirs(ring->dir, 0700, error);
    if (result >= 0 && scrim_path_join(path, ring->dir, "lock") < 0)
        result = scrim_fail(error, SCRIM_EINVAL, "%s: path too long", ring->dir);
    if (result >= 0)
        result = ring->lock = scrim_fs_lock(path, error);
    return result;
}

int scrim_hour_ring_open(const struct scrim_site *site, struct scrim_hour_ring **ret,
                         struct scrim_error *error)
{
    struct scrim_hour_ring *ring;
    int result = new_ring(site, &ring, error);
    if (result < 0)
        return result;
    result = take_lock(ring, error);
    if (result >= 0)
        result = remove_leftovers(ring, error);
    if (result >= 0)
        result = scrim_root_store_open(site, ring->dir, &ring->store, error);
    if (result >= 0)
        result = settle(ring, error);
    if (result < 0) {
        scrim_hour_ring_close(ring);
        return result;
    }
    *ret = ring;
    return SCRIM_OK;
}

// Every change brings another file, so another inode or at least another time.
static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int scrim_hour_ring_refresh(struct scrim_hour_ring *ring, struct scrim_error *error)
{
    struct scrim_hour_keys keys;
    struct stat now = {0};
    bool under_next;
    int result = SCRIM_EAUTH;
    for (int i = 0; i < READ_TRIES && result == SCRIM_EAUTH; i++) {
        if (stat(ring->path, &now) < 0)
            return scrim_fail_errno(error, errno, "%s", ring->path);
        if (is_same_file(&now, &ring->seen))
            return SCRIM_OK;
        result = load(ring, &keys, &under_next, error);
    }
    if (result < 0)
        return result;
    scrim_hour_keys_finish(&ring->keys);
    ring->keys = keys;
    ring->seen = now;
    return SCRIM_OK;
}

int scrim_hour_ring_read(const struct scrim_site *site, struct scrim_hour_ring **ret,
                         struct scrim_error *error)
{
    struct scrim_hour_ring *ring;
    int result = new_ring(site, &ring, error);
    if (result < 0)
        return result;
    result = scrim_root_store_open(site, ring->dir, &ring->store, error);
    if (result >= 0)
        result = scrim_hour_ring_refresh(ring, error);
    if (result < 0) {
        scrim_hour_ring_close(ring);
        return result;
    }
    *ret = ring;
    return SCRIM_OK;
}

size_t scrim_hour_ring_count(const struct scrim_hour_ring *ring)
{
    return ring->keys.count;
}

bool scrim_hour_ring_holds(const struct scrim_hour_ring *ring, const char *camera, uint64_t hour)
{
    return scrim_hour_keys_find(&ring->keys, camera, hour) != NULL;
}

int scrim_hour_ring_get(const struct scrim_hour_ring *ring, const char *camera, uint64_t hour,
                        uint8_t ret[SCRIM_HOUR_KEY])
{
    const uint8_t *key = scrim_hour_keys_find(&ring->keys, camera, hour);
    if (!key)
        return SCRIM_ENOENT;
    memcpy(ret, key, SCRIM_HOUR_KEY);
    return SCRIM_OK;
}

static int check_writable(struct scrim_hour_ring *ring, struct scrim_error *error)
{
    if (ring->lock < 0)
        return scrim_fail(error, SCRIM_EACCESS, "%s was opened for reading only", ring->path);
    return ring->unsettled ? settle(ring, error) : SCRIM_OK;
}

int scrim_hour_ring_make(struct scrim_hour_ring *ring, const struct scrim_hour_range *wanted,
                         size_t count, struct scrim_error *error)
{
    struct scrim_hour_keys more;
    size_t made = 0;
    int result = check_writable(ring, error);
    if (result < 0)
        return result;
    result = scrim_hour_keys_with(&ring->keys, wanted, count, &more, &made);
    if (result < 0)
        return scrim_fail(error, result, "%s: cannot add keys: %s", ring->path,
                          scrim_err_text(result));
    if (made > 0)
        return adopt(ring, &more, write_ring(ring, &ring->roots->current, &more, error));
    scrim_hour_keys_finish(&more);
    return SCRIM_OK;
}

int scrim_hour_ring_destroy(struct scrim_hour_ring *ring, const struct scrim_hour_range *doomed,
                            size_t count, size_t *ret_destroyed, struct scrim_error *error)
{
    struct scrim_hour_keys rest;
    int result = check_writable(ring, error);
    if (result < 0)
        return result;
    result = scrim_hour_keys_without(&ring->keys, doomed, count, &rest, ret_destroyed);
    if (result < 0)
        return scrim_fail(error, result, "%s: cannot destroy keys: %s", ring->path,
                          scrim_err_text(result));
    if (*ret_destroyed > 0)
        return adopt(ring, &rest, write_under_new_root(ring, &rest, error));
    scrim_hour_keys_finish(&rest);
    return SCRIM_OK;
}

bool scrim_hour_ring_next(const struct scrim_hour_ring *ring, struct scrim_hour_cursor *cursor,
                          const char **ret_camera, uint64_t *ret_hour)
{
    if (cursor->camera < ring->keys.groups_count &&
        cursor->key == ring->keys.groups[cursor->camera].count) {
        cursor->camera++;
        cursor->key = 0;
    }
    if (cursor->camera >= ring->keys.groups_count)
        return false;
    const struct scrim_hour_group *group = &ring->keys.groups[cursor->camera];
    *ret_camera = group->camera;
    *ret_hour = scrim_hour_keys_hour(group, cursor->key++);
    return true;
}
