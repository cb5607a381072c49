#include "keeper/confine.h"

#include "base/sandbox.h"
#include "store/layout.h"

// Beside the base set: files of the cell, and sockets of this machine.
static const char *const calls[] = {
    "openat",     "newfstatat", "statx",  "fstatfs",  "statfs",      "access",    "faccessat",
    "faccessat2", "getdents64", "unlink", "unlinkat", "rmdir",       "rename",    "renameat",
    "renameat2",  "link",       "mkdir",  "mkdirat",  "flock",       "ftruncate", "syncfs",
    "geteuid",    "accept4",    "socket", "connect",  "getsockname", NULL};

static int confine_files(const struct scrim_site *site, struct scrim_error *error)
{
    char hours[SCRIM_PATH_MAX], store[SCRIM_PATH_MAX];
    if (scrim_path_join(hours, site->dir, SCRIM_HOURS_DIR) < 0 ||
        scrim_path_join(store, site->dir, "store") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    const struct scrim_sandbox_path paths[] = {
        {hours, SCRIM_MAY_READ | SCRIM_MAY_APPEND | SCRIM_MAY_CREATE | SCRIM_MAY_REMOVE},
        {store, SCRIM_MAY_READ | SCRIM_MAY_REMOVE},
    };
    return scrim_sandbox_files(paths, sizeof paths / sizeof *paths, error);
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
