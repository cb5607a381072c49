// The guard of DESIGN's promise: a network says box, class and score, and nothing else.
#pragma once

#include "detect/model.h"

// SCRIM_EUNSUPPORTED if an output has any other shape, or if there is a value that nothing consumes
// and that is no output.
SCRIM_MUST_CHECK int scrim_guard_check(const struct scrim_model *model, struct scrim_error *error);
