// scrim-recorder: RTSP in, sealed segments and a signed journal out. Several
// processes a site; this is the first of them (parent.h).
#include "base/clock.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "recorder/parent.h"
#include "store/layout.h"

#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/resource.h>

#define LOCK_PATIENCE_US (8 * SCRIM_SECOND)
#define LOCK_AGAIN_US (SCRIM_SECOND / 50)

static const struct scrim_opt options[] = {{0}};
static const struct scrim_opt_spec spec = {
    "scrim-recorder DIR",
    "Records a site's cameras. Started by `scrim up` or systemd. SIGHUP: reads "
    "scrim.yaml again.",
    options, 1, 1};

// A stream takes up to four descriptors in all; the soft limit is often made for a shell.
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

// Returns the descriptor that holds the lock. A sealer whose parent was killed closes its segments
// and holds it meanwhile.
static int lock_site(const struct scrim_site *site, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], run[SCRIM_PATH_MAX];
    if (scrim_path_join(path, site->dir, SCRIM_RECORDER_LOCK) < 0 ||
        scrim_path_join(run, site->dir, "run") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", site->dir);
    const int64_t until_us = scrim_clock_mono_us() + LOCK_PATIENCE_US;
    int result = scrim_fs_make_dirs(run, 0700, error);
    if (result >= 0)
        result = scrim_fs_lock(path, error);
    while (result == SCRIM_EBUSY && scrim_clock_mono_us() < until_us) {
        scrim_clock_sleep_until(scrim_clock_mono_us() + LOCK_AGAIN_US);
        result = scrim_fs_lock(path, error);
    }
    return result;
}

static int run(const char *dir, struct scrim_error *error)
{
    struct scrim_site site = {0};
    struct scrim_parent *parent = NULL;
    raise_file_limit();
    int result = scrim_sandbox_begin(error);
    if (result >= 0)
        result = sodium_init() < 0
                     ? scrim_fail(error, SCRIM_EINTERNAL, "libsodium cannot be used here")
                     : SCRIM_OK;
    json_object_seed(0); // the sealer's too: from /dev/urandom, which is out of reach later
    if (result >= 0)
        result = scrim_site_load(dir, &site, error);
    if (result >= 0)
        result = lock_site(&site, error);
    if (result >= 0)
        result = scrim_parent_create(&site, result, &parent, error);
    if (result >= 0)
        result = scrim_parent_serve(parent, error);
    scrim_parent_destroy(parent);
    scrim_site_finish(&site);
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
    result = run(dir[0], &error);
    if (result < 0)
        fprintf(stderr, "scrim-recorder: %s\n", error.text);
    return result < 0 ? 1 : 0;
}
