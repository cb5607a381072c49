// A video file, frame by frame, as I420: anything libavformat reads. The file is trusted no more
// than a camera; damaged frames come out marked.
#pragma once

#include "base/error.h"
#include "media/picture.h"

struct scrim_clip_info {
    int width, height;
    bool full_range;
    int time_base_num, time_base_den; // seconds per unit of pts
    double fps;                       // average, 0 if unknown
    bool has_audio;
};

struct scrim_clip;

SCRIM_MUST_CHECK int scrim_clip_open(const char *path, struct scrim_clip **ret,
                                     struct scrim_error *error);
void scrim_clip_close(struct scrim_clip *clip); // NULL is fine
const struct scrim_clip_info *scrim_clip_info(const struct scrim_clip *clip);

struct scrim_clip_picture {
    struct scrim_picture picture; // borrowed until the next call
    int64_t pts;                  // units of the time base; strictly rising
    bool key;                     // decoding could have begun here
    bool damaged;                 // the decoder reported an error in it or just before it
};

// 1 with the next frame, 0 at the end of the file.
SCRIM_MUST_CHECK int scrim_clip_next(struct scrim_clip *clip, struct scrim_clip_picture *ret,
                                     struct scrim_error *error);
