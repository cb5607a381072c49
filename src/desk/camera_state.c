#include "desk/camera_state.h"

#include "desk/peer_json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define JSON_BYTES_MAX 8192
#define OFFSET_MAX_US (INT64_C(1) << 53) // of a clock: more than NTP can say
#define FPS_MAX 1e9                      // what a camera sends is no fault of the recorder

static bool known_state(const char *state)
{
    return strcmp(state, "connecting") == 0 || strcmp(state, "recording") == 0 ||
           strcmp(state, "watching") == 0 || strcmp(state, "waiting") == 0;
}

static bool take_cause(const json_t *object, struct scrim_camera_status *ret)
{
    if (json_is_null(json_object_get(object, "cause"))) {
        ret->cause[0] = '\0';
        return true;
    }
    if (!scrim_peer_json_text(object, "cause", ret->cause, sizeof ret->cause))
        return false;
    for (int cause = SCRIM_GAP_CAMERA; cause < SCRIM_GAP_CAUSES; cause++)
        if (strcmp(ret->cause, scrim_gap_cause_text((enum scrim_gap_cause)cause)) == 0)
            return true;
    return false;
}

static bool take_gaps(const json_t *object, struct scrim_camera_status *ret)
{
    const json_t *by = json_object_get(object, "gaps_by");
    bool fine = scrim_peer_json_count(object, "gaps", &ret->gaps);
    for (unsigned i = 0; i < SCRIM_GAP_CAUSES && fine; i++)
        fine = scrim_peer_json_count(by, scrim_gap_cause_text((enum scrim_gap_cause)i),
                                     &ret->gaps_by[i]);
    return fine;
}

static bool take_clock(const json_t *object, struct scrim_camera_feed *ret)
{
    if (!json_object_get(object, "clock_offset_us"))
        return true;
    ret->has_clock_offset = true;
    return scrim_peer_json_integer(object, "clock_offset_us", -OFFSET_MAX_US, OFFSET_MAX_US,
                                   &ret->clock_offset_us);
}

// Nothing of it while the camera is not connected.
static bool take_feed(const json_t *object, struct scrim_camera_feed *ret)
{
    static const char *const transports[] = {"udp", "tcp", "tls"};
    bool known = false;
    if (!json_object_get(object, "transport"))
        return true;
    ret->connected = true;
    if (!scrim_peer_json_text(object, "transport", ret->transport, sizeof ret->transport))
        return false;
    for (size_t i = 0; i < sizeof transports / sizeof *transports; i++)
        known |= strcmp(ret->transport, transports[i]) == 0;
    return known && scrim_peer_json_count(object, "packets", &ret->packets) &&
           scrim_peer_json_count(object, "lost_packets", &ret->lost_packets) &&
           scrim_peer_json_count(object, "dropped", &ret->dropped) &&
           scrim_peer_json_count(object, "jitter_us", &ret->jitter_us) && take_clock(object, ret);
}

static bool take_counts(const json_t *object, struct scrim_camera_status *ret)
{
    return scrim_peer_json_count(object, "frames", &ret->frames) &&
           scrim_peer_json_count(object, "lost", &ret->lost) &&
           scrim_peer_json_count(object, "reconnects", &ret->reconnects) &&
           scrim_peer_json_count(object, "veil_drops", &ret->veil_drops) &&
           take_gaps(object, ret) && take_feed(object, &ret->feed);
}

static bool take_all(const json_t *object, struct scrim_camera_status *ret)
{
    int64_t width, height;
    const json_t *fps = json_object_get(object, "fps");
    if (!scrim_peer_json_text(object, "state", ret->state, sizeof ret->state) ||
        !known_state(ret->state) || !take_cause(object, ret) ||
        !scrim_peer_json_text(object, "detail", ret->detail, sizeof ret->detail) ||
        !scrim_peer_json_integer(object, "since_us", 0, INT64_MAX, &ret->since_us) ||
        !scrim_peer_json_text(object, "codec", ret->codec, sizeof ret->codec) ||
        !scrim_peer_json_integer(object, "width", 0, 65535, &width) ||
        !scrim_peer_json_integer(object, "height", 0, 65535, &height) ||
        !scrim_peer_json_integer(object, "bitrate", 0, INT64_C(1) << 40, &ret->bitrate) ||
        !json_is_number(fps))
        return false;
    ret->width = (uint32_t)width;
    ret->height = (uint32_t)height;
    ret->fps = json_number_value(fps);
    return isfinite(ret->fps) && ret->fps >= 0 && ret->fps <= FPS_MAX && take_counts(object, ret);
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
