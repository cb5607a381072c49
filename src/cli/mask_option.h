// The --mask option of commands that redact files: polygons as people type them.
#pragma once

#include "site/area.h"

// "0.8,0 1,0 1,0.3; 0,0.9 0.2,0.9 0.2,1": x,y of each corner as shares of the picture, polygons
// apart by ';'. At most SCRIM_AREAS_MAX go to `ret`. SCRIM_EINVAL with a sentence. NULL: none.
SCRIM_MUST_CHECK int scrim_mask_option(const char *text, struct scrim_area ret[SCRIM_AREAS_MAX],
                                       size_t *ret_count, struct scrim_error *error);
