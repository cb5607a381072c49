#include "store/disks.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define IDENTITY_FILE "scrim-disk"
#define IDENTITY_MAX 1024 // bytes of an identity file
#define IDENTITY_RANDOM 16

unsigned scrim_disks_count(const struct scrim_site *site)
{
    return 1 + site->config->disks_count;
}

const char *scrim_disks_id(const struct scrim_site *site, unsigned at)
{
    return at == 0 ? "" : site->config->disks[at - 1].id;
}

int scrim_disks_find(const struct scrim_site *site, const char *id, struct scrim_error *error)
{
    for (unsigned at = 0; at < scrim_disks_count(site); at++) {
        if (strcmp(scrim_disks_id(site, at), id) == 0)
            return (int)at;
    }
    return scrim_fail(error, SCRIM_ENOENT, "disk '%s' is not in scrim.yaml (any more)", id);
}

bool scrim_disks_takes_segments(const struct scrim_site *site, unsigned at)
{
    return (at == 0) == (site->config->disks_count == 0);
}

void scrim_disks_name(const struct scrim_site *site, unsigned at, char *ret, size_t size)
{
    if (at == 0)
        snprintf(ret, size, "the site's own store (%s/store)", site->dir);
    else
        snprintf(ret, size, "disk '%s' (%s)", scrim_disks_id(site, at),
                 site->config->disks[at - 1].path);
}

int scrim_disks_path(char ret[SCRIM_PATH_MAX], const struct scrim_site *site, unsigned at,
                     const char *camera, const char *below)
{
    const char *root = at == 0 ? site->dir : site->config->disks[at - 1].path;
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s%s%s%s%s%s", root, at == 0 ? "/store" : "",
                                camera ? "/" : "", camera ? camera : "", camera && below ? "/" : "",
                                camera && below ? below : "");
    return length >= SCRIM_PATH_MAX ? SCRIM_EINVAL : SCRIM_OK;
}

int scrim_store_segment_path(char ret[SCRIM_PATH_MAX], const struct scrim_site *site,
                             const char *disk, const char *camera, const char *file,
                             struct scrim_error *error)
{
    struct scrim_error why;
    const int at = scrim_disks_find(site, disk, &why);
    if (at < 0)
        return scrim_fail(error, at, "camera %s: %s: %s", camera, file, why.text);
    return scrim_disks_path(ret, site, (unsigned)at, camera, file) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "camera %s: path too long", camera)
               : SCRIM_OK;
}

static int identity_path(char ret[SCRIM_PATH_MAX], const struct scrim_site *site, unsigned at)
{
    return scrim_path_join(ret, site->config->disks[at - 1].path, IDENTITY_FILE);
}

static int memory_path(char ret[SCRIM_PATH_MAX], const struct scrim_site *site, const char *id)
{
    const int length = snprintf(ret, SCRIM_PATH_MAX, "%s/state/disks/%s", site->dir, id);
    return length >= SCRIM_PATH_MAX ? SCRIM_EINVAL : SCRIM_OK;
}

// What scrim-disk, or the copy of it, says. Empty if there is none.
static int read_identity(const char *path, struct scrim_buf *ret, struct scrim_error *error)
{
    scrim_buf_init(ret, IDENTITY_MAX);
    const int result = scrim_fs_read(path, ret, error);
    return result == SCRIM_ENOENT ? SCRIM_OK : result;
}

static bool is_empty(const char *path, struct scrim_error *why)
{
    char **names;
    size_t count;
    if (scrim_fs_list(path, &names, &count, why) < 0)
        return false;
    bool empty = true;
    for (size_t i = 0; i < count && empty; i++) {
        empty = strcmp(names[i], "lost+found") == 0;
        if (!empty)
            scrim_fail(why, SCRIM_EUNSUPPORTED,
                       "%s has no file " IDENTITY_FILE " and is not empty (it holds '%s')", path,
                       names[i]);
    }
    scrim_fs_free_names(names, count);
    return empty;
}

// Whose disk it is, by what its identity says of itself.
static bool names_us(const struct scrim_site *site, unsigned at, const struct scrim_buf *identity,
                     struct scrim_error *why)
{
    const char *path = site->config->disks[at - 1].path, *id = scrim_disks_id(site, at);
    json_error_t ignored;
    json_t *root = json_loadb((const char *)identity->data, identity->len, 0, &ignored);
    const char *of_site = json_string_value(json_object_get(root, "site"));
    const char *of_disk = json_string_value(json_object_get(root, "disk"));
    bool ours = false;
    if (!of_site || !of_disk)
        scrim_fail(why, SCRIM_EUNSUPPORTED, "%s/" IDENTITY_FILE " is not an identity", path);
    else if (strcmp(of_site, site->config->id) != 0 || strcmp(of_disk, id) != 0)
        scrim_fail(why, SCRIM_EUNSUPPORTED, "%s holds disk '%.31s' of site '%.31s', not '%s'", path,
                   of_disk, of_site, id);
    else
        ours = true;
    json_decref(root);
    return ours;
}

// With what the disk says of itself, and what is remembered of it; both may be empty.
static enum scrim_disk_presence judge(const struct scrim_site *site, unsigned at,
                                      const struct scrim_buf *found,
                                      const struct scrim_buf *remembered, struct scrim_error *why)
{
    const char *path = site->config->disks[at - 1].path;
    if (found->len == 0 && remembered->len > 0) {
        scrim_fail(why, SCRIM_EUNSUPPORTED,
                   "%s has no file " IDENTITY_FILE ", which disk '%s' has: is it mounted?", path,
                   scrim_disks_id(site, at));
        return SCRIM_DISK_ABSENT;
    }
    if (found->len == 0)
        return is_empty(path, why) ? SCRIM_DISK_NEW : SCRIM_DISK_FOREIGN;
    if (found->len == remembered->len && memcmp(found->data, remembered->data, found->len) == 0)
        return SCRIM_DISK_PRESENT;
    if (!names_us(site, at, found, why))
        return SCRIM_DISK_FOREIGN;
    if (remembered->len == 0)
        return SCRIM_DISK_NEW; // a crash came between the two files
    scrim_fail(why, SCRIM_EUNSUPPORTED,
               "%s holds another disk that was once '%s' of this site; give it an id of its own",
               path, scrim_disks_id(site, at));
    return SCRIM_DISK_FOREIGN;
}

enum scrim_disk_presence scrim_disks_look(const struct scrim_site *site, unsigned at,
                                          struct scrim_error *why)
{
    char path[SCRIM_PATH_MAX], memory[SCRIM_PATH_MAX];
    struct scrim_buf found = {0}, remembered = {0};
    struct scrim_error own;
    struct stat info;
    enum scrim_disk_presence presence = SCRIM_DISK_ABSENT;
    if (at == 0)
        return SCRIM_DISK_PRESENT;
    why = why ? why : &own;
    if (identity_path(path, site, at) < 0 ||
        memory_path(memory, site, scrim_disks_id(site, at)) < 0)
        scrim_fail(why, SCRIM_EINVAL, "%s: path too long", site->config->disks[at - 1].path);
    else if (stat(site->config->disks[at - 1].path, &info) < 0 || !S_ISDIR(info.st_mode))
        scrim_fail(why, SCRIM_ENOENT, "%s is not a directory", site->config->disks[at - 1].path);
    else if (read_identity(path, &found, why) >= 0 && read_identity(memory, &remembered, why) >= 0)
        presence = judge(site, at, &found, &remembered, why);
    scrim_buf_finish(&found);
    scrim_buf_finish(&remembered);
    return presence;
}

static int write_identity(const struct scrim_site *site, unsigned at, struct scrim_buf *ret,
                          struct scrim_error *error)
{
    uint8_t random[IDENTITY_RANDOM];
    char hex[2 * IDENTITY_RANDOM + 1], path[SCRIM_PATH_MAX];
    randombytes_buf(random, sizeof random);
    sodium_bin2hex(hex, sizeof hex, random, sizeof random);
    // Ids consist of characters that JSON does not escape.
    int result =
        scrim_buf_printf(ret, "{\"v\":1,\"site\":\"%s\",\"disk\":\"%s\",\"random\":\"%s\"}\n",
                         site->config->id, scrim_disks_id(site, at), hex);
    if (result < 0 || (result = identity_path(path, site, at)) < 0)
        return scrim_fail(error, result, "disk '%s': %s", scrim_disks_id(site, at),
                          scrim_err_text(result));
    return scrim_fs_create(path, ret->data, ret->len, 0644, error);
}

static int remember(const struct scrim_site *site, unsigned at, const struct scrim_buf *identity,
                    struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], directory[SCRIM_PATH_MAX];
    if (memory_path(path, site, scrim_disks_id(site, at)) < 0 ||
        scrim_path_join(directory, site->dir, "state/disks") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    const int result = scrim_fs_make_dirs(directory, 0755, error);
    return result < 0 ? result : scrim_fs_replace(path, identity->data, identity->len, 0644, error);
}

int scrim_disks_adopt(const struct scrim_site *site, unsigned at, struct scrim_error *error)
{
    struct scrim_error why = {0};
    const enum scrim_disk_presence presence = scrim_disks_look(site, at, &why);
    if (presence == SCRIM_DISK_PRESENT)
        return SCRIM_OK;
    if (presence != SCRIM_DISK_NEW)
        return scrim_fail(error, SCRIM_EUNSUPPORTED, "%s", why.text);
    char path[SCRIM_PATH_MAX];
    struct scrim_buf identity;
    int result = identity_path(path, site, at);
    if (result < 0)
        return scrim_fail(error, result, "disk '%s': path too long", scrim_disks_id(site, at));
    result = read_identity(path, &identity, error);
    if (result >= 0 && identity.len == 0)
        result = write_identity(site, at, &identity, error);
    if (result >= 0)
        result = remember(site, at, &identity, error);
    scrim_buf_finish(&identity);
    return result;
}
