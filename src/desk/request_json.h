// A request as the API tells it, and who may see it. Loop thread only.
#pragma once

#include "desk/auth.h"
#include "desk/requests.h"

// Whoever asks, sees a request of their own; keyholders and who reads the log of acts see all; each
// only where they see all its cameras.
bool request_visible(const struct scrim_desk *desk, const struct scrim_who *who,
                     const struct scrim_request_entry *entry);
bool request_is_own(const struct scrim_who *who, const struct scrim_request_entry *entry);
// Only inside of a callback of the book. The caller's.
json_t *request_json(const struct scrim_desk *desk, const struct scrim_who *who,
                     const struct scrim_request_entry *entry, int64_t now_us);
