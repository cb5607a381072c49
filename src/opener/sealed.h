// A sealed segment that a list names (vault/request.h), opened for reading: still the file that was
// listed, under the name and on the disk that the list says.
#pragma once

#include "site/config.h"
#include "store/opening.h"
#include "vault/request.h"

// The whole age header of a finished segment, as it stands in the file, and its parsed front.
// Checks that it is a file of its recorded size whose label fits its place. The seal proof is the
// caller's. `ret_bytes` is appended to; end `ret_head` with scrim_sealed_head_finish on success.
SCRIM_MUST_CHECK int scrim_sealed_front(const struct scrim_site *site, const char *camera,
                                        const struct scrim_opening_segment *segment,
                                        struct scrim_sealed_head *ret_head,
                                        struct scrim_buf *ret_bytes, struct scrim_error *error);

// Descriptors of the file and, of a torn one, of its tail (-1: none); the caller's. SCRIM_EAUTH if
// its size or its header is no longer what the list says, SCRIM_ENOENT if it is gone.
SCRIM_MUST_CHECK int scrim_sealed_listed(const struct scrim_site *site,
                                         const struct scrim_segment_entry *entry, int *ret_fd,
                                         int *ret_tail_fd, struct scrim_error *error);
