#include "desk/disk_state.h"

#include "base/alloc.h"
#include "desk/peer_json.h"
#include "store/disk.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define JSON_BYTES_MAX (256U << 10)
#define CAMERAS_MAX 1024

static bool take_latency(const json_t *object, const char *name, struct scrim_latency *ret)
{
    const json_t *member = json_object_get(object, name);
    const json_t *counts = json_object_get(member, "counts");
    int64_t sum, max;
    if (json_array_size(counts) != SCRIM_LATENCY_BUCKETS + 1 ||
        !scrim_peer_json_count(member, "sum_us", &sum) ||
        !scrim_peer_json_count(member, "max_us", &max))
        return false;
    ret->sum_us = (uint64_t)sum;
    ret->max_us = max;
    for (size_t i = 0; i <= SCRIM_LATENCY_BUCKETS; i++) {
        const json_t *count = json_array_get(counts, i);
        const json_int_t value = json_integer_value(count);
        if (!json_is_integer(count) || value < 0 ||
            value > SCRIM_PEER_COUNT_MAX / 16) // the sum counts, too
            return false;
        ret->counts[i] = (uint64_t)value;
    }
    return true;
}

static bool take_state(const json_t *object, unsigned *ret)
{
    char text[16];
    if (!scrim_peer_json_text(object, "state", text, sizeof text))
        return false;
    for (unsigned i = 0; i < SCRIM_DISK_STATES; i++) {
        if (strcmp(text, scrim_disk_state_text((enum scrim_disk_state)i)) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static bool take_disk(const json_t *object, const struct scrim_disk_report *before,
                      struct scrim_disk_status *ret)
{
    if (!scrim_peer_json_id(object, "id", ret->id))
        return false;
    for (unsigned i = 0; i < before->count; i++) {
        if (strcmp(before->disks[i].id, ret->id) == 0)
            return false;
    }
    return take_state(object, &ret->state) &&
           scrim_peer_json_text(object, "detail", ret->detail, sizeof ret->detail) &&
           scrim_peer_json_count(object, "total", &ret->total) &&
           scrim_peer_json_count(object, "free", &ret->free) &&
           scrim_peer_json_count(object, "written", &ret->written) &&
           scrim_peer_json_count(object, "queued", &ret->queued) &&
           scrim_peer_json_count(object, "refused", &ret->refused) &&
           scrim_peer_json_count(object, "segments", &ret->segments) &&
           take_latency(object, "write", &ret->write) && take_latency(object, "flush", &ret->flush);
}

static void note_camera(const char *id, const struct scrim_site_config *config, int disk,
                        int *camera_disks)
{
    for (unsigned at = 0; at < config->cameras_count; at++) {
        if (strcmp(config->cameras[at].id, id) == 0)
            camera_disks[at] = disk;
    }
}

static bool note_cameras(const json_t *list, const struct scrim_site_config *config, int disk,
                         int *camera_disks)
{
    if (!json_is_array(list) || json_array_size(list) > CAMERAS_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        if (!json_is_string(entry))
            return false;
        note_camera(json_string_value(entry), config, disk, camera_disks);
    }
    return true;
}

static bool take_all(const json_t *root, const struct scrim_site_config *config,
                     struct scrim_disk_report *ret)
{
    const json_t *list = json_object_get(root, "disks");
    const size_t count = json_array_size(list);
    if (json_integer_value(json_object_get(root, "v")) != 1 || count < 1 || count > SCRIM_DISKS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(list, i);
        if (!take_disk(object, ret, &ret->disks[i]) ||
            !note_cameras(json_object_get(object, "cameras"), config, (int)i, ret->camera_disks))
            return false;
        ret->count++;
    }
    return take_latency(json_object_get(root, "journal"), "flush", &ret->journal_flush);
}

int scrim_disk_report_parse(const void *text, size_t count, const struct scrim_site_config *config,
                            struct scrim_disk_report *ret)
{
    if (count > JSON_BYTES_MAX)
        return SCRIM_EFORMAT;
    json_t *root = json_loadb(text, count, JSON_REJECT_DUPLICATES, NULL);
    struct scrim_disk_report *report = scrim_new(struct scrim_disk_report);
    report->camera_disks = scrim_new_array(config->cameras_count + 1, int);
    for (unsigned i = 0; i < config->cameras_count; i++)
        report->camera_disks[i] = -1;
    const bool fine = take_all(root, config, report);
    json_decref(root);
    if (fine) {
        scrim_disk_report_finish(ret);
        *ret = *report;
    } else {
        free(report->camera_disks);
    }
    free(report);
    return fine ? SCRIM_OK : SCRIM_EFORMAT;
}

void scrim_disk_report_finish(struct scrim_disk_report *report)
{
    if (!report)
        return;
    free(report->camera_disks);
    *report = (struct scrim_disk_report){0};
}
