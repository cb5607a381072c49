#include "recorder/disks_state.h"

#include <jansson.h>
#include <stdlib.h>

static json_t *number(uint64_t value)
{
    return json_integer(value < INT64_MAX ? (json_int_t)value : INT64_MAX);
}

// A path in it may be no UTF-8, which JSON cannot say.
static json_t *sentence(const char *text)
{
    json_t *string = json_string(text);
    return string ? string : json_string("see the recorder's log");
}

static json_t *latency_json(const struct scrim_latency *latency)
{
    json_t *counts = json_array();
    for (unsigned i = 0; i <= SCRIM_LATENCY_BUCKETS; i++)
        json_array_append_new(counts, number(latency->counts[i]));
    return json_pack("{s:o, s:o, s:I}", "counts", counts, "sum_us", number(latency->sum_us),
                     "max_us", (json_int_t)latency->max_us);
}

static json_t *cameras_json(unsigned at, const struct scrim_disks_camera *cameras, unsigned count)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < count; i++) {
        if (cameras[i].place == (int)at)
            json_array_append_new(list, json_string(cameras[i].id));
    }
    return list;
}

static json_t *place_json(struct scrim_disk *disk, unsigned at,
                          const struct scrim_disks_camera *cameras, unsigned count)
{
    struct scrim_disk_place place;
    scrim_disk_place_stats(disk, at, &place);
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", place.id,
                     "state", scrim_disk_state_text(place.state), "detail",
                     sentence(place.sentence), "total", number(place.total_bytes), "free",
                     number(place.free_bytes), "written", number(place.bytes_written), "queued",
                     number(place.queued_bytes), "refused", number(place.refused), "segments",
                     number(place.segments), "cameras", cameras_json(at, cameras, count), "write",
                     latency_json(&place.write), "flush", latency_json(&place.flush));
}

int scrim_disks_json(struct scrim_disk *disk, const struct scrim_disks_camera *cameras,
                     unsigned count, struct scrim_buf *out)
{
    struct scrim_disk_stats stats;
    json_t *list = json_array();
    for (unsigned at = 0; at < scrim_disk_places(disk); at++)
        json_array_append_new(list, place_json(disk, at, cameras, count));
    scrim_disk_stats(disk, &stats);
    json_t *json = json_pack("{s:i, s:o, s:{s:o}}", "v", 1, "disks", list, "journal", "flush",
                             latency_json(&stats.journal_flush));
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    const int result = text ? scrim_buf_append_text(out, text) : SCRIM_ENOMEM;
    free(text);
    json_decref(json);
    return result;
}
