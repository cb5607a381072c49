// What the desk is told of a camera: the body of CAMERA_STATE, one JSON object.
#pragma once

#include "ingest/wire.h"
#include "recorder/camera.h"

struct scrim_camera_state {
    bool streaming;    // pictures come in, whether or not they can be recorded
    char problem[512]; // of the connection, in words; "" while there is none
    bool has_cause;    // of the problem
    enum scrim_gap_cause cause;
    struct scrim_camera_status recording;
    enum scrim_codec codec; // 0: not known yet
    uint32_t width, height;
    uint64_t bitrate; // bits a second
    double fps;
    struct scrim_feed_stats feed; // of the process that reads the camera
};

// `veil_drops`: frames that the veil did not take. Appends to `out`.
SCRIM_MUST_CHECK int scrim_camera_state_json(const struct scrim_camera_state *state,
                                             uint64_t veil_drops, struct scrim_buf *out);
