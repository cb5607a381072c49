#include "opener/confine.h"

#include "base/alloc.h"
#include "base/sandbox.h"
#include "store/disks.h"

#include <stdlib.h>
#include <unistd.h>

// Beside the base set: files for reading, a descriptor handed over, an answer in memory. ftruncate
// takes a failed line of the log back; clock_adjtime is how libc asks what the kernel says of its
// clock (and sets nothing without a capability that nobody has here).
static const char *const calls[] = {"openat",    "newfstatat",   "statx",         "access",
                                    "faccessat", "faccessat2",   "getdents64",    "sendmsg",
                                    "ftruncate", "memfd_create", "clock_adjtime", NULL};

// Below the site's directory. Those that a site has not yet are left out.
static const char *const own[] = {SCRIM_HOURS_DIR,       "state/requests", "state/acts",
                                  "state/keys/desk.pub", "state/disks",    "state/keeper"};
#define OWN (sizeof own / sizeof *own)

struct cell {
    char names[OWN + SCRIM_DISKS_MAX][SCRIM_PATH_MAX];
    struct scrim_sandbox_path paths[OWN + SCRIM_DISKS_MAX];
    size_t count;
};

static void add(struct cell *cell)
{
    const char *path = cell->names[cell->count];
    if (access(path, F_OK) == 0)
        cell->paths[cell->count++] = (struct scrim_sandbox_path){path, SCRIM_MAY_READ};
}

static int confine_files(const struct scrim_site *site, struct scrim_error *error)
{
    struct cell *cell = scrim_new(struct cell);
    int result = SCRIM_OK;
    for (size_t i = 0; i < OWN && result >= 0; i++) {
        result = scrim_path_join(cell->names[cell->count], site->dir, own[i]);
        if (result >= 0)
            add(cell);
    }
    // A disk that is not there now is out of reach until the opener starts again.
    for (unsigned at = 0; at < scrim_disks_count(site) && result >= 0; at++) {
        result = scrim_disks_path(cell->names[cell->count], site, at, NULL, NULL);
        if (result >= 0)
            add(cell);
    }
    result = result < 0 ? scrim_fail(error, result, "%s: path too long", site->dir)
                        : scrim_sandbox_files(cell->paths, cell->count, error);
    free(cell);
    return result;
}

int scrim_opener_confine(const struct scrim_site *site, struct scrim_error *error)
{
    struct scrim_error unconfined = {0};
    const int files = confine_files(site, &unconfined);
    if (files < 0 && files != SCRIM_EUNSUPPORTED)
        return scrim_fail(error, files, "%s", unconfined.text);
    const int result = scrim_sandbox_calls(calls, error);
    return result < 0 || files >= 0 ? result : scrim_fail(error, files, "%s", unconfined.text);
}
