// What differs from the background and lies in nobody's box: a reason to look in other ways.
#pragma once

#include "veil/track.h"

struct scrim_unclaimed {
    int width, height;                // of the picture
    const uint8_t *levels;            // as in motion.h
    const struct scrim_place *places; // where everyone is; a box explains what nearly touches it
    size_t places_count;
};

bool scrim_unclaimed_at(const struct scrim_unclaimed *unclaimed, int column, int row);
