// A video file in memory: its access units in coding order, ready to be sent again and again.
#pragma once

#include <gst/gst.h>
#include <stdbool.h>

struct clip {
    char *path;
    GPtrArray *units; // GstBuffer, one access unit each, Annex B; PTS − DTS is its reordering delay
    GstClockTime frame; // duration of one frame, ns
    bool h265;
};

// Loads an .mp4, .mov, .h264 or .h265 file once; later calls return the same clip. Clips live as
// long as the process. Thread-safe. NULL with `error` set if there is no H.264 or H.265 video in
// it.
const struct clip *clip_load(const char *path, GError **error);
