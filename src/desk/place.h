// Where a camera stands and where it looks: on an uploaded plan, or on the map. As JSON, the same
// over the API and in state/plans/plans.json:
//
//     {"plan":ID,"x":0…1,"y":0…1,"heading":…,"angle":…,"reach":…}    x, y: shares of the picture
//     {"lat":…,"lon":…,"heading":…,"angle":…,"reach":…}              WGS 84, degrees
//
// `heading` is where it looks: degrees clockwise, 0 is up, on the map north; 0 ≤ heading < 360.
// `angle` is how wide, 1…360 degrees. `reach` is how far: a share of the plan's width, up to 2, or
// metres, up to 5,000.
#pragma once

#include "base/error.h"

#include <jansson.h>

#define SCRIM_PLAN_ID_TEXT 17 // 16 of 0-9a-f, and NUL

bool scrim_plan_id_valid(const char *id);

// SCRIM_OK if it is exactly one of the two; otherwise SCRIM_EINVAL with a sentence. Whether there
// is such a plan is not asked here.
SCRIM_MUST_CHECK int scrim_place_check(const json_t *place, struct scrim_error *error);
// The plan it stands on; NULL for one on the map.
const char *scrim_place_plan(const json_t *place);
