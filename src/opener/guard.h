// What scrim-opener decides: what may be opened, and what it gives out then. It believes signed
// files and its own log, and nothing that the desk says.
#pragma once

#include "link/opener.h"
#include "opener/openings.h"
#include "store/hour_ring.h"
#include "vault/vault_set.h"

struct scrim_guard;

struct scrim_guard_setup { // all of it must outlive the guard
    const struct scrim_site *site;
    const struct scrim_vault_set *vaults;
    struct scrim_hour_ring *ring;
    struct scrim_openings *openings;
};
struct scrim_guard *scrim_guard_create(const struct scrim_guard_setup *setup);
void scrim_guard_destroy(struct scrim_guard *guard); // NULL is fine
const struct scrim_guard_setup *scrim_guard_setup_of(const struct scrim_guard *guard);

// The keys of the hours of request `number`, appended to `ret_age` as an age file to its recipient,
// if everything in opener/verify.h holds now. A line in the log says so before, and one after it.
// The first time the time box begins; *ret_until_us is its end.
SCRIM_MUST_CHECK int scrim_guard_open(struct scrim_guard *guard, uint64_t number,
                                      struct scrim_buf *ret_age, int64_t *ret_until_us,
                                      struct scrim_error *error);

struct scrim_guard_file {
    int fd, tail_fd; // the caller's; tail_fd is -1 where there is none
    uint64_t bytes;
    int64_t until_us;
};
// Segment `index` of a request that was opened and whose time is not over.
SCRIM_MUST_CHECK int scrim_guard_segment(struct scrim_guard *guard, uint64_t number, uint32_t index,
                                         struct scrim_guard_file *ret, struct scrim_error *error);
