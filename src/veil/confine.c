#include "veil/confine.h"

#include "base/log.h"
#include "base/sandbox.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

// Address space, beyond what is mapped now: for the worker, and for each camera. Generous against
// 1280×720 H.265 (16 reference pictures and our own), small against a runaway.
#define WORKER_BYTES (512ULL << 20)
#define CAMERA_BYTES (192ULL << 20)
#define DESCRIPTORS_MAX 64

static int limit_resources(unsigned cameras, struct scrim_error *error)
{
    int code = scrim_sandbox_limits(WORKER_BYTES + cameras * CAMERA_BYTES, DESCRIPTORS_MAX, error);
    // A log that is a plain file must go on growing; anything else needs no file at all.
    struct stat log;
    if (code >= 0 && !(fstat(STDERR_FILENO, &log) == 0 && S_ISREG(log.st_mode)))
        code = setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0}) < 0
                   ? scrim_fail_errno(error, errno, "cannot limit files")
                   : SCRIM_OK;
    return code;
}

int scrim_veil_confine(unsigned cameras, struct scrim_error *error)
{
    static const char *const watchdog[] = {"setitimer", NULL};
    const struct scrim_log log = scrim_log_named("veil");
    tzset(); // reads /etc/localtime, which the first log line would do otherwise
    int code = limit_resources(cameras, error);
    if (code < 0)
        return code;
    struct scrim_error why = {0};
    code = scrim_sandbox_isolate(&why);
    if (code == SCRIM_EUNSUPPORTED) // as in a unit of systemd, which brings its own
        scrim_info(&log, "%s; the other walls of the cell stand", why.text);
    else if (code < 0)
        return scrim_fail(error, code, "%s", why.text);
    code = scrim_sandbox_files(NULL, 0, error);
    if (code == SCRIM_EUNSUPPORTED)
        scrim_warn(&log, "this kernel has no Landlock; system calls are limited all the same");
    else if (code < 0)
        return code;
    return scrim_sandbox_calls(watchdog, error);
}
