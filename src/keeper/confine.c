#include "keeper/confine.h"

#include "base/alloc.h"
#include "base/sandbox.h"
#include "store/disks.h"

#include <stdlib.h>
#include <unistd.h>

// Beside the base set: files of the cell, and sockets of this machine.
static const char *const calls[] = {
    "openat",    "newfstatat", "statx",      "fstatfs", "statfs",   "readlink",    "access",
    "faccessat", "faccessat2", "getdents64", "unlink",  "unlinkat", "rmdir",       "rename",
    "renameat",  "renameat2",  "link",       "mkdir",   "mkdirat",  "flock",       "ftruncate",
    "syncfs",    "geteuid",    "accept4",    "socket",  "connect",  "getsockname", NULL};

#define EVERYTHING (SCRIM_MAY_READ | SCRIM_MAY_APPEND | SCRIM_MAY_CREATE | SCRIM_MAY_REMOVE)

// Below the site's directory. Those that a site has not yet are left out.
static const struct scrim_sandbox_path own[] = {
    {SCRIM_HOURS_DIR, EVERYTHING},   {"state/keeper", EVERYTHING},    {"run", EVERYTHING},
    {"state/holds", SCRIM_MAY_READ}, {"state/disks", SCRIM_MAY_READ}, {"veil", SCRIM_MAY_READ}};
#define OWN (sizeof own / sizeof *own)

struct cell {
    char names[OWN + SCRIM_DISKS_MAX][SCRIM_PATH_MAX];
    struct scrim_sandbox_path paths[OWN + SCRIM_DISKS_MAX];
    size_t count;
};

static void add(struct cell *cell, unsigned rights)
{
    const char *path = cell->names[cell->count];
    if (access(path, F_OK) == 0)
        cell->paths[cell->count++] = (struct scrim_sandbox_path){path, rights};
}

static int confine_files(const struct scrim_site *site, struct scrim_error *error)
{
    struct cell *cell = scrim_new(struct cell);
    int result = SCRIM_OK;
    for (size_t i = 0; i < OWN && result >= 0; i++) {
        result = scrim_path_join(cell->names[cell->count], site->dir, own[i].path);
        if (result >= 0)
            add(cell, own[i].rights);
    }
    // A disk that is not there now is out of reach until the keeper starts again.
    for (unsigned at = 0; at < scrim_disks_count(site) && result >= 0; at++) {
        result = scrim_disks_path(cell->names[cell->count], site, at, NULL, NULL);
        if (result >= 0)
            add(cell, SCRIM_MAY_READ | SCRIM_MAY_REMOVE);
    }
    result = result < 0 ? scrim_fail(error, result, "%s: path too long", site->dir)
                        : scrim_sandbox_files(cell->paths, cell->count, error);
    free(cell);
    return result;
}

int scrim_keeper_confine(const struct scrim_site *site, struct scrim_error *error)
{
    struct scrim_error unconfined = {0};
    const int files = confine_files(site, &unconfined);
    if (files < 0 && files != SCRIM_EUNSUPPORTED)
        return scrim_fail(error, files, "%s", unconfined.text);
    int result = scrim_sandbox_no_network(error);
    if (result >= 0)
        result = scrim_sandbox_calls(calls, error);
    if (result >= 0 && files < 0)
        result = scrim_fail(error, files, "%s", unconfined.text);
    return result;
}
