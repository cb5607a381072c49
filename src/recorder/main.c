// scrim-recorder: RTSP in, sealed segments and a signed journal out. One process a site.
#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "media/media.h"
#include "recorder/recorder.h"
#include "store/layout.h"

#include <poll.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define TEND_MS 2000

static const struct scrim_opt options[] = {{0}};
static const struct scrim_opt_spec spec = {
    "scrim-recorder DIR", "Records a site's cameras. Started by `scrim up` or systemd.", options, 1,
    1};

// A camera takes up to seven descriptors; the soft limit is often made for a shell.
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// The descriptor of the lock is kept until the process ends.
static int lock_site(const struct scrim_site *site, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], run[SCRIM_PATH_MAX];
    if (scrim_path_join(path, site->dir, SCRIM_RECORDER_LOCK) < 0 ||
        scrim_path_join(run, site->dir, "run") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    const int result = scrim_fs_make_dirs(run, 0700, error);
    return result < 0 ? result : scrim_fs_lock(path, error);
}

// Until a signal comes, or the clock asks for a new start.
static bool serve(struct scrim_recorder *recorder, int signals, const struct scrim_log *log)
{
    struct pollfd wait = {.fd = signals, .events = POLLIN};
    for (;;) {
        struct scrim_error error;
        if (scrim_recorder_tend(recorder, &error) < 0) {
            scrim_warn(log, "%s: starting afresh", error.text);
            return true;
        }
        if (poll(&wait, 1, TEND_MS) > 0)
            return false;
    }
}

static int run(const char *dir, struct scrim_site *site, struct scrim_error *error)
{
    const struct scrim_log log = scrim_log_named("recorder");
    struct scrim_stop *stop = NULL;
    struct scrim_recorder *recorder = NULL;
    bool clock = false;
    raise_file_limit();
    int result = scrim_sandbox_begin(error);
    if (result >= 0)
        result = sodium_init() < 0
                     ? scrim_fail(error, SCRIM_EINTERNAL, "libsodium cannot be used here")
                     : SCRIM_OK;
    if (result >= 0)
        result = scrim_site_load(dir, site, error);
    if (result >= 0)
        result = lock_site(site, error);
    const int signals =
        result >= 0 ? scrim_signals_open((const int[]){SIGTERM, SIGINT, 0}, error) : -1;
    if (result >= 0)
        result = signals;
    if (result >= 0)
        result = scrim_stop_create(&stop, error);
    if (result >= 0)
        result = scrim_recorder_create(site, stop, &recorder, error);
    if (result >= 0)
        result = scrim_recorder_start(recorder, error);
    if (result >= 0)
        clock = serve(recorder, signals, &log);
    scrim_recorder_destroy(recorder, clock);
    scrim_stop_destroy(stop);
    return result;
}

int main(int argc, char **argv)
{
    const char *dir[2] = {0};
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, dir, &error);
    if (result == SCRIM_ECANCEL)
        return 0;
    if (result < 0) {
        fprintf(stderr, "scrim-recorder: %s\n", error.text);
        return 2;
    }
    struct scrim_site site = {0};
    scrim_media_quiet();
    result = run(dir[0], &site, &error);
    if (result < 0)
        fprintf(stderr, "scrim-recorder: %s\n", error.text);
    scrim_site_finish(&site);
    return result < 0 ? 1 : 0;
}
