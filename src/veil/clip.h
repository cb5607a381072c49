// A whole file through the redactor, with the live schedule in the file's own time: the frames,
// masks and reasons that a camera with this picture would have had. `scrim redact` writes them, the
// bench scores them.
#pragma once

#include "media/clip.h"
#include "veil/redactor.h"

// What a busy worker's detector manages for one of its cameras; told to the schedule instead of
// what this machine measures, so that the same file gives the same masks everywhere.
#define SCRIM_CLIP_RUNS_PER_S 3.4

struct scrim_clip_params {
    const char *path;
    const char *model; // name for scrim_model_find; NULL: the live ones
    double runs_per_s; // detector runs per second at most; 0: the live default
    bool thorough;
    bool bare;                      // without the file's name and the time on the pictures
    const struct scrim_area *areas; // their masks are covered in every frame; NULL: none
    size_t areas_count;
};

struct scrim_clip_frame {
    const struct scrim_veiled *veiled;
    uint64_t number; // 0-based, of the frames in decoding order of display
    int64_t pts;     // as in the file, in units of `time_base` of struct scrim_clip_info
};

// Called once, before the first frame, then once a frame; a negative return ends the run with that
// code.
struct scrim_clip_sink {
    int (*begin)(void *context, const struct scrim_clip_info *info, struct scrim_error *error);
    int (*frame)(void *context, const struct scrim_clip_frame *frame, struct scrim_error *error);
    void *context;
};

SCRIM_MUST_CHECK int scrim_clip_redact(const struct scrim_clip_params *params,
                                       const struct scrim_clip_sink *sink,
                                       struct scrim_redactor_stats *ret_stats,
                                       struct scrim_error *error);
