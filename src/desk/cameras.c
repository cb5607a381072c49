#include "desk/cameras.h"

#include "base/alloc.h"
#include "base/log.h"
#include "desk/worker.h"
#include "site/cameras_dir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 1
#define KEEPER_PATIENCE_MS 5000
#define WHO_MAX 128
#define DETAIL_MAX 2600U // bytes; see acts.h

// A camera that was written since the program started.
struct written {
    char id[SCRIM_CAMERA_ID_MAX + 1];
    struct scrim_camera_config *camera; // NULL: taken away
    struct written *next;
};

struct change {
    struct scrim_job job;
    struct scrim_cameras *cameras;
    char id[SCRIM_CAMERA_ID_MAX + 1], who[WHO_MAX];
    bool is_new, gone;
    struct scrim_camera_wish wish;
    char *detail; // of the act
    scrim_cameras_done done;
    void *context;
    int result;
    struct scrim_error error;
};

struct scrim_cameras {
    struct scrim_log log;
    const struct scrim_site *site;
    struct scrim_acts *acts;
    struct scrim_peers *peers;
    struct scrim_worker *worker;
    struct written *written;
    struct change *asking; // the keeper; NULL: nobody is asked
    uint32_t number;       // of the question
    uv_timer_t patience;
    bool timer_ready;
    bool busy; // a change is under way
};

// --- opening and closing ---

int scrim_cameras_open(const struct scrim_site *site, struct scrim_acts *acts,
                       struct scrim_cameras **ret, struct scrim_error *error)
{
    const int result = scrim_cameras_dir_make(site->dir, error);
    if (result < 0)
        return result;
    struct scrim_cameras *cameras = scrim_new(struct scrim_cameras);
    cameras->log = scrim_log_named("desk.cameras");
    cameras->site = site;
    cameras->acts = acts;
    *ret = cameras;
    return SCRIM_OK;
}

int scrim_cameras_start(struct scrim_cameras *cameras, uv_loop_t *loop, struct scrim_peers *peers,
                        struct scrim_error *error)
{
    const struct scrim_worker_config config = {
        .name = "cameras", .max_jobs = JOBS_MAX, .context = cameras};
    cameras->peers = peers;
    uv_timer_init(loop, &cameras->patience);
    cameras->patience.data = cameras;
    cameras->timer_ready = true;
    for (unsigned i = 0; i < cameras->site->faults_count; i++)
        scrim_error_log(&cameras->log, "a camera is left out: %s", cameras->site->faults[i].text);
    return scrim_worker_start(loop, &config, &cameras->worker, error);
}

static void free_change(struct change *change)
{
    scrim_camera_wish_finish(&change->wish);
    free(change->detail);
    free(change);
}

static void forget(struct scrim_cameras *cameras, const char *id)
{
    for (struct written **at = &cameras->written; *at; at = &(*at)->next) {
        struct written *written = *at;
        if (strcmp(written->id, id) != 0)
            continue;
        *at = written->next;
        scrim_camera_config_free(written->camera);
        free(written);
        return;
    }
}

void scrim_cameras_stop(struct scrim_cameras *cameras)
{
    if (!cameras)
        return;
    scrim_worker_stop(cameras->worker);
    if (cameras->timer_ready)
        uv_close((uv_handle_t *)&cameras->patience, NULL);
    if (cameras->asking) // whoever asked goes with the connections
        cameras->asking->done(cameras->asking->context,
                              &(struct scrim_cameras_outcome){503, "overload", "The desk ends."});
}

void scrim_cameras_free(struct scrim_cameras *cameras)
{
    if (!cameras)
        return;
    scrim_worker_free(cameras->worker);
    if (cameras->asking)
        free_change(cameras->asking);
    while (cameras->written)
        forget(cameras, cameras->written->id);
    free(cameras);
}

const struct scrim_camera_config *scrim_cameras_find(const struct scrim_cameras *cameras,
                                                     const char *id)
{
    for (const struct written *written = cameras->written; written; written = written->next) {
        if (strcmp(written->id, id) == 0)
            return written->camera;
    }
    return scrim_site_camera(cameras->site, id);
}

// --- changing ---

static void end(struct change *change, int status, const char *code, const char *text)
{
    struct scrim_cameras *cameras = change->cameras;
    struct scrim_cameras_outcome outcome = {.status = status, .code = code};
    snprintf(outcome.text, sizeof outcome.text, "%s", text);
    cameras->busy = false;
    if (code[0])
        scrim_warn(&cameras->log, "camera %s is not changed: %s", change->id, text);
    change->done(change->context, &outcome);
    free_change(change);
}

static void remember(struct scrim_cameras *cameras, struct change *change)
{
    struct written *written = scrim_new(struct written);
    forget(cameras, change->id);
    memcpy(written->id, change->id, sizeof written->id);
    written->camera = change->wish.camera;
    change->wish.camera = NULL;
    written->next = cameras->written;
    cameras->written = written;
}

// The intent first; if it cannot be done after that, the log says that, too.
static void work_change(struct scrim_job *job, void *context)
{
    struct change *change = (struct change *)job;
    const struct scrim_cameras *cameras = context;
    const struct scrim_act act = {.who = change->who,
                                  .what = change->gone     ? "camera.remove"
                                          : change->is_new ? "camera.add"
                                                           : "camera.change",
                                  .camera = change->id,
                                  .detail = change->detail};
    const struct scrim_camera_change files = {
        .id = change->id,
        .text = change->gone ? NULL : &change->wish.text,
        .is_new = change->is_new,
        .password = change->wish.has_password ? &change->wish.password : NULL,
        .forget = change->wish.forget,
    };
    uint64_t id;
    change->result = scrim_acts_begin(cameras->acts, &act, &id, &change->error);
    if (change->result < 0)
        return;
    change->result = scrim_cameras_dir_change(cameras->site->dir, &files, &change->error);
    if (change->result < 0)
        scrim_acts_failed(cameras->acts, id, change->error.text);
}

static void done_change(struct scrim_job *job)
{
    struct change *change = (struct change *)job;
    switch (change->result) {
    case SCRIM_OK:
        remember(change->cameras, change);
        end(change, change->is_new ? 201 : 200, "", "");
        break;
    case SCRIM_EEXIST:
        end(change, 409, "exists", "A camera with this id was added a moment ago.");
        break;
    case SCRIM_ENOENT: end(change, 404, "not_found", "There is no such camera."); break;
    case SCRIM_ENOSPACE: end(change, 507, "disk_full", change->error.text); break;
    default: end(change, 500, "internal", change->error.text);
    }
}

static void write_change(struct change *change)
{
    change->job = (struct scrim_job){.work = work_change, .done = done_change};
    if (!scrim_worker_submit(change->cameras->worker, &change->job))
        end(change, 503, "overload", "Another change is being written.");
}

static struct change *take_asking(struct scrim_cameras *cameras)
{
    struct change *change = cameras->asking;
    uv_timer_stop(&cameras->patience);
    cameras->asking = NULL;
    return change;
}

void scrim_cameras_admitted(struct scrim_cameras *cameras,
                            const struct scrim_peer_admitted *admitted)
{
    if (!cameras->asking || admitted->number != cameras->number)
        return; // too late
    struct change *change = take_asking(cameras);
    if (admitted->ok)
        write_change(change);
    else
        end(change, 409, "no_room", admitted->text);
}

static void on_impatient(uv_timer_t *timer)
{
    struct scrim_cameras *cameras = timer->data;
    end(take_asking(cameras), 503, "no_keeper",
        "The keeper does not answer whether the disks would do, so nothing was changed.");
}

static bool ask_keeper(struct scrim_cameras *cameras, const struct change *change)
{
    const struct scrim_camera_config *camera = change->wish.camera;
    struct scrim_buf body;
    scrim_buf_init(&body, 64);
    int result = scrim_buf_append_u32(&body, ++cameras->number);
    result |= scrim_buf_append_u8(&body, change->gone);
    result |= scrim_buf_append_u32(&body, camera ? camera->retention_hours : 0);
    result |= scrim_buf_append_u32(&body, camera ? (uint32_t)(camera->expected_mbit * 1000) : 0);
    result |= scrim_buf_append_u8(&body, camera ? (uint8_t)camera->keep : 0);
    const bool asked = result >= 0 && scrim_peers_ask_keeper(cameras->peers, SCRIM_LINK_ADMIT,
                                                             change->id, body.data, body.len);
    scrim_buf_finish(&body);
    return asked;
}

// The camera as it shall be. Where the long texts do not fit into a line of the log, they are left
// out, and it says so.
static char *detail_of(const struct scrim_cameras_change *wanted)
{
    static const char *const long_texts[] = {"purpose", "legal_basis", "retention_reason",
                                             "audio_reason"};
    if (!wanted->wish)
        return NULL;
    json_t *config = scrim_camera_config_json(wanted->wish->camera);
    json_object_set_new(config, "password_changed",
                        json_boolean(wanted->wish->has_password || wanted->wish->forget));
    char *text = json_dumps(config, JSON_COMPACT);
    if (text && strlen(text) > DETAIL_MAX) {
        free(text);
        for (size_t i = 0; i < sizeof long_texts / sizeof *long_texts; i++)
            json_object_del(config, long_texts[i]);
        json_object_set_new(config, "shortened", json_true());
        text = json_dumps(config, JSON_COMPACT);
    }
    json_decref(config);
    return text;
}

int scrim_cameras_change(struct scrim_cameras *cameras, const struct scrim_cameras_change *wanted,
                         scrim_cameras_done done, void *context)
{
    if (cameras->busy)
        return SCRIM_EBUSY;
    struct change *change = scrim_new(struct change);
    change->cameras = cameras;
    snprintf(change->id, sizeof change->id, "%s", wanted->id);
    snprintf(change->who, sizeof change->who, "%s", wanted->who);
    change->is_new = wanted->is_new;
    change->gone = !wanted->wish;
    change->detail = detail_of(wanted);
    change->done = done;
    change->context = context;
    if (wanted->wish) {
        change->wish = *wanted->wish;
        *wanted->wish = (struct scrim_camera_wish){0};
    }
    cameras->busy = true;
    if (!ask_keeper(cameras, change)) {
        end(change, 503, "no_keeper",
            "The keeper is not running, which says whether the disks would do. Nothing was "
            "changed.");
        return SCRIM_OK;
    }
    cameras->asking = change;
    uv_timer_start(&cameras->patience, on_impatient, KEEPER_PATIENCE_MS, 0);
    return SCRIM_OK;
}
