// The redactor of one camera: pictures in, the same pictures with everyone in them covered out,
// about half a second later, so that what is found now also covers the frames before it.
//
// Causal and deterministic: time is the pictures' own, no clock is read except by the stage
// statistics, no I/O, no thread, no FFmpeg. Live and file use are the same code. It fails closed:
// whatever it is not sure of comes out wholly opaque with the reason written on it, and it recovers
// by itself. docs/design/veil.md has the reasons and the figures.
#pragma once

#include "site/area.h"
#include "veil/caption.h"
#include "veil/finder.h"
#include "veil/grid.h"
#include "veil/mask.h"
#include "veil/reason.h"
#include "veil/schedule.h"
#include "veil/stage.h"
#include "veil/track.h"

#define SCRIM_LOOK_AHEAD_US INT64_C(500000)
#define SCRIM_PICTURE_MAX 7680 // pixels, width and height

struct scrim_redactor_params {
    int width, height;               // of every picture, 16…SCRIM_PICTURE_MAX
    bool full_range;                 // of every picture
    int64_t look_ahead_us;           // 0: SCRIM_LOOK_AHEAD_US
    bool thorough;                   // detect in every picture; for copies handed out
    const char *name;                // written on every picture, UTF-8; copied; NULL: none
    enum scrim_stamp stamp;          // the time on every picture; for CLOCK, tags are UTC in µs
    struct scrim_finder finder;      // its context outlives the redactor
    struct scrim_schedule *schedule; // shared by the cameras of a worker, outlives the redactor
};

struct scrim_redactor_stats {
    uint64_t pushed, popped, opaque; // frames
    uint64_t detector_runs;
    struct scrim_stages stages; // motion, detect, mask, render; clip.h adds decode
};

#define SCRIM_VEILED_PLACES_MAX 192

// One finished frame. Everything in it is borrowed, valid until the next call on the redactor.
struct scrim_veiled {
    struct scrim_picture picture;  // covered: nothing of the original is left under the mask
    int64_t pts_us;                // as pushed
    int64_t tag;                   // as pushed
    enum scrim_reason reason;      // SCRIM_REASON_NONE, or why the whole picture is opaque
    const struct scrim_grid *mask; // what is covered; every cell when the picture is opaque
    unsigned masked_permille;      // share of the cells
    // Where people and vehicles were taken to be, at most SCRIM_VEILED_PLACES_MAX, and the bounds
    // of what else moved; none when opaque.
    const struct scrim_place *places;
    size_t places_count;
    const struct scrim_region *unexplained;
    size_t unexplained_count;
};

struct scrim_redactor;

SCRIM_MUST_CHECK int scrim_redactor_create(const struct scrim_redactor_params *params,
                                           struct scrim_redactor **ret, struct scrim_error *error);
void scrim_redactor_destroy(struct scrim_redactor *redactor); // NULL is fine

// Takes a copy of the picture. `pts_us` must rise; one that does not, or a jump of more than
// two seconds, makes the picture opaque until it has warmed up again. `tag` is the caller's,
// returned with the frame. Then pop until there is none: SCRIM_EAGAIN when that was not done and
// there is no room.
SCRIM_MUST_CHECK int scrim_redactor_push(struct scrim_redactor *redactor,
                                         const struct scrim_picture *picture, int64_t pts_us,
                                         int64_t tag, struct scrim_error *error);

// There is no picture for this time (the box is overloaded, the wrong size came): an opaque one
// with `reason` takes its place, and the scene has to be learnt again. Otherwise as
// scrim_redactor_push.
SCRIM_MUST_CHECK int scrim_redactor_push_missing(struct scrim_redactor *redactor,
                                                 enum scrim_reason reason, int64_t pts_us,
                                                 int64_t tag, struct scrim_error *error);

// The next finished frame, in order; false while it still looks ahead.
bool scrim_redactor_pop(struct scrim_redactor *redactor, struct scrim_veiled *ret);

// Nothing more will be pushed for now: lets everything pop. Pushing may go on afterwards.
void scrim_redactor_flush(struct scrim_redactor *redactor);

// What was pushed so far was a rehearsal of a file that begins again now: forgets the pictures and
// who was in them, keeps what was learnt of the scene.
void scrim_redactor_rewind(struct scrim_redactor *redactor);

// The caller knows that what it pushes is not to be trusted (decoder error, missing reference):
// every picture from the next one on is opaque with `reason`, and nothing is learnt from it, until
// scrim_redactor_trust; the detector then looks at once.
void scrim_redactor_doubt(struct scrim_redactor *redactor, enum scrim_reason reason);
void scrim_redactor_trust(struct scrim_redactor *redactor);

// The camera's areas, whose masks are covered in every picture that is popped from now on; none at
// first. NULL: they cannot be known, and every picture is opaque until they can.
void scrim_redactor_areas(struct scrim_redactor *redactor, const struct scrim_area *areas,
                          size_t count);

struct scrim_redactor_stats scrim_redactor_stats(const struct scrim_redactor *redactor);
