// What administrators drew over the API for one camera, besides what scrim.yaml says: one JSON
// object, the content of DIR/state/areas/<camera>.json and of a message to the veil alike
// (docs/ref/formats/areas.md).
#pragma once

#include "base/fs.h"
#include "site/area.h"

#define SCRIM_AREAS_DIR "state/areas"
#define SCRIM_AREA_SET_BYTES (192U << 10) // more than all areas with all points take

struct scrim_area_set {
    uint64_t revision; // counts the changes, from 1; 0: never changed, no file
    unsigned count;
    struct scrim_area list[SCRIM_AREAS_MAX]; // all named, no name twice
};

// Strict: nothing is missing, nothing is there twice or unknown, every area is sound. SCRIM_EFORMAT
// with a sentence for anything else; `ret` is then left alone.
SCRIM_MUST_CHECK int scrim_area_set_parse(const void *text, size_t length,
                                          struct scrim_area_set *ret, struct scrim_error *error);
// Appends it as text.
SCRIM_MUST_CHECK int scrim_area_set_format(const struct scrim_area_set *set, struct scrim_buf *buf);
// Appends [[x,y],…] with x and y as decimal shares.
SCRIM_MUST_CHECK int scrim_area_format_points(const struct scrim_area *area, struct scrim_buf *buf);
// {"kind":…,"points":…}, what the API takes; the name is the caller's. SCRIM_EINVAL with a
// sentence.
SCRIM_MUST_CHECK int scrim_area_parse(const char *name, const void *text, size_t length,
                                      struct scrim_area *ret, struct scrim_error *error);

// "DIR/state/areas/<camera>.json".
SCRIM_MUST_CHECK int scrim_area_set_path(const char *dir, const char *camera,
                                         char ret[SCRIM_PATH_MAX]);
// Without a file the set is empty. Any other failure means that what must be covered is not known:
// the sentence names the file.
SCRIM_MUST_CHECK int scrim_area_set_load(const char *dir, const char *camera,
                                         struct scrim_area_set *ret, struct scrim_error *error);
// Replaces the file, durably.
SCRIM_MUST_CHECK int scrim_area_set_save(const char *dir, const char *camera,
                                         const struct scrim_area_set *set,
                                         struct scrim_error *error);
