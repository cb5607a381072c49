#include "oidc/confine.h"

#include "base/sandbox.h"
#include "link/oidc.h"

#include <unistd.h>

// What resolving a host name reads. Those that a host has not are left out.
static const char *const resolver_files[] = {
    "/etc/resolv.conf", "/etc/hosts",    "/etc/host.conf",      "/etc/nsswitch.conf",
    "/etc/gai.conf",    "/etc/services", "/etc/protocols",      "/run/systemd/resolve",
    "/usr/lib",         "/lib",          "/etc/ssl/openssl.cnf"};
#define RESOLVER_FILES (sizeof resolver_files / sizeof *resolver_files)

static const char *const denied[] = {
    "unlink",    "unlinkat",  "rmdir",     "rename", "renameat", "renameat2", "link",
    "linkat",    "symlink",   "symlinkat", "mkdir",  "mkdirat",  "mknod",     "mknodat",
    "listen",    "truncate",  "ftruncate", "chmod",  "fchmod",   "fchmodat",  "chown",
    "fchown",    "lchown",    "fchownat",  "setuid", "setgid",   "setreuid",  "setregid",
    "setresuid", "setresgid", "setgroups", "capset", "kill",     NULL};

int scrim_oidc_confine(const struct scrim_site *site, struct scrim_error *error)
{
    char own[SCRIM_PATH_MAX];
    struct scrim_sandbox_path paths[RESOLVER_FILES + 1];
    struct scrim_error unconfined = {0};
    size_t count = 0;
    if (scrim_path_join(own, site->dir, SCRIM_OIDC_DIR) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    if (access(own, F_OK) == 0)
        paths[count++] = (struct scrim_sandbox_path){own, SCRIM_MAY_READ};
    for (size_t i = 0; i < RESOLVER_FILES; i++)
        if (access(resolver_files[i], F_OK) == 0)
            paths[count++] = (struct scrim_sandbox_path){resolver_files[i], SCRIM_MAY_READ};
    const int files = scrim_sandbox_files(paths, count, &unconfined);
    if (files < 0 && files != SCRIM_EUNSUPPORTED)
        return scrim_fail(error, files, "%s", unconfined.text);
    int result = scrim_sandbox_deny(scrim_sandbox_never, error);
    if (result >= 0)
        result = scrim_sandbox_deny(denied, error);
    if (result >= 0 && files < 0)
        result = scrim_fail(error, files, "%s", unconfined.text);
    return result;
}
