// One camera's side of the archive: the file being written. For archive.c; archive thread only.
#pragma once

#include "base/log.h"
#include "desk/archive.h"

struct archive_camera {
    struct scrim_log log;
    const char *dir, *id;
    char mime[96];
    struct scrim_buf init; // the init segment, to begin every file with
    uint32_t timescale;
    int fd; // -1: none
    char path[SCRIM_PATH_MAX];
    struct scrim_archive_file file; // what is known of it so far
    int64_t last_pts_us, interval_us;
    int64_t retry_us; // monotonic: no new file before this, after a failure
    bool complained;
};

void archive_camera_init(struct archive_camera *camera, const char *dir, const char *id);
void archive_camera_finish(struct archive_camera *camera); // no file is open

// A new picture begins: `segment` starts every file from here on.
void archive_camera_picture(struct archive_camera *camera, const char *mime, const uint8_t *segment,
                            size_t segment_len);
// Writes the frame, into a new file if it is time. Returns true with *ret_closed filled if a file
// was closed on the way.
bool archive_camera_frame(struct archive_camera *camera, const struct scrim_live_frame *frame,
                          struct scrim_archive_file *ret_closed);
// The file that is being written, as far as it is whole; false if there is none with a frame in it.
bool archive_camera_growing(const struct archive_camera *camera, struct scrim_archive_file *ret);
// Makes the open file durable; true with *ret_closed filled if there was one with frames in it.
bool archive_camera_close(struct archive_camera *camera, struct scrim_archive_file *ret_closed);
