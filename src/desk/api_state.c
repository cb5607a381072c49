// How things are now: site, health, cameras, live. All of it from memory.
#include "desk/api.h"

#include "desk/auth.h"
#include "desk/status.h"

#include <string.h>

bool scrim_desk_camera(const struct scrim_desk *desk, const char *id, unsigned *ret)
{
    const struct scrim_site_config *config = desk->site.config;
    for (unsigned i = 0; i < config->cameras_count; i++) {
        if (strcmp(config->cameras[i].id, id) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

// Which file it is, and what is wrong with it, is for those who can mend it.
static json_t *left_out_json(struct scrim_desk *desk, const struct scrim_http_request *request)
{
    struct scrim_who who = {0};
    const bool may_mend =
        scrim_auth_who(desk, request, &who) && scrim_who_may(&who, SCRIM_RIGHT_CAMERAS);
    json_t *list = json_array();
    for (unsigned i = 0; i < desk->site.faults_count; i++) {
        const struct scrim_site_fault *fault = &desk->site.faults[i];
        if (!who.cameras.all)
            continue;
        json_array_append_new(
            list, json_pack("{s:s,s:s}", "camera", fault->camera, "text",
                            may_mend ? fault->text
                                     : "its configuration is damaged; an administrator sees why"));
    }
    return list;
}

void scrim_api_health(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    json_t *veil = json_array();
    for (unsigned i = 0; i < scrim_peers_workers(desk->peers); i++)
        json_array_append_new(veil, json_pack("{s:i,s:b}", "worker", (int)i, "connected",
                                              scrim_peers_worker(desk->peers, i)));
    scrim_http_reply_json(
        request, 200,
        json_pack("{s:{s:b},s:{s:b},s:o,s:i,s:o,s:o,s:{s:I,s:I},s:{s:I,s:I,s:I}}", "recorder",
                  "connected", scrim_peers_recorder(desk->peers), "keeper", "connected",
                  scrim_peers_keeper(desk->peers), "veil", veil, "cameras",
                  (int)desk->site.config->cameras_count, "left_out", left_out_json(desk, request),
                  "disks", scrim_status_disks_json(desk), "disk", "free_bytes",
                  (json_int_t)desk->disk_free, "total_bytes", (json_int_t)desk->disk_total, "desk",
                  "viewers", (json_int_t)scrim_live_stats(desk->live).viewers, "frames_dropped",
                  (json_int_t)scrim_live_stats(desk->live).frames_dropped, "archive_frames_dropped",
                  (json_int_t)scrim_archive_dropped(desk->archive)));
}

// What the keeper said, but for the cameras that whoever asks does not see.
static json_t *seen_storage(struct scrim_desk *desk, const struct scrim_http_request *request)
{
    struct scrim_who who;
    if (scrim_auth_who(desk, request, &who) && who.cameras.all)
        return json_incref(desk->storage);
    json_t *report = json_copy(desk->storage), *cameras = json_array(), *camera;
    size_t i;
    json_array_foreach(json_object_get(desk->storage, "cameras"), i, camera)
    {
        const char *id = json_string_value(json_object_get(camera, "id"));
        unsigned index;
        if (id && scrim_desk_camera(desk, id, &index) && scrim_desk_may(desk, request, index))
            json_array_append(cameras, camera);
    }
    json_object_set_new(report, "cameras", cameras);
    return report;
}

void scrim_api_storage(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    if (desk->storage)
        scrim_http_reply_json(request, 200, seen_storage(desk, request));
    else
        scrim_api_refuse(request, 503, "no_keeper", "the keeper has not said anything yet");
}

static json_t *groups_json(const struct scrim_roster *roster, unsigned camera)
{
    json_t *names = json_array();
    for (size_t i = 0; i < roster->groups_count; i++)
        if (scrim_camera_set_has(&roster->groups[i].set, camera))
            json_array_append_new(names, json_string(roster->groups[i].name));
    return names;
}

static json_t *camera_json(const struct scrim_desk *desk, unsigned index)
{
    const struct scrim_camera_config *camera = &desk->site.config->cameras[index];
    const struct scrim_camera_status *status = &desk->status[index];
    unsigned width, height; // of the redacted picture
    scrim_live_size(desk->live, index, &width, &height);
    json_t *cause = status->cause[0] ? json_string(status->cause) : json_null();
    return json_pack(
        "{s:s,s:s,s:s,s:s?,s:b,s:o,s:i,s:s,s:s?,s:o,s:s,s:o,s:s,s:I,s:s,s:i,s:i,s:I,s:f,s:{s:s,s:s,"
        "s:i,"
        "s:i}}",
        "id", camera->id, "name", camera->name ? camera->name : camera->id, "purpose",
        camera->purpose ? camera->purpose : "", "legal_basis", camera->legal_basis, "fixed",
        !camera->added, "groups", groups_json(desk->roster, index), "retention_hours",
        (int)camera->retention_hours, "record", scrim_keep_text(camera->keep), "audio_reason",
        camera->audio_reason, "place", scrim_plans_place(desk->plans, camera->id), "state",
        status->state, "cause", cause, "detail", status->detail, "since_ms",
        (json_int_t)(status->since_us / 1000), "codec", status->codec, "width", (int)status->width,
        "height", (int)status->height, "bitrate", (json_int_t)status->bitrate, "fps", status->fps,
        "veil", "state", scrim_live_state_text(desk->live, index), "reason",
        scrim_live_reason(desk->live, index), "width", (int)width, "height", (int)height);
}

void scrim_api_cameras(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    json_t *list = json_array();
    for (unsigned i = 0; i < desk->site.config->cameras_count; i++) {
        if (!scrim_desk_may(desk, request, i))
            continue;
        if (json_array_append_new(list, camera_json(desk, i)) < 0) {
            json_decref(list);
            scrim_api_refuse(request, 500, "internal", "The list of cameras cannot be made.");
            return;
        }
    }
    scrim_http_reply_json(request, 200, list);
}

// False for one that there is not.
static bool asked_rendition(const struct scrim_http_request *request, enum scrim_rendition *ret)
{
    const char *asked = scrim_http_query(request, "rendition");
    *ret = asked && strcmp(asked, "thin") == 0 ? SCRIM_RENDITION_THIN : SCRIM_RENDITION_FULL;
    return !asked || *ret == SCRIM_RENDITION_THIN || strcmp(asked, "full") == 0;
}

static void on_live_open(void *context, struct scrim_ws *ws,
                         const struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct scrim_who who;
    enum scrim_rendition rendition;
    unsigned camera;
    if (!scrim_auth_who(desk, request, &who))
        scrim_ws_close(ws, 4401); // it ended between the question and the answer
    else if (!scrim_desk_camera(desk, scrim_http_param(request, 0), &camera))
        scrim_ws_close(ws, 4404);
    else if (!asked_rendition(request, &rendition))
        scrim_ws_close(ws, 4400);
    else if (!scrim_live_may_join(desk->live, who.hash))
        scrim_ws_close(ws, 1013);
    else
        scrim_live_join(desk->live, camera, rendition, ws, who.hash);
}

static void on_live_close(void *context, struct scrim_ws *ws)
{
    struct scrim_desk *desk = context;
    scrim_live_leave(desk->live, ws);
}

const struct scrim_ws_endpoint scrim_api_live = {on_live_open, on_live_close};
