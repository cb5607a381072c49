// scrim-veil: one worker of a site. Opens what it needs, locks itself in, and works until a link
// breaks or SIGTERM comes. It is never repaired: it ends, the view goes blank, and another one is
// started.
#include "base/alloc.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "media/decode.h"
#include "media/encode.h"
#include "media/media.h"
#include "site/area_set.h"
#include "site/config.h"
#include "veil/confine.h"
#include "veil/worker.h"

#include <jansson.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Planes, tables and the code that oneDNN generates have pages of their own: what is never touched
// of them is never paid for, and what the models leave behind goes back. Otherwise the C library
// puts them on its heap from the second on. Nothing of this size comes and goes with every picture.
#define PAGES_OF_THEIR_OWN (64 << 10)

struct args {
    int64_t worker, workers;
};

static const struct scrim_opt options[] = {
    {"worker", 0, SCRIM_OPT_INT, offsetof(struct args, worker), "W", "this worker, from 0", 0,
     1023},
    {"workers", 0, SCRIM_OPT_INT, offsetof(struct args, workers), "N", "how many there are", 1,
     1024},
    {0},
};

static const struct scrim_opt_spec spec = {
    "scrim-veil --worker W --workers N DIR",
    "Redacts the live pictures of a site's cameras. Started by `scrim up` or systemd.", options, 1,
    1};

static int connect_to(const struct scrim_site *site, const char *name, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, site->dir, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: the path is too long", site->dir);
    return scrim_link_connect(path, error);
}

// Runs every library once while it may still open what it likes: tables, CPU detection, locale.
static int warm_libraries(struct scrim_error *error)
{
    const struct scrim_encoder_params params = {.width = 64,
                                                .height = 64,
                                                .time_base_num = 1,
                                                .time_base_den = 90000,
                                                .fps = 10,
                                                .key_interval = 10};
    struct scrim_encoder *encoder = NULL;
    int code = scrim_encoder_create(&params, &encoder, error);
    scrim_encoder_destroy(encoder);
    for (int codec = SCRIM_CODEC_H264; code >= 0 && codec <= SCRIM_CODEC_H265; codec++) {
        struct scrim_decoder *decoder = NULL;
        code = scrim_decoder_create((enum scrim_codec)codec, NULL, 0, 0, 0, &decoder, error);
        scrim_decoder_destroy(decoder);
    }
    return code;
}

// Before anything is shown. What cannot be read makes its camera opaque; the desk may know more.
static const struct scrim_area_set *const *
read_areas(const struct scrim_site *site, const struct args *args, const struct scrim_log *log)
{
    const struct scrim_site_config *config = site->config;
    const struct scrim_area_set **list =
        scrim_new_array(config->cameras_count + 1, const struct scrim_area_set *);
    for (unsigned i = (unsigned)args->worker; i < config->cameras_count;
         i += (unsigned)args->workers) {
        struct scrim_error error;
        struct scrim_area_set *set = scrim_new(struct scrim_area_set);
        if (scrim_area_set_load(site->dir, config->cameras[i].id, set, &error) >= 0) {
            list[i] = set;
            continue;
        }
        if (error.code == SCRIM_EACCESS) // as a unit of systemd has it: the desk will say
            scrim_info(log, "camera %s is opaque until the desk tells its masks",
                       config->cameras[i].id);
        else
            scrim_error_log(log, "camera %s is opaque: its masks cannot be read: %s",
                            config->cameras[i].id, error.text);
        free(set);
    }
    return list;
}

static unsigned cameras_of(const struct scrim_site *site, const struct args *args)
{
    return site->config->cameras_count / (unsigned)args->workers + 1;
}

// Opens everything, then gives the rest up. What it opened is left to the end of the process.
static int prepare(const struct args *args, const char *dir, const struct scrim_log *log,
                   struct scrim_site *site, struct scrim_worker_params *ret,
                   struct scrim_error *error)
{
    if (args->worker >= args->workers)
        return scrim_fail(error, SCRIM_EINVAL, "--worker must be less than --workers");
    int code = scrim_sandbox_begin(error);
    if (code >= 0)
        code = scrim_site_load(dir, site, error);
    *ret = (struct scrim_worker_params){
        .site = site,
        .worker = (unsigned)args->worker,
        .workers = (unsigned)args->workers,
    };
    struct scrim_finder_set *finders = NULL;
    if (code >= 0)
        code = scrim_finder_set_create(NULL, false, &finders, error);
    ret->finder = scrim_finder_of(finders);
    json_object_seed(0); // from /dev/urandom, which is out of reach later
    if (code >= 0)
        ret->areas = read_areas(site, args, log);
    if (code >= 0)
        code = warm_libraries(error);
    if (code >= 0)
        code = ret->signals_fd =
            scrim_signals_open((const int[]){SIGTERM, SIGINT, SIGUSR1, 0}, error);
    if (code >= 0)
        code = ret->packets_fd = connect_to(site, "run/packets.sock", error);
    if (code >= 0)
        code = ret->desk_fd = connect_to(site, "run/desk.sock", error);
    return code < 0 ? code : scrim_veil_confine(cameras_of(site, args), error);
}

int main(int argc, char **argv)
{
    struct args args = {.worker = 0, .workers = 1};
    const char *dir[2] = {0};
    struct scrim_error error = {0};
    const int parsed = scrim_opt_parse(&spec, argc, argv, &args, dir, &error);
    if (parsed == SCRIM_ECANCEL)
        return 0;
    if (parsed < 0) {
        fprintf(stderr, "scrim-veil: %s\n", error.text);
        return 2;
    }
    const struct scrim_log log = scrim_log_named("veil%lld", (long long)args.worker);
    scrim_media_quiet();
    mallopt(M_MMAP_THRESHOLD, PAGES_OF_THEIR_OWN);
    struct scrim_site site = {0};
    struct scrim_worker_params params = {0};
    if (prepare(&args, dir[0], &log, &site, &params, &error) < 0) {
        scrim_error_log(&log, "%s", error.text);
        return 1;
    }
    struct scrim_worker *worker = scrim_worker_create(&params);
    scrim_info(&log, "ready");
    const int code = scrim_worker_run(worker, &error);
    if (code < 0)
        scrim_info(&log, "ends: %s", error.text);
    scrim_worker_destroy(worker);
    scrim_finder_set_destroy(params.finder.context);
    scrim_site_finish(&site);
    return code == SCRIM_EFORMAT || code == SCRIM_EINTERNAL;
}
