#include "recorder/confine.h"

#include "base/sandbox.h"
#include "store/disks.h"

#include <unistd.h>

// What resolving a host name reads. Those that a host has not are left out.
static const char *const resolver_files[] = {
    "/etc/resolv.conf", "/etc/hosts",    "/etc/host.conf", "/etc/nsswitch.conf",
    "/etc/gai.conf",    "/etc/services", "/etc/protocols", "/run/systemd/resolve",
    "/usr/lib",         "/lib",          "/dev/urandom",
};
#define RESOLVER_FILES (sizeof resolver_files / sizeof *resolver_files)

// Beside what no program of ours needs: what would change files that are there, or become somebody.
static const char *const denied_calls[] = {
    "unlink", "unlinkat", "rmdir",     "rename",   "renameat",  "renameat2", "link",
    "linkat", "symlink",  "symlinkat", "mknod",    "mknodat",   "truncate",  "chmod",
    "fchmod", "fchmodat", "chown",     "fchown",   "lchown",    "fchownat",  "listen",
    "setuid", "setgid",   "setreuid",  "setregid", "setresuid", "setresgid", "setgroups",
    "capset", "kill",     NULL};

// The two lists and new processes.
static int deny_calls(struct scrim_error *error)
{
    const int result = scrim_sandbox_deny(scrim_sandbox_never, error);
    return result < 0 ? result : scrim_sandbox_deny(denied_calls, error);
}

// The result of confining files comes last, so that all else is in force without it.
static int confine(const struct scrim_sandbox_path *paths, size_t count, bool network,
                   struct scrim_error *error)
{
    struct scrim_error unconfined = {0};
    const int files = scrim_sandbox_files(paths, count, &unconfined);
    if (files < 0 && files != SCRIM_EUNSUPPORTED)
        return scrim_fail(error, files, "%s", unconfined.text);
    int result = deny_calls(error);
    if (result >= 0 && !network)
        result = scrim_sandbox_no_network(error);
    if (result >= 0 && files < 0)
        result = scrim_fail(error, files, "%s", unconfined.text);
    return result;
}

int scrim_sealer_confine(const struct scrim_site *site, struct scrim_error *error)
{
    char roots[SCRIM_DISKS_MAX][SCRIM_PATH_MAX];
    struct scrim_sandbox_path paths[SCRIM_DISKS_MAX];
    size_t count = 0;
    for (unsigned at = 0; at < scrim_disks_count(site); at++) {
        if (scrim_disks_path(roots[count], site, at, NULL, NULL) < 0)
            return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
        if (access(roots[count], F_OK) < 0)
            continue; // a disk that is not there, which the disks say themselves
        paths[count] =
            (struct scrim_sandbox_path){roots[count], SCRIM_MAY_APPEND | SCRIM_MAY_CREATE};
        count++;
    }
    return confine(paths, count, false, error);
}

int scrim_dialer_confine(struct scrim_error *error)
{
    struct scrim_sandbox_path paths[RESOLVER_FILES];
    size_t count = 0;
    for (size_t i = 0; i < RESOLVER_FILES; i++) {
        if (access(resolver_files[i], F_OK) == 0)
            paths[count++] = (struct scrim_sandbox_path){resolver_files[i], SCRIM_MAY_READ};
    }
    return confine(paths, count, true, error);
}

int scrim_parent_confine(struct scrim_error *error)
{
    const int result = scrim_sandbox_forbid(scrim_sandbox_never, error);
    return result < 0 ? result : scrim_sandbox_no_network(error);
}
