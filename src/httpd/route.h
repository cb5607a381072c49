// Path patterns: "/api/v1/cameras/{camera}/live". A "{name}" stands for one path segment of
// [A-Za-z0-9._-]{1,63} that does not begin with a dot, so no pattern can lead out of its folder.
// Pure; nothing is allocated.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SCRIM_ROUTE_PARAMS 4
#define SCRIM_ROUTE_PARAM_MAX 63

struct scrim_route_params {
    char values[SCRIM_ROUTE_PARAMS][SCRIM_ROUTE_PARAM_MAX + 1]; // in the order of the pattern
    size_t count;
};

// True if `path` fits `pattern`; `ret` may be written to in either case.
bool scrim_route_match(const char *pattern, const char *path, struct scrim_route_params *ret);
