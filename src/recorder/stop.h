// One request to stop, seen by every thread: those that poll wait on a descriptor, those inside a
// library ask a flag. Requested once, never taken back.
#pragma once

#include "base/error.h"

#include <stdint.h>

struct scrim_stop;

SCRIM_MUST_CHECK int scrim_stop_create(struct scrim_stop **ret, struct scrim_error *error);
void scrim_stop_destroy(struct scrim_stop *stop); // NULL is fine

void scrim_stop_request(struct scrim_stop *stop); // from any thread
bool scrim_stop_requested(const struct scrim_stop *stop);

// Waits for the request, at most `timeout_us`. True once it came.
bool scrim_stop_wait(const struct scrim_stop *stop, int64_t timeout_us);
int scrim_stop_fd(const struct scrim_stop *stop); // readable from the request on
