// One thread per stream of a camera: connects, reads, hands frames to the recording (main stream)
// and to the fan-out (the stream that the veil looks at), and when the stream breaks, tries again,
// for ever.
#pragma once

#include "base/log.h"
#include "recorder/camera.h"
#include "recorder/fanout.h"

struct scrim_ingest_setup {
    const struct scrim_camera_config *config;
    const char *url;                  // main or sub
    const struct scrim_buf *password; // NUL-terminated; NULL: none
    struct scrim_camera *camera;      // what is recorded; NULL for a sub stream
    struct scrim_fanout *fanout;
    unsigned index; // of the camera in scrim.yaml
    bool feeds_veil;
    const struct scrim_stop *stop;
};

struct scrim_ingest;

// Everything in `setup` must outlive the ingest, which ends when `stop` is requested.
SCRIM_MUST_CHECK int scrim_ingest_start(const struct scrim_ingest_setup *setup,
                                        struct scrim_ingest **ret, struct scrim_error *error);
void scrim_ingest_destroy(struct scrim_ingest *ingest); // waits for the thread; NULL is fine
