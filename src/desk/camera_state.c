#include "desk/camera_state.h"

#include "store/journal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define JSON_BYTES_MAX 8192

// Copies a text member, if it is one and fits.
static bool take_text(const json_t *object, const char *name, char *ret, size_t ret_size)
{
    const json_t *member = json_object_get(object, name);
    const size_t length = json_string_length(member);
    if (!json_is_string(member) || length >= ret_size)
        return false;
    memcpy(ret, json_string_value(member), length + 1);
    return strlen(ret) == length;
}

static bool take_integer(const json_t *object, const char *name, json_int_t max, int64_t *ret)
{
    const json_t *member = json_object_get(object, name);
    const json_int_t value = json_integer_value(member);
    if (!json_is_integer(member) || value < 0 || value > max)
        return false;
    *ret = value;
    return true;
}

static bool known_state(const char *state)
{
    return strcmp(state, "connecting") == 0 || strcmp(state, "recording") == 0 ||
           strcmp(state, "waiting") == 0;
}

static bool take_cause(const json_t *object, struct scrim_camera_status *ret)
{
    if (json_is_null(json_object_get(object, "cause"))) {
        ret->cause[0] = '\0';
        return true;
    }
    if (!take_text(object, "cause", ret->cause, sizeof ret->cause))
        return false;
    for (int cause = SCRIM_GAP_CAMERA; cause <= SCRIM_GAP_CRASH; cause++)
        if (strcmp(ret->cause, scrim_gap_cause_text((enum scrim_gap_cause)cause)) == 0)
            return true;
    return false;
}

static bool take_all(const json_t *object, struct scrim_camera_status *ret)
{
    int64_t width, height;
    const json_t *fps = json_object_get(object, "fps");
    if (!take_text(object, "state", ret->state, sizeof ret->state) || !known_state(ret->state) ||
        !take_cause(object, ret) || !take_text(object, "detail", ret->detail, sizeof ret->detail) ||
        !take_integer(object, "since_us", INT64_MAX, &ret->since_us) ||
        !take_text(object, "codec", ret->codec, sizeof ret->codec) ||
        !take_integer(object, "width", 65535, &width) ||
        !take_integer(object, "height", 65535, &height) ||
        !take_integer(object, "bitrate", INT64_C(1) << 40, &ret->bitrate) || !json_is_number(fps))
        return false;
    ret->width = (uint32_t)width;
    ret->height = (uint32_t)height;
    ret->fps = json_number_value(fps);
    return isfinite(ret->fps) && ret->fps >= 0 && ret->fps <= 10000;
}

int scrim_camera_status_parse(const void *text, size_t count, struct scrim_camera_status *ret)
{
    if (count > JSON_BYTES_MAX)
        return SCRIM_EFORMAT;
    json_t *object = json_loadb(text, count, JSON_REJECT_DUPLICATES, NULL);
    struct scrim_camera_status status = {0};
    const bool fine = json_is_object(object) && take_all(object, &status);
    json_decref(object);
    if (!fine)
        return SCRIM_EFORMAT;
    *ret = status;
    return SCRIM_OK;
}

void scrim_camera_status_unknown(struct scrim_camera_status *ret, const char *detail,
                                 int64_t since_us)
{
    *ret = (struct scrim_camera_status){.state = "unknown", .since_us = since_us};
    snprintf(ret->detail, sizeof ret->detail, "%s", detail);
}
