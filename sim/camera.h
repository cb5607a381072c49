// One simulated camera: a mount of the RTSP server that plays a clip in a loop, at the pace of the
// clip, to whoever asks, and misbehaves on command.
//
// Threads: the pace thread pushes frames, the server's threads carry packets, the control threads
// set faults. What they share is inside the camera, under its lock; every function here may be
// called from any thread.
#pragma once

#include "clip.h"
#include "faults.h"

#include <gst/rtsp-server/rtsp-server.h>

struct camera_stats {
    guint64 frames;     // sent since the process started
    guint64 lost;       // packets that the fault "loss" dropped
    guint index;        // next frame of the clip
    gint64 loop_utc_us; // when the clip's first frame was last sent, 0: never
    gint64 frame_us;    // duration of a frame
    bool watched;
};

struct camera;

// Adds the camera to the server's mounts as /NAME. `transports` limits what clients may ask for.
struct camera *camera_create(GstRTSPMountPoints *mounts, const char *name, const struct clip *clip,
                             GstRTSPLowerTrans transports);
GstRTSPMediaFactory *camera_factory(const struct camera *camera); // borrowed

void camera_faults_get(struct camera *camera, struct faults *ret);
// Changes the faults through `edit`, which must not block.
void camera_faults_edit(struct camera *camera, void (*edit)(struct faults *, double), double value);
void camera_speed(struct camera *camera, double factor); // 1: as the clip says
// Goes on with another clip (of the same codec) from the next frame.
void camera_switch(struct camera *camera, const struct clip *clip);
void camera_stats(struct camera *camera, struct camera_stats *ret);
