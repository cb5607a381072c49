// All of a site's cameras being recorded: opens what is needed, confines the process, starts the
// threads, and takes it all down in order.
#pragma once

#include "recorder/stop.h"
#include "site/config.h"

struct scrim_recorder;

// Everything up to and including the sandbox; no thread runs yet. `site` and `stop` must outlive
// it.
SCRIM_MUST_CHECK int scrim_recorder_create(const struct scrim_site *site, struct scrim_stop *stop,
                                           struct scrim_recorder **ret, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_recorder_start(struct scrim_recorder *recorder,
                                          struct scrim_error *error);
// Every few seconds: hour keys, health. SCRIM_EEXIST: only a new start can go on (see hours.h).
SCRIM_MUST_CHECK int scrim_recorder_tend(struct scrim_recorder *recorder,
                                         struct scrim_error *error);
// Ends recording, journals that with its cause, and frees everything. NULL is fine. `clock`:
// because of the host's clock, else on an operator's request.
void scrim_recorder_destroy(struct scrim_recorder *recorder, bool clock);
