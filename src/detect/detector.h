// Finds people, two-wheelers and vehicles in one picture, or with another model close-up faces:
// boxes, classes, scores, nothing else.
// No appearance is measured and nothing is remembered from one picture to the next.
//
// A detector is single-threaded and belongs to one thread. _create opens the model file, sets
// XNNPACK up and allocates everything; _run opens nothing, starts no thread and allocates nothing,
// so that a process may give up its rights (seccomp, no files) in between. It keeps no pointer to
// the picture. docs/design/detector.md has the reasons and the figures.
#pragma once

#include "base/fs.h"
#include "media/picture.h"

enum scrim_class {
    SCRIM_CLASS_PERSON,
    SCRIM_CLASS_TWO_WHEELER, // bicycle, motorcycle; its rider is a person of their own
    SCRIM_CLASS_VEHICLE,     // car, bus, truck, train
    SCRIM_CLASS_FACE,        // only from a face model
    SCRIM_CLASS_COUNT,
};
const char *scrim_class_text(enum scrim_class class); // "person", "two-wheeler", …

struct scrim_box {
    float x0, y0, x1, y1; // pixels of the whole picture, clipped to it; x0 < x1, y0 < y1
    float score;          // 0…1
    enum scrim_class class;
};

// The most boxes one run can give; _run keeps the best ones if the caller's array is shorter.
#define SCRIM_BOXES_MAX 512

struct scrim_detector;

// What a network counts in. int8 is several times as fast on processors that multiply bytes, and
// finds as much (docs/design/detector.md).
enum scrim_precision {
    SCRIM_PRECISION_BEST, // for this processor and this model
    SCRIM_PRECISION_FLOAT,
    SCRIM_PRECISION_INT8,
};

// Loads a .nvm model (docs/ref/formats/model.md). Refuses, with SCRIM_EUNSUPPORTED, any model whose
// outputs are not exactly box, class and score. `path` is not kept.
SCRIM_MUST_CHECK int scrim_detector_create(const char *path, struct scrim_detector **ret,
                                           struct scrim_error *error);
// The same in a precision of one's choice; SCRIM_EUNSUPPORTED if the model cannot.
SCRIM_MUST_CHECK int scrim_detector_create_in(enum scrim_precision precision, const char *path,
                                              struct scrim_detector **ret,
                                              struct scrim_error *error);
void scrim_detector_destroy(struct scrim_detector *detector); // NULL is fine

// The network's input in pixels: the region is scaled to fit into it, keeping its proportions.
void scrim_detector_input(const struct scrim_detector *detector, int *ret_width, int *ret_height);

// Looks at `region` of the picture (NULL: all of it; it must lie within and be at least 8×8) and
// writes at most `max` boxes of at least `threshold` score, best first. Returns how many, or a
// negative error.
SCRIM_MUST_CHECK int scrim_detector_run(struct scrim_detector *detector,
                                        const struct scrim_picture *picture,
                                        const struct scrim_region *region, float threshold,
                                        struct scrim_box *boxes, size_t max);

// Finds "<name>.nvm" in $SCRIM_MODELS, else <directory of this program>/../models, else
// /usr/share/scrim/models. SCRIM_ENOENT names the places that were looked at.
SCRIM_MUST_CHECK int scrim_model_find(const char *name, char ret[SCRIM_PATH_MAX],
                                      struct scrim_error *error);

// The name of the model that finds most people for its CPU in pictures of this shape: inputs that
// fit the picture's proportions, for larger ones find fewer people who are large
// (docs/design/detector.md).
const char *scrim_model_for_picture(int width, int height);
// The model to look with once more for people who are too small for that one, where there is time.
const char *scrim_far_model_for_picture(int width, int height);
// Whether this processor looks twice in the time that others take to look once: int8 pays.
bool scrim_detector_is_fast(void);
// The same for close-up faces: from a fifth of the picture's height to all of it.
const char *scrim_face_model_for_picture(int width, int height);
