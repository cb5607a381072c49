#include "recorder/sealer.h"

#include "base/alloc.h"
#include "base/sandbox.h"
#include "recorder/confine.h"
#include "recorder/disks_state.h"
#include "recorder/sealed_camera.h"
#include "recorder/vault_gate.h"
#include "vault/vault_set.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEND_US SCRIM_SECOND
#define DISKS_US (2 * SCRIM_SECOND)
#define BATCH_US \
    (SCRIM_SECOND / 100) // at most a hundred wake-ups a second, for all cameras together
#define KEYS_PATIENCE_US (5 * SCRIM_SECOND) // for the first keys, before anything is recorded
#define CAMERAS_MAX SCRIM_FANOUT_CAMERAS_MAX
#define OWN_FDS 2 // orders, keeper

struct sealer {
    struct scrim_sealer_setup setup;
    struct scrim_log log;
    struct scrim_vault vault;
    struct scrim_disk *disk;
    struct scrim_stop *stop; // of the fan-out's thread
    struct scrim_fanout *fanout;
    struct scrim_keys *keys;
    struct scrim_emergency *emergency; // NULL: no break-glass
    struct scrim_sealed_home home;
    // By slot. The lock is for the disks' threads, which look a camera up; it changes here only.
    pthread_mutex_t lock; // leaf lock, protects `cameras` and `count` as a list
    struct scrim_sealed_camera *cameras[CAMERAS_MAX];
    unsigned count;
    struct pollfd fds[OWN_FDS + CAMERAS_MAX * SCRIM_SEALED_FEEDS];
    bool more[CAMERAS_MAX * SCRIM_SEALED_FEEDS]; // of a feed, has come already
    int64_t tend_due_us, disks_due_us;           // monotonic
    bool over, ordered;
    enum scrim_disk_state places[SCRIM_DISKS_MAX]; // of each disk, as last said
    char disk_complaint[512], keys_complaint[160]; // last said
};

static struct scrim_sealed_camera *find(const struct sealer *sealer, const char *id)
{
    for (unsigned i = 0; i < sealer->count; i++) {
        if (strcmp(scrim_sealed_camera_id(sealer->cameras[i]), id) == 0)
            return sealer->cameras[i];
    }
    return NULL;
}

// ---- What others report.

static void disk_failed(void *context, const char *id, const struct scrim_error *why)
{
    struct sealer *sealer = context;
    pthread_mutex_lock(&sealer->lock);
    struct scrim_sealed_camera *camera = find(sealer, id);
    pthread_mutex_unlock(&sealer->lock);
    if (camera) // those that were removed stay in memory
        scrim_sealed_camera_disk_failed(camera, why);
}

static void purged(void *context, const struct scrim_record *purge)
{
    struct sealer *sealer = context;
    struct scrim_sealed_camera *camera = find(sealer, purge->camera);
    if (camera)
        scrim_sealed_camera_purged(camera, purge);
    else
        scrim_warn(&sealer->log, "the keeper purged '%s', which is no camera here: %s",
                   purge->camera, purge->detail);
}

// ---- Orders.

static int add(struct sealer *sealer, const struct scrim_order *order, struct scrim_error *error)
{
    struct scrim_sealed_camera *camera = find(sealer, order->camera);
    if (camera)
        return scrim_sealed_camera_here(camera) ? SCRIM_OK
                                                : scrim_sealed_camera_add(camera, order, error);
    if (sealer->count == CAMERAS_MAX)
        return scrim_fail(error, SCRIM_ENOSPACE, "more than %d cameras since the start",
                          CAMERAS_MAX);
    const int result =
        scrim_sealed_camera_create(&sealer->home, sealer->count, order, &camera, error);
    if (result < 0)
        return result;
    pthread_mutex_lock(&sealer->lock);
    sealer->cameras[sealer->count++] = camera;
    pthread_mutex_unlock(&sealer->lock);
    return SCRIM_OK;
}

static void attach(struct scrim_sealed_camera *camera, const struct scrim_order *order, int fd)
{
    if (camera && scrim_sealed_camera_here(camera))
        scrim_sealed_camera_attach(camera, order->sub, order->sound, fd);
    else
        close(fd);
}

// Only this thread reads it, when a segment begins. Those that are being written stay with theirs,
// and end with the next key frame: a vault is rotated because the one before is not trusted any
// more.
static void take_vault(struct sealer *sealer, int fd)
{
    char id[SCRIM_VAULT_ID_TEXT];
    struct scrim_vault vault;
    struct scrim_error error;
    if (scrim_vault_gate_receive(fd, &vault, &error) < 0) {
        scrim_error_log(&sealer->log, "%s", error.text);
        return;
    }
    const bool rotated = memcmp(vault.id, sealer->vault.id, sizeof vault.id) != 0;
    sealer->vault = vault;
    for (unsigned i = 0; rotated && i < sealer->count; i++)
        scrim_sealed_camera_cut(sealer->cameras[i]);
    scrim_info(&sealer->log, "the next segments are sealed to vault %s, dealing %u",
               scrim_vault_id_text(vault.id, id), vault.dealing);
}

static void obey(struct sealer *sealer, const struct scrim_order *order, int fd)
{
    struct scrim_error error;
    struct scrim_sealed_camera *camera = find(sealer, order->camera);
    switch (order->kind) {
    case SCRIM_ORDER_ADD:
        if (add(sealer, order, &error) < 0)
            scrim_error_log(&sealer->log, "%s", error.text);
        break;
    case SCRIM_ORDER_PLACE:
        if (camera)
            scrim_sealed_camera_place(camera, order->place);
        break;
    case SCRIM_ORDER_REMOVE:
        if (camera && scrim_sealed_camera_here(camera))
            scrim_sealed_camera_remove(camera, order->changed);
        break;
    case SCRIM_ORDER_ATTACH: attach(camera, order, fd); break;
    case SCRIM_ORDER_DETACH:
        if (camera)
            scrim_sealed_camera_detach(camera, order->sub);
        break;
    case SCRIM_ORDER_VAULT: take_vault(sealer, fd); break;
    case SCRIM_ORDER_STOP: sealer->over = sealer->ordered = true; break;
    }
}

static void take_orders(struct sealer *sealer)
{
    struct scrim_order order;
    int fd, got;
    while (!sealer->over &&
           (got = scrim_order_receive(sealer->setup.orders_fd, &order, &fd)) != 0) {
        if (got < 0)
            sealer->over = true; // the parent is gone
        else
            obey(sealer, &order, fd);
    }
}

// ---- Keeping an eye on things.

// What becomes of each disk: once when it changes.
static void watch_places(struct sealer *sealer)
{
    for (unsigned at = 0; at < scrim_disk_places(sealer->disk); at++) {
        struct scrim_disk_place place;
        scrim_disk_place_stats(sealer->disk, at, &place);
        if (place.state == sealer->places[at])
            continue;
        sealer->places[at] = place.state;
        if (place.state == SCRIM_DISK_IS_OK)
            scrim_info(&sealer->log, "%s works again", place.path);
        else
            scrim_error_log(&sealer->log, "%s", place.sentence);
    }
}

// Failures that no segment reports, such as of a journal: once when they begin.
static void watch_disk(struct sealer *sealer)
{
    struct scrim_disk_stats stats;
    scrim_disk_stats(sealer->disk, &stats);
    if (stats.last_error < 0 && strcmp(stats.last_error_text, sealer->disk_complaint) != 0)
        scrim_error_log(&sealer->log, "%s", stats.last_error_text);
    snprintf(sealer->disk_complaint, sizeof sealer->disk_complaint, "%s", stats.last_error_text);
}

// Once when it begins, and once when it is over.
static void watch_keys(struct sealer *sealer)
{
    const char *trouble = scrim_keys_trouble(sealer->keys);
    if (strcmp(trouble ? trouble : "", sealer->keys_complaint) == 0)
        return;
    if (trouble)
        scrim_warn(&sealer->log, "no new hour keys: %s", trouble);
    else
        scrim_info(&sealer->log, "hour keys come again");
    snprintf(sealer->keys_complaint, sizeof sealer->keys_complaint, "%s", trouble ? trouble : "");
}

// The desk's copy of the disks' figures.
static void tell_disks(struct sealer *sealer, int64_t now_us)
{
    struct scrim_buf json;
    struct scrim_disks_camera cameras[CAMERAS_MAX];
    unsigned count = 0;
    if (now_us < sealer->disks_due_us)
        return;
    sealer->disks_due_us = now_us + DISKS_US;
    for (unsigned i = 0; i < sealer->count; i++) {
        const char *id = scrim_sealed_camera_id(sealer->cameras[i]);
        if (scrim_sealed_camera_here(sealer->cameras[i]))
            cameras[count++] =
                (struct scrim_disks_camera){id, scrim_disk_camera_place(sealer->disk, id)};
    }
    scrim_buf_init(&json, SCRIM_DISKS_JSON_MAX);
    if (scrim_disks_json(sealer->disk, cameras, count, &json) >= 0)
        scrim_fanout_disks(sealer->fanout, &json);
    else
        scrim_warn(&sealer->log, "the desk is not told of the disks: out of memory");
    scrim_buf_finish(&json);
}

static void tend(struct sealer *sealer, int64_t now_us)
{
    const int64_t keys_us = scrim_keys_tend(sealer->keys);
    sealer->tend_due_us = now_us + (keys_us < TEND_US ? keys_us : TEND_US);
    watch_places(sealer);
    watch_disk(sealer);
    watch_keys(sealer);
    tell_disks(sealer, now_us);
    for (unsigned i = 0; i < sealer->count; i++)
        scrim_sealed_camera_tick(sealer->cameras[i], now_us);
}

// ---- The loop.

static nfds_t fill_fds(struct sealer *sealer)
{
    struct pollfd *fds = sealer->fds;
    fds[0] = (struct pollfd){.fd = sealer->setup.orders_fd, .events = POLLIN};
    if (scrim_keys_poll(sealer->keys, &fds[1]) == 0)
        fds[1] = (struct pollfd){.fd = -1};
    for (unsigned i = 0; i < sealer->count; i++) {
        int feeds[SCRIM_SEALED_FEEDS];
        scrim_sealed_camera_fds(sealer->cameras[i], feeds);
        for (unsigned j = 0; j < SCRIM_SEALED_FEEDS; j++)
            fds[OWN_FDS + i * SCRIM_SEALED_FEEDS + j] =
                (struct pollfd){.fd = feeds[j], .events = POLLIN};
    }
    return OWN_FDS + (nfds_t)sealer->count * SCRIM_SEALED_FEEDS;
}

static bool serve_feeds(struct sealer *sealer, nfds_t count)
{
    bool any = false;
    for (nfds_t i = 0; i < count - OWN_FDS; i++) {
        if (!sealer->fds[OWN_FDS + i].revents && !sealer->more[i])
            continue;
        sealer->more[i] = scrim_sealed_camera_serve(sealer->cameras[i / SCRIM_SEALED_FEEDS],
                                                    (unsigned)(i % SCRIM_SEALED_FEEDS));
        any |= sealer->more[i];
    }
    return any;
}

// Pictures of many cameras that come within a batch cost one wake-up.
static void serve(struct sealer *sealer)
{
    bool more = false;
    while (!sealer->over) {
        const int64_t begun_us = scrim_clock_mono_us();
        if (begun_us >= sealer->tend_due_us)
            tend(sealer, begun_us);
        const nfds_t count = fill_fds(sealer);
        const int64_t left_us = sealer->tend_due_us - begun_us;
        const int ready =
            poll(sealer->fds, count, more || left_us <= 0 ? 0 : (int)(left_us / 1000) + 1);
        if (ready < 0)
            continue; // EINTR
        const int64_t woken_us = scrim_clock_mono_us();
        if (sealer->fds[1].revents)
            scrim_keys_serve(sealer->keys, &sealer->fds[1]);
        take_orders(sealer); // first: a process that was told to leave is no crash
        more = !sealer->over && serve_feeds(sealer, count);
        if (!more && !sealer->over)
            scrim_clock_sleep_until(woken_us + BATCH_US);
    }
}

// ---- Beginning and end.

static int add_cameras(struct sealer *sealer, struct scrim_error *error)
{
    const struct scrim_site_config *config = sealer->setup.site->config;
    int result = SCRIM_OK;
    for (unsigned i = 0; i < config->cameras_count && result >= 0; i++) {
        struct scrim_order order = {.kind = SCRIM_ORDER_ADD,
                                    .place = (int)i,
                                    .has_sub = config->cameras[i].sub_url != NULL,
                                    .keep = config->cameras[i].keep,
                                    .head = sealer->setup.heads[i]};
        snprintf(order.camera, sizeof order.camera, "%s", config->cameras[i].id);
        result = add(sealer, &order, error);
    }
    return result;
}

static int confine(struct sealer *sealer, struct scrim_error *error)
{
    struct scrim_error why = {0};
    if (!scrim_sandbox_lock_memory())
        scrim_warn(&sealer->log, "not all memory may be locked (LimitMEMLOCK): pictures might "
                                 "reach swap, if there is any; keys do not");
    const int result = scrim_sealer_confine(sealer->setup.site, &why);
    if (result == SCRIM_EUNSUPPORTED) {
        scrim_warn(&sealer->log, "%s", why.text);
        return SCRIM_OK;
    }
    return result < 0 ? scrim_fail(error, result, "%s", why.text) : SCRIM_OK;
}

static int prepare(struct sealer *sealer, struct scrim_error *error)
{
    const struct scrim_sealer_setup *setup = &sealer->setup;
    char keys[SCRIM_PATH_MAX];
    sealer->vault = *setup->vault;
    int result =
        scrim_disk_create(setup->site, setup->key, disk_failed, sealer, &sealer->disk, error);
    if (result >= 0)
        result = scrim_stop_create(&sealer->stop, error);
    if (result >= 0)
        result = scrim_fanout_create(setup->site->dir, setup->packets_fd, sealer->stop,
                                     &sealer->fanout, error);
    if (result >= 0 && scrim_path_join(keys, setup->site->dir, SCRIM_KEYS_SOCKET) < 0)
        result = scrim_fail(error, SCRIM_EINVAL, "%s: path too long", setup->site->dir);
    if (result < 0)
        return result;
    sealer->keys = scrim_keys_create(keys, purged, sealer);
    // Whoever has the keeper in their power does not have break-glass by that: scrim.yaml says.
    if (setup->site->config->glass)
        sealer->emergency = scrim_emergency_create();
    scrim_keys_emergency(sealer->keys, sealer->emergency);
    sealer->home = (struct scrim_sealed_home){.disk = sealer->disk,
                                              .vault = &sealer->vault,
                                              .site = setup->site->config->id,
                                              .boot = setup->boot,
                                              .fanout = sealer->fanout,
                                              .keys = sealer->keys,
                                              .emergency = sealer->emergency};
    result = add_cameras(sealer, error);
    return result < 0 ? result : confine(sealer, error);
}

static int begin(struct sealer *sealer, struct scrim_error *error)
{
    int result = scrim_disk_start(sealer->disk, error);
    if (result >= 0)
        result = scrim_fanout_start(sealer->fanout, error);
    if (result < 0)
        return result;
    // Cameras whose keys do not come in time journal a gap that says so.
    (void)scrim_keys_wait(sealer->keys, KEYS_PATIENCE_US);
    scrim_info(&sealer->log, "recording %u cameras, start %" PRIu64, sealer->count,
               sealer->setup.boot);
    return SCRIM_OK;
}

static void end(struct sealer *sealer)
{
    for (unsigned i = 0; i < sealer->count; i++)
        scrim_sealed_camera_end(sealer->cameras[i], sealer->ordered);
    scrim_disk_stop(sealer->disk);
    if (sealer->stop)
        scrim_stop_request(sealer->stop);
    scrim_fanout_destroy(sealer->fanout);
    for (unsigned i = 0; i < sealer->count; i++)
        scrim_sealed_camera_destroy(sealer->cameras[i]);
    scrim_keys_destroy(sealer->keys);
    scrim_emergency_destroy(sealer->emergency);
    scrim_stop_destroy(sealer->stop);
    pthread_mutex_destroy(&sealer->lock);
    close(sealer->setup.orders_fd);
}

int scrim_sealer_run(const struct scrim_sealer_setup *setup)
{
    struct sealer *sealer = scrim_new(struct sealer);
    struct scrim_error error = {0};
    sealer->setup = *setup;
    sealer->log = scrim_log_named("recorder");
    pthread_mutex_init(&sealer->lock, NULL);
    int result = prepare(sealer, &error);
    if (result >= 0)
        result = begin(sealer, &error);
    if (result >= 0)
        serve(sealer);
    else
        scrim_error_log(&sealer->log, "%s", error.text);
    end(sealer);
    free(sealer);
    return result < 0 ? 1 : 0;
}
