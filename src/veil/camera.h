// One camera in a veil worker: its packets in, redacted fragments, states and observations out.
// Everything about a camera lives and dies here; a fault of one camera's stream stays its own.
#pragma once

#include "site/area_set.h"
#include "site/config.h"
#include "veil/feed.h"
#include "veil/outlet.h"
#include "veil/stage.h"

struct scrim_veil_camera;

struct scrim_veil_camera_params {
    const struct scrim_camera_config *config; // outlives the camera
    struct scrim_finder finder;               // its context is shared and outlives the camera
    struct scrim_schedule *schedule;          // shared, outlives the camera
    struct scrim_outlet outlet;
};

struct scrim_veil_camera *scrim_veil_camera_create(const struct scrim_veil_camera_params *params);
void scrim_veil_camera_destroy(struct scrim_veil_camera *camera); // NULL is fine
const char *scrim_veil_camera_id(const struct scrim_veil_camera *camera);

// What was drawn over the API, besides the areas of scrim.yaml; none at first. From the next
// picture on, those that wait included. NULL: that is not known, and every picture is opaque until
// it is.
void scrim_veil_camera_areas(struct scrim_veil_camera *camera, const struct scrim_area_set *set);

// The same from the body of SCRIM_LINK_AREAS, and tells the desk that it was taken. SCRIM_EFORMAT
// for a body that says not even which revision it is.
SCRIM_MUST_CHECK int scrim_veil_camera_areas_message(struct scrim_veil_camera *camera,
                                                     struct scrim_reader body);

// Whether anybody watches the thin rendition, from the body of SCRIM_LINK_THIN_WANTED;
// SCRIM_EFORMAT for another one. It is encoded only while somebody does; each time it is asked for,
// its next picture is a key frame.
SCRIM_MUST_CHECK int scrim_veil_camera_thin_message(struct scrim_veil_camera *camera,
                                                    struct scrim_reader body);

// Messages from the recorder, as in link.h. Bodies are not trusted: SCRIM_EFORMAT for a malformed
// one. Other trouble with the stream is the camera's state, not an error.
SCRIM_MUST_CHECK int scrim_veil_camera_message(struct scrim_veil_camera *camera,
                                               const struct scrim_link_message *message,
                                               int64_t now_us);

// Time passes: notices that no picture comes. `now_us` is monotonic.
void scrim_veil_camera_tick(struct scrim_veil_camera *camera, int64_t now_us);

// How much of the work to leave out (load.h).
void scrim_veil_camera_shed(struct scrim_veil_camera *camera, unsigned divisor, bool dark);
// How far behind its stream, in µs; 0 when nothing comes.
int64_t scrim_veil_camera_behind(const struct scrim_veil_camera *camera);
// Nothing of it waits: how far it is behind is counted from here.
void scrim_veil_camera_forgive(struct scrim_veil_camera *camera);

struct scrim_veil_camera_stats {
    uint64_t packets, decoded, shed, sent, dropped, observations_dropped, decode_errors;
    struct scrim_feed_stats thin;         // of the thin rendition
    struct scrim_redactor_stats redactor; // of the current stream
    struct scrim_stages stages;           // decode and encode
};
struct scrim_veil_camera_stats scrim_veil_camera_stats(const struct scrim_veil_camera *camera);
void scrim_veil_camera_report(const struct scrim_veil_camera *camera); // logs them
