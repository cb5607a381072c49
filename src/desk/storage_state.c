#include "desk/storage_state.h"

#include "desk/peer_json.h"
#include "store/disks.h"

#include <string.h>

#define JSON_BYTES_MAX (1U << 20)
#define CAMERAS_MAX 4096 // with those that were taken out of scrim.yaml and have recordings left

// UTC µs or null.
static bool is_moment(const json_t *object, const char *name)
{
    int64_t ignored;
    return json_is_null(json_object_get(object, name)) ||
           scrim_peer_json_integer(object, name, 0, INT64_MAX, &ignored);
}

static bool are_counts(const json_t *object, const char *const *names)
{
    int64_t ignored;
    for (; *names; names++) {
        if (!scrim_peer_json_integer(object, *names, 0, INT64_MAX, &ignored))
            return false;
    }
    return true;
}

static bool is_disk(const json_t *disk)
{
    static const char *const counts[] = {"total", "free", "reserve", "written_per_hour", NULL};
    char state[16];
    return scrim_peer_json_text(disk, "state", state, sizeof state) && are_counts(disk, counts) &&
           is_moment(disk, "fills_at_us") && is_moment(disk, "oldest_us");
}

static bool is_camera(const json_t *camera)
{
    static const char *const counts[] = {"bytes",        "rate",  "retention_hours",
                                         "needed_bytes", "holds", NULL};
    char basis[16];
    return scrim_peer_json_text(camera, "basis", basis, sizeof basis) &&
           are_counts(camera, counts) && is_moment(camera, "oldest_us");
}

// Each entry once.
static bool is_list(const json_t *list, size_t max, bool (*is_entry)(const json_t *entry))
{
    if (!json_is_array(list) || json_array_size(list) > max)
        return false;
    json_t *seen = json_object();
    bool fine = true;
    for (size_t i = 0; i < json_array_size(list) && fine; i++) {
        const json_t *entry = json_array_get(list, i);
        char id[32];
        fine = scrim_peer_json_id(entry, "id", id) && !json_object_get(seen, id) &&
               is_entry(entry) && json_object_set_new(seen, id, json_true()) == 0;
    }
    json_decref(seen);
    return fine;
}

static bool is_admission(const json_t *admission)
{
    static const char *const counts[] = {"needed", "funded", NULL};
    char text[1024];
    return json_is_boolean(json_object_get(admission, "ok")) && are_counts(admission, counts) &&
           scrim_peer_json_text(admission, "text", text, sizeof text);
}

json_t *scrim_storage_report_parse(const void *text, size_t count)
{
    static const char *const counts[] = {"at_us", NULL};
    if (count > JSON_BYTES_MAX)
        return NULL;
    json_t *root = json_loadb(text, count, JSON_REJECT_DUPLICATES, NULL);
    if (json_integer_value(json_object_get(root, "v")) == 1 && are_counts(root, counts) &&
        json_is_boolean(json_object_get(root, "loading")) &&
        is_list(json_object_get(root, "disks"), SCRIM_DISKS_MAX, is_disk) &&
        is_list(json_object_get(root, "cameras"), CAMERAS_MAX, is_camera) &&
        is_admission(json_object_get(root, "admission")))
        return root;
    json_decref(root);
    return NULL;
}

int64_t scrim_storage_report_fills_us(const json_t *report, const char *disk)
{
    const json_t *list = json_object_get(report, "disks");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const json_t *fills = json_object_get(entry, "fills_at_us");
        if (strcmp(json_string_value(json_object_get(entry, "id")), disk) == 0)
            return json_is_integer(fills) ? json_integer_value(fills) : INT64_MAX;
    }
    return INT64_MAX;
}
