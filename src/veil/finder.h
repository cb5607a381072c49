// Where boxes come from: detectors in programs, a script in tests.
#pragma once

#include "detect/detector.h"

struct scrim_finder {
    // As scrim_detector_run: how many boxes, or a negative error (the picture then stays opaque).
    int (*find)(void *context, const struct scrim_picture *picture,
                const struct scrim_region *region, struct scrim_box *boxes, size_t max);
    void *context;
    // The same for close-up faces, in the whole picture. NULL: nobody looks for them.
    int (*find_faces)(void *context, const struct scrim_picture *picture, struct scrim_box *boxes,
                      size_t max);
    // As `find`, in whole pictures that people are known to take a good part of: one look is
    // enough for them. NULL: `find` is no dearer.
    int (*find_near)(void *context, const struct scrim_picture *picture, struct scrim_box *boxes,
                     size_t max);
};

// A set of detectors, for people and for faces, one for each shape of picture there is a model for.
// Opens everything in _create.
struct scrim_finder_set;

// `model`: this one finds people in every shape (a name for scrim_model_find); NULL: the best for
// each. `thorough`: a large one looks as well, for people who are small.
SCRIM_MUST_CHECK int scrim_finder_set_create(const char *model, bool thorough,
                                             struct scrim_finder_set **ret,
                                             struct scrim_error *error);
void scrim_finder_set_destroy(struct scrim_finder_set *set); // NULL is fine
struct scrim_finder scrim_finder_of(struct scrim_finder_set *set);
