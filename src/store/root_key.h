// The key that a site's hour ring is sealed under, and while it is being replaced the one that
// comes next. Whoever destroys a root key makes every copy of a ring under it worthless, so 32
// bytes are all that must truly vanish. It lies in a file (overwritten in place; best effort on
// flash, whose controllers keep old pages) or in the non-volatile memory of a TPM, as scrim.yaml
// says in root_key.
//
// Not safe against a second writer: the ring's lock sees to that. Each call below is durable when
// it returns, and one that fails or is cut short leaves keys that _load finds and that tell, by
// their generations, how far it came.
// Private to src/store.
#pragma once

#include "site/config.h"

#include <sodium.h>

#define SCRIM_ROOT_KEY 32

struct scrim_root_key {
    uint64_t generation; // from 1; 0: there is no such key
    uint8_t key[SCRIM_ROOT_KEY];
};

struct scrim_root_keys { // in locked memory only
    struct scrim_root_key current, next;
};

struct scrim_root_store;

// `hours_dir` is the directory of the ring; the file backend keeps its keys there.
SCRIM_MUST_CHECK int scrim_root_store_open(const struct scrim_site *site, const char *hours_dir,
                                           struct scrim_root_store **ret,
                                           struct scrim_error *error);
void scrim_root_store_close(struct scrim_root_store *store); // NULL is fine

// Both keys, as far as there are any. A current key that was being overwritten when the power
// failed is found with its generation and random bytes: the ring does not open with it.
SCRIM_MUST_CHECK int scrim_root_store_load(struct scrim_root_store *store,
                                           struct scrim_root_keys *ret, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_root_store_put_next(struct scrim_root_store *store,
                                               const struct scrim_root_key *next,
                                               struct scrim_error *error);
// Destroys the current key, if there is one; then the next one is the current one.
SCRIM_MUST_CHECK int scrim_root_store_promote(struct scrim_root_store *store,
                                              struct scrim_error *error);
// Destroys the next key, if there is one.
SCRIM_MUST_CHECK int scrim_root_store_drop_next(struct scrim_root_store *store,
                                                struct scrim_error *error);
