// Areas of a camera's picture: masks (always opaque), zones and lines (for rules). In shares of the
// picture, so that they hold for every size of it; decimal, so that what people write is kept
// exactly and edges can be told from one another without rounding.
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define SCRIM_AREA_UNIT 100000 // the picture's width, and its height
#define SCRIM_AREA_POINTS_MAX 64
#define SCRIM_AREA_NAME_MAX 31
#define SCRIM_AREAS_MAX 64 // of a camera: masks, zones and lines together

struct scrim_point {
    int32_t x, y; // 0…SCRIM_AREA_UNIT, origin top left
};

enum scrim_area_kind { SCRIM_AREA_MASK, SCRIM_AREA_ZONE, SCRIM_AREA_LINE };
#define SCRIM_AREA_KINDS 3

// A value. Masks and zones are simple polygons of 3 points or more, their last point is joined to
// the first; a line has 2 or more, and the order of its points is its direction.
struct scrim_area {
    enum scrim_area_kind kind;
    char name[SCRIM_AREA_NAME_MAX + 1]; // [a-z0-9-]{1,31}; "": a mask of scrim.yaml without one
    unsigned count;
    struct scrim_point points[SCRIM_AREA_POINTS_MAX];
};

const char *scrim_area_kind_text(enum scrim_area_kind kind); // "mask", "zone", "line"
bool scrim_area_kind_parse(const char *text, enum scrim_area_kind *ret);

// Adds the point (x, y), shares from 0 to 1, to five decimals. SCRIM_EINVAL with a sentence that
// names the point: outside the picture, or one too many.
SCRIM_MUST_CHECK int scrim_area_add_point(struct scrim_area *area, double x, double y,
                                          struct scrim_error *error);

// Name, number of points, a shape that does not cross or touch itself. SCRIM_EINVAL with a sentence
// that names what is wrong where, points counted from 1. An empty name is for the caller to judge.
SCRIM_MUST_CHECK int scrim_area_check(const struct scrim_area *area, struct scrim_error *error);

bool scrim_area_same(const struct scrim_area *a, const struct scrim_area *b);
// The area of that name; NULL if there is none.
const struct scrim_area *scrim_area_find(const struct scrim_area *list, size_t count,
                                         const char *name);
