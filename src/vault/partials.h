// What a holder sends with an approval: a part for each segment of one vault, in the order of the
// list, in an age file to the requester's one-time recipient (docs/ref/formats/decision.md).
#pragma once

#include "vault/request.h"

// Appends the age file to `ret`. `partials` are all of one holder. SCRIM_EINVAL for a recipient
// that is no key.
SCRIM_MUST_CHECK int scrim_partials_seal(const uint8_t recipient[32],
                                         const uint8_t request_id[SCRIM_REQUEST_ID],
                                         unsigned holder, const struct scrim_partial *partials,
                                         size_t count, struct scrim_buf *ret);
// Opens it for who holds the one-time key. SCRIM_EAUTH unless it is for this identity, request and
// holder, with exactly `count` parts. The parts are not verified (scrim_partial_verify).
SCRIM_MUST_CHECK int scrim_partials_open(const void *file, size_t file_count,
                                         const uint8_t identity[32],
                                         const uint8_t request_id[SCRIM_REQUEST_ID],
                                         unsigned holder, struct scrim_partial *ret, size_t count,
                                         struct scrim_error *error);
