// What is said of the storage: docs/ref/formats/storage-status.md.
#include "keeper/storage_impl.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static json_t *bytes_json(uint64_t bytes)
{
    return json_integer(bytes < INT64_MAX ? (json_int_t)bytes : INT64_MAX);
}

// A moment, or null for none.
static json_t *time_json(int64_t utc_us)
{
    return utc_us == INT64_MAX ? json_null() : json_integer(utc_us);
}

static const char *state_text(const struct scrim_storage *storage, int volume)
{
    if (volume < 0)
        return "absent";
    const struct scrim_volume *at = &storage->volumes.list[volume];
    return at->free < at->reserve + scrim_storage_ahead(storage, (unsigned)volume) ? "purging"
                                                                                   : "ok";
}

static json_t *disk_json(const struct scrim_storage *storage, unsigned place)
{
    static const struct scrim_volume nothing;
    static const struct scrim_burden none = {.oldest_us = INT64_MAX, .full_us = INT64_MAX};
    char path[SCRIM_PATH_MAX];
    const int volume = storage->volumes.of_place[place];
    const struct scrim_volume *at = volume < 0 ? &nothing : &storage->volumes.list[volume];
    const struct scrim_burden *burden = volume < 0 ? &none : &storage->burdens[volume];
    if (scrim_disks_path(path, storage->site, place, NULL, NULL) < 0)
        return NULL;
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "id",
                     scrim_disks_id(storage->site, place), "path", path, "total",
                     bytes_json(at->total), "free", bytes_json(at->free), "reserve",
                     bytes_json(at->reserve), "state", state_text(storage, volume),
                     "written_per_hour", bytes_json(burden->written), "fills_at_us",
                     time_json(burden->full_us), "oldest_us", time_json(burden->oldest_us));
}

static json_t *camera_json(const struct scrim_storage *storage, const struct scrim_need *need)
{
    static const char *const bases[] = {"measured", "expected", "assumed", "none"};
    int64_t oldest_us = INT64_MAX;
    for (unsigned at = 0; at < storage->stock.disks_count; at++) {
        if (need->tally.oldest_us[at] < oldest_us && need->tally.bytes[at] > 0)
            oldest_us = need->tally.oldest_us[at];
    }
    const struct scrim_demand *demand = &need->demand;
    return json_pack("{s:s, s:o, s:o, s:s, s:I, s:o, s:o, s:I}", "id", demand->camera, "bytes",
                     bytes_json(need->tally.total), "rate", bytes_json(demand->rate), "basis",
                     bases[demand->basis], "retention_hours", (json_int_t)demand->retention_hours,
                     "needed_bytes", bytes_json(scrim_demand_needed(demand)), "oldest_us",
                     time_json(oldest_us), "holds", (json_int_t)demand->holds);
}

static json_t *admission_json(const struct scrim_storage *storage)
{
    char text[SCRIM_ADMISSION_TEXT];
    scrim_admission_sentence(&storage->admission, text, sizeof text);
    return json_pack("{s:o, s:o, s:b, s:s}", "needed", bytes_json(storage->admission.needed),
                     "funded", bytes_json(storage->admission.funded), "ok", storage->admission.ok,
                     "text", text);
}

static json_t *status_json(const struct scrim_storage *storage, int64_t now_us)
{
    json_t *disks = json_array(), *cameras = json_array();
    for (unsigned at = 0; at < storage->stock.disks_count; at++)
        json_array_append_new(disks, disk_json(storage, at));
    for (size_t i = 0; i < storage->needs.count; i++)
        json_array_append_new(cameras, camera_json(storage, &storage->needs.list[i]));
    return json_pack("{s:i, s:I, s:b, s:o, s:o, s:o}", "v", 1, "at_us", (json_int_t)now_us,
                     "loading", !storage->loaded, "disks", disks, "cameras", cameras, "admission",
                     admission_json(storage));
}

static void write_file(struct scrim_storage *storage, const char *text, size_t length)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_error error = {0};
    int result = scrim_path_join(path, storage->site->dir, "run/storage.json");
    if (result >= 0)
        result = scrim_fs_replace(path, text, length, 0640, &error);
    if (result < 0)
        scrim_storage_complain(storage, &storage->status_complaint, "status: %s", error.text);
}

static void decide(struct scrim_storage *storage)
{
    free(storage->room.demands);
    scrim_needs_admit(&storage->needs, &storage->stock, &storage->volumes, storage->burdens,
                      &storage->room, &storage->admission);
    if (storage->loaded && !storage->admission.ok) {
        char text[SCRIM_ADMISSION_TEXT];
        scrim_admission_sentence(&storage->admission, text, sizeof text);
        scrim_storage_complain(storage, &storage->fit_complaint,
                               "the disks have become too small for what scrim.yaml keeps, so the "
                               "oldest goes early: %s",
                               text);
    }
}

void scrim_storage_tell(struct scrim_storage *storage, int64_t now_us)
{
    decide(storage);
    json_t *status = status_json(storage, now_us);
    char *text = status ? json_dumps(status, JSON_COMPACT) : NULL;
    json_decref(status);
    if (!text) {
        scrim_storage_complain(storage, &storage->status_complaint, "status: out of memory");
        return;
    }
    write_file(storage, text, strlen(text));
    storage->handler.status(storage->handler.context, text, strlen(text));
    free(text);
}
