// `scrim camera test`: the desk's live test of an address, made by this command itself.
#pragma once

#include "link/trial.h"

// Dials over TCP, tries, and prints each step as it is done. 1 if pictures came, 0 if not.
SCRIM_MUST_CHECK int scrim_camera_test(const struct scrim_trial_wish *wish,
                                       struct scrim_error *error);
