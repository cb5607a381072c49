// How the cameras were: a sample every 10 s for the last hour, in memory, and every 5 min for 30
// days, in a file a camera, state/history/<camera>, of 180 kB that never grows. 7.2 kB of memory a
// camera, so 0.3 MB for 42.
//
// The loop counts, once a second; a thread of its own writes every 5 min and at the end, and reads.
// kill -9 costs 5 min of charts. Nothing here is needed for anything else: what cannot be written
// is said once, and lost.
#pragma once

#include "desk/history_sample.h"

#include <uv.h>

#define SCRIM_HISTORY_DIR "state/history"

struct scrim_history;

// How a camera is now; asked every second.
struct scrim_history_now {
    bool known; // by the recorder
    bool recording, opaque;
    int64_t bitrate, reconnects; // reconnects: since the recorder started
    double fps;
    bool has_clock;
    int64_t clock_us;
};
typedef void (*scrim_history_look)(void *context, unsigned camera, struct scrim_history_now *ret);

// Reads the last hour back. `ids` are copied. Makes the directory, and removes the files of cameras
// that are gone for 30 days.
SCRIM_MUST_CHECK int scrim_history_open(const char *dir, const char *const *ids, unsigned count,
                                        struct scrim_history **ret, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_history_start(struct scrim_history *history, uv_loop_t *loop,
                                         scrim_history_look look, void *context,
                                         struct scrim_error *error);
// Writes what there is. The loop must run once more before _free. Both take NULL.
void scrim_history_stop(struct scrim_history *history);
void scrim_history_free(struct scrim_history *history);

#define SCRIM_HISTORY_POINTS 2000 // of an answer

struct scrim_history_question {
    unsigned camera;
    int64_t from_s;  // since 1970, a multiple of step_s
    uint32_t step_s; // a multiple of FINE_S for the last hour, of COARSE_S for what is older
    unsigned count;  // of steps, at most POINTS
};
// `samples`: question->count of them, in order; slot 0 where nothing is known. NULL, and a sentence
// in `error`, if they cannot be read.
typedef void (*scrim_history_told)(void *context, const struct scrim_history_question *question,
                                   const struct scrim_history_sample *samples,
                                   const struct scrim_error *error);
// SCRIM_EBUSY: too many ask; `told` is not called then. Else it is, on the loop's thread.
SCRIM_MUST_CHECK int scrim_history_ask(struct scrim_history *history,
                                       const struct scrim_history_question *question,
                                       scrim_history_told told, void *context);
