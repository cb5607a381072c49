// scrim-keeper: a site's hour keys and what becomes of what they seal. Makes the keys, hands the
// current ones to the recorder, destroys them, removes files. One process a site, one thread.
// SIGHUP ends it as SIGTERM does; whoever started it starts it again, with the new scrim.yaml.
#include "base/clock.h"
#include "base/log.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "base/signals.h"
#include "keeper/confine.h"
#include "keeper/desk_side.h"
#include "keeper/server.h"
#include "keeper/storage.h"

#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct scrim_opt options[] = {{0}};
static const struct scrim_opt_spec spec = {"scrim-keeper DIR",
                                           "Keeps a site's hour keys and what is sealed with them: "
                                           "makes and hands out keys, destroys both "
                                           "in time. Started by `scrim up` or systemd.",
                                           options, 1, 1};

struct keeper {
    struct scrim_log log;
    struct scrim_site site;
    struct scrim_hour_ring *ring;
    struct scrim_key_server *server;
    struct scrim_storage *storage;
    struct scrim_keeper_desk *desk;
    struct scrim_glass *glass;
    int64_t due_us;       // monotonic: of the storage's next tick
    int64_t glass_due_us; // the same of break-glass
    int signals;
};

static int shred(void *context, const struct scrim_hour_range *range, const char *reason,
                 struct scrim_buf *ret_done, struct scrim_error *error)
{
    struct keeper *keeper = context;
    keeper->due_us = 0; // the files, at once
    return scrim_storage_shred(keeper->storage, range, reason, ret_done, error);
}

static bool on_purged(void *context, const struct scrim_purge *purge)
{
    struct keeper *keeper = context;
    struct scrim_record record = {.type = SCRIM_RECORD_PURGE,
                                  .start_us = purge->start_us,
                                  .end_us = purge->end_us,
                                  .segments = purge->segments,
                                  .cause = purge->cause};
    memcpy(record.camera, purge->camera, sizeof record.camera);
    memcpy(record.detail, purge->text, sizeof record.detail);
    return scrim_key_server_purged(keeper->server, &record);
}

static void on_status(void *context, const char *json, size_t length)
{
    struct keeper *keeper = context;
    scrim_keeper_desk_tell(keeper->desk, json, length);
}

static void on_glass_keys(void *context)
{
    const struct keeper *keeper = context;
    scrim_key_server_tell_glass(keeper->server);
}

static void on_glass_state(void *context, const char *json, size_t length)
{
    const struct keeper *keeper = context;
    scrim_keeper_desk_tell_glass(keeper->desk, json, length);
}

static int open_storage(struct keeper *keeper, struct scrim_error *error)
{
    const struct scrim_storage_handler handler = {on_purged, on_status, keeper};
    char path[SCRIM_PATH_MAX];
    const int result = scrim_path_join(path, keeper->site.dir, "run/desk.sock");
    if (result < 0)
        return scrim_fail(error, result, "%s: path too long", keeper->site.dir);
    keeper->desk = scrim_keeper_desk_create(path);
    const int created =
        scrim_storage_create(&keeper->site, keeper->ring, &handler, &keeper->storage, error);
    if (created >= 0)
        scrim_keeper_desk_ask(keeper->desk, keeper->storage);
    scrim_keeper_desk_glass(keeper->desk, keeper->glass);
    return created;
}

// Before the server, which tells its keys, and the desk, which is told of it.
static int open_glass(struct keeper *keeper, struct scrim_error *error)
{
    const struct scrim_glass_handler handler = {on_glass_keys, on_glass_state, keeper};
    char path[SCRIM_PATH_MAX];
    int result = scrim_path_join(path, keeper->site.dir, "state/keeper");
    if (result < 0)
        return scrim_fail(error, result, "%s: path too long", keeper->site.dir);
    result = scrim_fs_make_dirs(path, 0750, error);
    return result < 0 ? result : scrim_glass_create(&keeper->site, &handler, &keeper->glass, error);
}

static int open_server(struct keeper *keeper, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], run[SCRIM_PATH_MAX];
    if (scrim_path_join(run, keeper->site.dir, "run") < 0 ||
        scrim_path_join(path, keeper->site.dir, SCRIM_KEYS_SOCKET) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", keeper->site.dir);
    int result = scrim_fs_make_dirs(run, 0700, error);
    if (result >= 0)
        result = scrim_link_listen(path, error);
    if (result < 0)
        return result;
    const struct scrim_key_server_setup setup = {.listen_fd = result,
                                                 .site = &keeper->site,
                                                 .ring = keeper->ring,
                                                 .shred = shred,
                                                 .context = keeper,
                                                 .glass = keeper->glass};
    return scrim_key_server_create(&setup, &keeper->server, error);
}

static int confine(struct keeper *keeper, struct scrim_error *error)
{
    if (!scrim_sandbox_lock_memory())
        scrim_warn(&keeper->log, "not all memory may be locked (LimitMEMLOCK); keys are");
    struct scrim_error why = {0};
    const int result = scrim_keeper_confine(&keeper->site, &why);
    if (result == SCRIM_EUNSUPPORTED) {
        scrim_warn(&keeper->log, "%s", why.text);
        return SCRIM_OK;
    }
    return result < 0 ? scrim_fail(error, result, "%s", why.text) : SCRIM_OK;
}

static int prepare(struct keeper *keeper, const char *dir, struct scrim_error *error)
{
    int result = scrim_sandbox_begin(error);
    if (result >= 0 && sodium_init() < 0)
        result = scrim_fail(error, SCRIM_EINTERNAL, "libsodium cannot be used here");
    json_object_seed(0); // from /dev/urandom, which is out of reach later
    if (result >= 0)
        result = scrim_site_load(dir, &keeper->site, error);
    if (result >= 0)
        result = keeper->signals =
            scrim_signals_open((const int[]){SIGTERM, SIGINT, SIGHUP, 0}, error);
    if (result >= 0)
        result = open_glass(keeper, error);
    if (result >= 0) // scrim-opener takes its being there for all of it
        result = scrim_hour_ring_open(&keeper->site, &keeper->ring, error);
    if (result >= 0)
        result = open_server(keeper, error);
    if (result >= 0)
        result = open_storage(keeper, error);
    return result < 0 ? result : confine(keeper, error);
}

// Milliseconds until something is due.
static int patience(const struct keeper *keeper)
{
    const int64_t due_us =
        keeper->due_us < keeper->glass_due_us ? keeper->due_us : keeper->glass_due_us;
    const int64_t left_us = due_us - scrim_clock_mono_us();
    return left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
}

// Until a signal comes.
static void serve(struct keeper *keeper)
{
    struct pollfd fds[2 + SCRIM_KEY_CLIENTS_MAX + 1] = {{.fd = keeper->signals, .events = POLLIN}};
    bool more = false;
    while (!fds[0].revents) {
        const size_t clients = scrim_key_server_poll(keeper->server, fds + 1);
        struct pollfd *desk = fds + 1 + clients;
        const size_t desks = scrim_keeper_desk_poll(keeper->desk, desk);
        if (poll(fds, 1 + clients + desks, more ? 0 : patience(keeper)) < 0)
            continue;
        more = scrim_key_server_serve(keeper->server, fds + 1);
        if (desks > 0)
            scrim_keeper_desk_serve(keeper->desk, desk);
        keeper->glass_due_us = scrim_glass_tend(keeper->glass);
        if (scrim_clock_mono_us() < keeper->due_us)
            continue;
        keeper->due_us = scrim_storage_tick(keeper->storage);
        scrim_keeper_desk_tend(keeper->desk);
    }
}

int main(int argc, char **argv)
{
    const char *dir[2] = {0};
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, dir, &error);
    if (result == SCRIM_ECANCEL)
        return 0;
    if (result < 0) {
        fprintf(stderr, "scrim-keeper: %s\n", error.text);
        return 2;
    }
    struct keeper keeper = {.log = scrim_log_named("keeper"), .signals = -1};
    result = prepare(&keeper, dir[0], &error);
    if (result >= 0) {
        scrim_info(&keeper.log, "keeping %zu hour keys", scrim_hour_ring_count(keeper.ring));
        serve(&keeper);
    } else {
        fprintf(stderr, "scrim-keeper: %s\n", error.text);
    }
    scrim_storage_destroy(keeper.storage);
    scrim_keeper_desk_destroy(keeper.desk);
    scrim_key_server_destroy(keeper.server);
    scrim_glass_destroy(keeper.glass);
    scrim_hour_ring_close(keeper.ring);
    scrim_site_finish(&keeper.site);
    return result < 0 ? 1 : 0;
}
