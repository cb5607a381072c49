// Which configuration was admitted last. One that is new must be funded before anything starts with
// it; one that was admitted and has outgrown its disks goes on, said aloud and kept alive by
// purges.
#pragma once

#include "keeper/admission.h"
#include "site/config.h"

// True if what matters to storage (cameras, retention, expected rates, disks, reserves) is as it
// was when it was last admitted.
bool scrim_admitted_is(const struct scrim_site *site);
SCRIM_MUST_CHECK int scrim_admitted_remember(const struct scrim_site *site,
                                             struct scrim_error *error);

// The whole arithmetic, from the disks, for `scrim admit`, `scrim up` and the keeper's start. The
// report is appended to `report` (NULL: not wanted). Returns SCRIM_ENOSPACE with the sentence if it
// does not fit, *ret_text (NULL: not wanted) being the sentence either way.
SCRIM_MUST_CHECK int scrim_admission_check(const struct scrim_site *site, struct scrim_buf *report,
                                           char ret_text[SCRIM_ADMISSION_TEXT],
                                           struct scrim_error *error);
// The rule for a start: a configuration that was admitted before may start, a new one must fit.
SCRIM_MUST_CHECK int scrim_admission_start(const struct scrim_site *site,
                                           struct scrim_error *error);
// The rule while a site runs with `before`: as for a start, and one that needs less is admitted,
// too, so that whoever has outgrown the disks can mend it step by step.
SCRIM_MUST_CHECK int scrim_admission_change(const struct scrim_site *before,
                                            const struct scrim_site *after,
                                            struct scrim_error *error);
