// The header of a PMTiles archive, version 3 (github.com/protomaps/PMTiles, spec/v3): what the desk
// tells of the map before anybody reads it. The tiles themselves are the browser's business.
#pragma once

#include "base/error.h"

#define SCRIM_PMTILES_HEADER 127 // bytes

struct scrim_pmtiles_header {
    const char *tiles; // "mvt", "png", "jpeg", "webp" or "avif"
    unsigned min_zoom, max_zoom;
    double west, south, east, north; // degrees
};

// Any bytes. SCRIM_EFORMAT with a sentence for what is not one, or not sound.
SCRIM_MUST_CHECK int scrim_pmtiles_parse(const void *bytes, size_t count,
                                         struct scrim_pmtiles_header *ret,
                                         struct scrim_error *error);
