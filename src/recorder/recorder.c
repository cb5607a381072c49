#include "recorder/recorder.h"

#include "base/alloc.h"
#include "base/log.h"
#include "recorder/confine.h"
#include "recorder/ingest.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct recorded_camera {
    const struct scrim_camera_config *config;
    struct scrim_log log;
    struct scrim_segment_home home;
    struct scrim_hours *hours;
    struct scrim_buf password; // NUL-terminated; empty: none
    struct scrim_camera *camera;
    struct scrim_ingest *main, *sub; // sub: NULL without a sub stream
};

struct scrim_recorder {
    const struct scrim_site *site;
    struct scrim_stop *stop;
    struct scrim_log log;
    struct scrim_vault vault;
    struct scrim_device_key *key;
    uint64_t boot;
    struct scrim_disk *disk;
    struct scrim_fanout *fanout;
    struct recorded_camera *cameras;
    unsigned cameras_count;
    char disk_complaint[512]; // last said
};

static int load_vault(struct scrim_recorder *recorder, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    const char *dir = recorder->site->dir;
    if (scrim_path_join(path, dir, "state/vault.json") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int result = scrim_vault_load(path, &recorder->vault, error);
    if (result != SCRIM_ENOENT)
        return result;
    return scrim_fail(error, result,
                      "%s has no vault to seal with; make one: scrim vault init %s -k 2 "
                      "--holder NAME --holder NAME --holder NAME --out SHARES_DIR",
                      dir, dir);
}

static int load_password(struct scrim_recorder *recorder, struct recorded_camera *camera,
                         struct scrim_error *error)
{
    scrim_buf_init(&camera->password, 257);
    if (!camera->config->user)
        return SCRIM_OK;
    int result = scrim_buf_reserve(&camera->password, 257); // so that growing leaves no copy behind
    if (result >= 0)
        result = scrim_camera_password(recorder->site, camera->config, &camera->password, error);
    return result < 0 ? result : scrim_buf_append_u8(&camera->password, '\0');
}

static void disk_failed(void *context, const char *id, const struct scrim_error *why)
{
    struct scrim_recorder *recorder = context;
    for (unsigned i = 0; i < recorder->cameras_count; i++) {
        struct recorded_camera *camera = &recorder->cameras[i];
        if (strcmp(camera->config->id, id) != 0)
            continue;
        scrim_error_log(&camera->log, "%s", why->text);
        scrim_camera_disk_failed(camera->camera, why);
    }
}

// Brings the camera's store into order after whatever ended the last run, and takes its keys.
static int open_camera(struct scrim_recorder *recorder, struct recorded_camera *camera,
                       struct scrim_error *error)
{
    const struct scrim_site *site = recorder->site;
    const char *id = camera->config->id;
    struct scrim_journal_head head;
    int result = load_password(recorder, camera, error);
    if (result >= 0)
        result = scrim_store_recover(site->dir, site->config->id, id, recorder->key, recorder->boot,
                                     &head, error);
    if (result >= 0)
        result = scrim_hours_create(site->dir, id, scrim_clock_utc_us(), &camera->hours, error);
    if (result < 0)
        return result;
    result = scrim_disk_add_camera(recorder->disk, id, &head);
    if (result < 0)
        return scrim_fail(error, result, "camera %s: %s", id, scrim_err_text(result));
    camera->home = (struct scrim_segment_home){.disk = recorder->disk,
                                               .vault = &recorder->vault,
                                               .site = site->config->id,
                                               .camera = id,
                                               .boot = recorder->boot};
    camera->camera = scrim_camera_create(&camera->home, camera->hours, &head);
    return SCRIM_OK;
}

static int open_cameras(struct scrim_recorder *recorder, struct scrim_error *error)
{
    const struct scrim_site_config *config = recorder->site->config;
    recorder->cameras_count = config->cameras_count;
    recorder->cameras = scrim_new_array(config->cameras_count, struct recorded_camera);
    int result = SCRIM_OK;
    for (unsigned i = 0; i < config->cameras_count; i++) {
        recorder->cameras[i].config = &config->cameras[i];
        recorder->cameras[i].log = scrim_log_named("recorder.%s", config->cameras[i].id);
    }
    for (unsigned i = 0; i < config->cameras_count && result >= 0; i++)
        result = open_camera(recorder, &recorder->cameras[i], error);
    return result;
}

static int confine(struct scrim_recorder *recorder, struct scrim_error *error)
{
    if (!scrim_recorder_lock_memory())
        scrim_warn(&recorder->log, "not all memory may be locked (LimitMEMLOCK): pictures might "
                                   "reach swap, if there is any; keys do not");
    struct scrim_error why = {0};
    const int result = scrim_recorder_confine(recorder->site, &why);
    if (result == SCRIM_EUNSUPPORTED) {
        scrim_warn(&recorder->log, "%s", why.text);
        return SCRIM_OK;
    }
    return result < 0 ? scrim_fail(error, result, "%s", why.text) : SCRIM_OK;
}

static int listen_for_veil(const struct scrim_recorder *recorder, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, recorder->site->dir, "run/packets.sock") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", recorder->site->dir);
    return scrim_link_listen(path, error);
}

static int prepare(struct scrim_recorder *recorder, struct scrim_error *error)
{
    const char *dir = recorder->site->dir;
    int result = load_vault(recorder, error);
    if (result >= 0)
        result = scrim_device_key_load(dir, &recorder->key, error);
    if (result >= 0)
        result = scrim_boot_count(dir, &recorder->boot, error);
    if (result >= 0)
        result =
            scrim_disk_create(dir, recorder->key, disk_failed, recorder, &recorder->disk, error);
    if (result >= 0)
        result = open_cameras(recorder, error);
    if (result >= 0)
        result = listen_for_veil(recorder, error);
    if (result >= 0)
        result = scrim_fanout_create(dir, result, recorder->stop, &recorder->fanout, error);
    for (unsigned i = 0; result >= 0 && i < recorder->cameras_count; i++)
        scrim_fanout_place(recorder->fanout, i, recorder->cameras[i].config->id, (int)i);
    return result < 0 ? result : confine(recorder, error);
}

int scrim_recorder_create(const struct scrim_site *site, struct scrim_stop *stop,
                          struct scrim_recorder **ret, struct scrim_error *error)
{
    struct scrim_recorder *recorder = scrim_new(struct scrim_recorder);
    recorder->site = site;
    recorder->stop = stop;
    recorder->log = scrim_log_named("recorder");
    *ret = recorder;
    return prepare(recorder, error);
}

// libavformat's RTSP hands no options to its TLS.
static void warn_of_unknown_peer(const struct recorded_camera *camera)
{
    static const char scheme[] = "rtsps://";
    const struct scrim_camera_config *config = camera->config;
    if (strncmp(config->main_url, scheme, strlen(scheme)) == 0 ||
        (config->sub_url && strncmp(config->sub_url, scheme, strlen(scheme)) == 0))
        scrim_warn(&camera->log, "rtsps encrypts, but this version does not verify the camera's "
                                 "certificate: whoever is in the path may pose as the camera");
}

static int start_camera(struct scrim_recorder *recorder, unsigned index, struct scrim_error *error)
{
    struct recorded_camera *camera = &recorder->cameras[index];
    const struct scrim_camera_config *config = camera->config;
    struct scrim_ingest_setup setup = {
        .config = config,
        .url = config->main_url,
        .password = config->user ? &camera->password : NULL,
        .camera = camera->camera,
        .fanout = recorder->fanout,
        .index = index,
        .feeds_veil = !config->sub_url,
        .stop = recorder->stop,
    };
    warn_of_unknown_peer(camera);
    int result = scrim_ingest_start(&setup, &camera->main, error);
    if (result < 0 || !config->sub_url)
        return result;
    setup.url = config->sub_url;
    setup.camera = NULL;
    setup.feeds_veil = true;
    return scrim_ingest_start(&setup, &camera->sub, error);
}

int scrim_recorder_start(struct scrim_recorder *recorder, struct scrim_error *error)
{
    int result = scrim_disk_start(recorder->disk, error);
    if (result >= 0)
        result = scrim_fanout_start(recorder->fanout, error);
    for (unsigned i = 0; i < recorder->cameras_count && result >= 0; i++)
        result = start_camera(recorder, i, error);
    if (result >= 0)
        scrim_info(&recorder->log, "recording %u cameras, start %" PRIu64, recorder->cameras_count,
                   recorder->boot);
    return result;
}

// Failures that no segment reports, such as of a journal: once when they begin.
static void watch_disk(struct scrim_recorder *recorder)
{
    struct scrim_disk_stats stats;
    scrim_disk_stats(recorder->disk, &stats);
    if (stats.last_error < 0 && strcmp(stats.last_error_text, recorder->disk_complaint) != 0)
        scrim_error_log(&recorder->log, "%s", stats.last_error_text);
    snprintf(recorder->disk_complaint, sizeof recorder->disk_complaint, "%s",
             stats.last_error_text);
}

static bool has_key(struct scrim_hours *hours, int64_t now_us)
{
    uint8_t key[SCRIM_HOUR_KEY];
    const bool found = scrim_hours_get(hours, scrim_hour_of(now_us), key) >= 0;
    sodium_memzero(key, sizeof key);
    return found;
}

int scrim_recorder_tend(struct scrim_recorder *recorder, struct scrim_error *error)
{
    watch_disk(recorder);
    const int64_t now_us = scrim_clock_utc_us();
    for (unsigned i = 0; i < recorder->cameras_count; i++) {
        struct recorded_camera *camera = &recorder->cameras[i];
        struct scrim_error why;
        const int result = scrim_hours_tend(camera->hours, now_us, &why);
        if (result >= 0)
            continue;
        if (result == SCRIM_EEXIST && !has_key(camera->hours, now_us))
            return scrim_fail(error, SCRIM_EEXIST, "%s", why.text);
        scrim_error_log(&camera->log, "%s", why.text);
    }
    return SCRIM_OK;
}

void scrim_recorder_destroy(struct scrim_recorder *recorder, bool clock)
{
    if (!recorder)
        return;
    scrim_stop_request(recorder->stop);
    for (unsigned i = 0; i < recorder->cameras_count; i++) {
        struct recorded_camera *camera = &recorder->cameras[i];
        const bool ran = camera->main != NULL;
        scrim_ingest_destroy(camera->main);
        scrim_ingest_destroy(camera->sub);
        if (ran)
            scrim_camera_stop(camera->camera, clock ? SCRIM_GAP_CLOCK : SCRIM_GAP_OPERATOR,
                              clock ? "the host's clock was set back to an hour already recorded"
                                    : "the recorder was stopped");
    }
    scrim_disk_stop(recorder->disk);
    scrim_fanout_destroy(recorder->fanout);
    for (unsigned i = 0; i < recorder->cameras_count; i++) {
        struct recorded_camera *camera = &recorder->cameras[i];
        scrim_camera_destroy(camera->camera);
        scrim_hours_destroy(camera->hours);
        scrim_buf_finish_wipe(&camera->password);
    }
    scrim_device_key_destroy(recorder->key);
    free(recorder->cameras);
    free(recorder);
}
