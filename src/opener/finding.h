// The list of a request that is yet to be made: which sealed segments hold a range of time, with
// their age headers (segments.json, docs/ref/formats/request.md). A list is complete: if a segment
// that the journal names cannot be given, because it is damaged, gone, on a disk that is not there,
// or its hour is shredded, there is no list, and the sentence names it. Who asks can then leave
// that moment out, knowingly; nothing is left out in silence, and holders never sign a list with a
// hole that nobody told them of. The segment that is being written is not finished, and not in it.
#pragma once

#include "opener/guard.h"

struct scrim_finding;

// `question` is a sound one of kind FIND. Never NULL.
struct scrim_finding *scrim_finding_create(const struct scrim_guard_setup *setup,
                                           const struct scrim_opener_question *question);
void scrim_finding_destroy(struct scrim_finding *finding); // NULL is fine

// The journals of one camera, or some headers. 1: there is more to do; 0: the list is whole.
SCRIM_MUST_CHECK int scrim_finding_step(struct scrim_finding *finding, struct scrim_error *error);
// The bytes of segments.json, after a step returned 0.
const struct scrim_buf *scrim_finding_result(const struct scrim_finding *finding);
