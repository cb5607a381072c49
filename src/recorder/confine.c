#include "recorder/confine.h"

#include "base/sandbox.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// What resolving a host name and TLS read. Those that a host has not are left out.
static const char *const system_files[] = {
    "/etc/resolv.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/run/systemd/resolve",
    "/etc/ssl/certs",
    "/etc/gnutls",
    "/usr/lib",
    "/lib",
    "/usr/share/ca-certificates",
    "/dev/urandom",
};
#define SYSTEM_FILES (sizeof system_files / sizeof *system_files)

// Beside what no program of ours needs.
static const char *const denied_calls[] = {
    "unlink", "unlinkat", "rmdir",     "rename",   "renameat",  "renameat2", "link",
    "linkat", "symlink",  "symlinkat", "mknod",    "mknodat",   "truncate",  "chmod",
    "fchmod", "fchmodat", "chown",     "fchown",   "lchown",    "fchownat",  "listen",
    "setuid", "setgid",   "setreuid",  "setregid", "setresuid", "setresgid", "setgroups",
    "capset", "kill",     NULL};

bool scrim_recorder_lock_memory(void)
{
    // A limit that is not infinite would make later allocations fail.
    struct rlimit limit;
    if (geteuid() != 0 &&
        (getrlimit(RLIMIT_MEMLOCK, &limit) < 0 || limit.rlim_cur != RLIM_INFINITY))
        return false;
    return mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0;
}

static int confine_files(const struct scrim_site *site, struct scrim_error *error)
{
    char store[SCRIM_PATH_MAX], hours[SCRIM_PATH_MAX];
    if (scrim_path_join(store, site->dir, "store") < 0 ||
        scrim_path_join(hours, site->dir, "state/keys/hours") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    struct scrim_sandbox_path paths[2 + SYSTEM_FILES] = {
        {store, SCRIM_MAY_APPEND | SCRIM_MAY_CREATE}, {hours, SCRIM_MAY_APPEND | SCRIM_MAY_CREATE}};
    size_t count = 2;
    for (size_t i = 0; i < SYSTEM_FILES; i++) {
        if (access(system_files[i], F_OK) == 0)
            paths[count++] = (struct scrim_sandbox_path){system_files[i], SCRIM_MAY_READ};
    }
    return scrim_sandbox_files(paths, count, error);
}

int scrim_recorder_confine(const struct scrim_site *site, struct scrim_error *error)
{
    struct scrim_error unconfined = {0};
    const int files = confine_files(site, &unconfined);
    if (files < 0 && files != SCRIM_EUNSUPPORTED)
        return scrim_fail(error, files, "%s", unconfined.text);
    int result = scrim_sandbox_deny(scrim_sandbox_never, error);
    if (result >= 0)
        result = scrim_sandbox_deny(denied_calls, error);
    if (result >= 0 && files < 0)
        result = scrim_fail(error, files, "%s", unconfined.text);
    return result;
}
