#include "desk/status.h"

#include "desk/opener_side.h"
#include "desk/storage_state.h"
#include "store/disk.h"

static json_t *gaps_json(const struct scrim_camera_status *status)
{
    json_t *by = json_object();
    for (unsigned i = 0; i < SCRIM_GAP_CAUSES; i++)
        json_object_set_new(by, scrim_gap_cause_text((enum scrim_gap_cause)i),
                            json_integer(status->gaps_by[i]));
    return by;
}

static void add_feed(json_t *camera, const struct scrim_camera_feed *feed)
{
    if (!feed->connected)
        return;
    json_object_set_new(camera, "transport", json_string(feed->transport));
    json_object_set_new(camera, "jitter_us", json_integer(feed->jitter_us));
    if (feed->has_clock_offset)
        json_object_set_new(camera, "clock_offset_us", json_integer(feed->clock_offset_us));
}

static json_t *camera_json(const struct scrim_desk *desk, unsigned index)
{
    const struct scrim_camera_config *config = &desk->site.config->cameras[index];
    const struct scrim_camera_status *status = &desk->status[index];
    const struct scrim_disk_report *disks = &desk->disks;
    json_t *cause = status->cause[0] ? json_string(status->cause) : json_null();
    json_t *camera = json_pack(
        "{s:s,s:s,s:s,s:o,s:s,s:I,s:f,s:I,s:I,s:I,s:I,s:o,s:I,s:i,s:{s:s,s:s}}", "id", config->id,
        "name", config->name ? config->name : config->id, "state", status->state, "cause", cause,
        "detail", status->detail, "since_us", (json_int_t)status->since_us, "fps", status->fps,
        "bitrate", (json_int_t)status->bitrate, "frames", (json_int_t)status->frames, "lost",
        (json_int_t)status->lost, "gaps", (json_int_t)status->gaps, "gaps_by", gaps_json(status),
        "reconnects", (json_int_t)status->reconnects, "retention_hours",
        (int)config->retention_hours, "veil", "state", scrim_live_state_text(desk->live, index),
        "reason", scrim_live_reason(desk->live, index));
    if (scrim_areas_problem(desk->areas, index)[0])
        json_object_set_new(camera, "areas_problem",
                            json_string(scrim_areas_problem(desk->areas, index)));
    json_object_set_new(camera, "record", json_string(scrim_keep_text(config->keep)));
    add_feed(camera, &status->feed);
    if (disks->camera_disks && disks->camera_disks[index] >= 0)
        json_object_set_new(camera, "disk",
                            json_string(disks->disks[disks->camera_disks[index]].id));
    return camera;
}

static json_t *disks_json(const struct scrim_desk *desk)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < desk->disks.count; i++) {
        const struct scrim_disk_status *disk = &desk->disks.disks[i];
        json_array_append_new(
            list, json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:I}", "id", disk->id, "state",
                            scrim_disk_state_text((enum scrim_disk_state)disk->state), "detail",
                            disk->detail, "total", (json_int_t)disk->total, "free",
                            (json_int_t)disk->free, "queued", (json_int_t)disk->queued, "refused",
                            (json_int_t)disk->refused));
    }
    return list;
}

json_t *scrim_status_json(const struct scrim_desk *desk)
{
    json_t *veil = json_array(), *cameras = json_array();
    for (unsigned i = 0; i < scrim_peers_workers(desk->peers); i++)
        json_array_append_new(veil, json_boolean(scrim_peers_worker(desk->peers, i)));
    for (unsigned i = 0; i < desk->site.config->cameras_count; i++)
        json_array_append_new(cameras, camera_json(desk, i));
    return json_pack("{s:i,s:I,s:{s:s,s:s,s:s},s:b,s:b,s:b,s:o,s:o,s:o,s:o}", "v", 1, "at_us",
                     (json_int_t)scrim_clock_utc_us(), "site", "id", desk->site.config->id, "name",
                     desk->site.config->name, "version", SCRIM_VERSION, "recorder",
                     scrim_peers_recorder(desk->peers), "keeper", scrim_peers_keeper(desk->peers),
                     "opener", scrim_opener_side_here(desk->opener), "veil", veil, "cameras",
                     cameras, "disks", disks_json(desk), "storage",
                     desk->storage ? json_incref(desk->storage) : json_null());
}

json_t *scrim_status_disks_json(const struct scrim_desk *desk)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < desk->disks.count; i++) {
        const struct scrim_disk_status *disk = &desk->disks.disks[i];
        const int64_t fills_us = scrim_storage_report_fills_us(desk->storage, disk->id);
        json_array_append_new(
            list, json_pack("{s:s,s:s,s:s,s:I,s:I,s:o}", "id", disk->id, "state",
                            scrim_disk_state_text((enum scrim_disk_state)disk->state), "detail",
                            disk->detail, "free_bytes", (json_int_t)disk->free, "total_bytes",
                            (json_int_t)disk->total, "fills_at_ms",
                            fills_us == INT64_MAX ? json_null() : json_integer(fills_us / 1000)));
    }
    return list;
}
