// Masks, zones and lines of the cameras: those of scrim.yaml, which nobody changes here, and those
// that administrators draw over the API. A change is logged first (acts.h), then
// saved (state/areas/<camera>.json), then told to the veil; it counts as applied when the veil has
// said so. What cannot be read makes its camera opaque: the veil is told that nothing is known.
//
// Belongs to the loop's thread; a thread of its own writes.
#pragma once

#include "desk/acts.h"
#include "desk/peers.h"
#include "site/area_set.h"

#include <uv.h>

struct scrim_areas;

// Reads all files. A camera whose file cannot be read is no failure. `site` and `acts` must outlive
// it.
void scrim_areas_open(const struct scrim_site *site, struct scrim_acts *acts,
                      struct scrim_areas **ret);
SCRIM_MUST_CHECK int scrim_areas_start(struct scrim_areas *areas, uv_loop_t *loop,
                                       struct scrim_peers *peers, struct scrim_error *error);
// Finishes what is being written. The loop must run once more before _free.
void scrim_areas_stop(struct scrim_areas *areas); // NULL is fine
void scrim_areas_free(struct scrim_areas *areas); // NULL is fine

// What was drawn over the API; NULL if it cannot be read.
const struct scrim_area_set *scrim_areas_drawn(const struct scrim_areas *areas, unsigned camera);
// True if the veil covers exactly what is drawn.
bool scrim_areas_applied(const struct scrim_areas *areas, unsigned camera);
// Why the camera is opaque, naming the file; "" if all is well. For administrators.
const char *scrim_areas_problem(const struct scrim_areas *areas, unsigned camera);

struct scrim_area_change {
    const struct scrim_area *area; // what it shall be, by its name; NULL: `name` is taken away
    const char *name;
    const char *user; // who wants it
};
// Called on the loop's thread when the change is saved and told to the veil, or is not. `result`
// is negative with a sentence in `error` then, and nothing was changed.
typedef void (*scrim_areas_done)(void *context, int result, const struct scrim_error *error);

// One at a time: SCRIM_EBUSY while another one is being written, SCRIM_EFORMAT if what is there
// cannot be read, SCRIM_EEXIST if the name is one of scrim.yaml, SCRIM_ENOENT if there is nothing
// to take away, SCRIM_ENOSPACE if there would be too many. Then `done` is not called.
SCRIM_MUST_CHECK int scrim_areas_change(struct scrim_areas *areas, unsigned camera,
                                        const struct scrim_area_change *change,
                                        scrim_areas_done done, void *context);

// From the peers: the worker of this camera has come, has gone, has taken something.
void scrim_areas_worker_here(struct scrim_areas *areas, unsigned camera);
void scrim_areas_worker_gone(struct scrim_areas *areas, unsigned camera);
void scrim_areas_taken(struct scrim_areas *areas, unsigned camera, uint64_t revision,
                       bool understood);
