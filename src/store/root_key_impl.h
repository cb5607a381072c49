// Where a root key can live: one table of functions each, with the contracts of root_key.h.
// Private to src/store.
#pragma once

#include "store/root_key.h"

struct scrim_root_backend {
    // *ret is NULL on failure.
    int (*open)(const struct scrim_site *site, const char *hours_dir, void **ret,
                struct scrim_error *error);
    void (*close)(void *state);
    int (*load)(void *state, struct scrim_root_keys *ret, struct scrim_error *error);
    int (*put_next)(void *state, const struct scrim_root_key *next, struct scrim_error *error);
    int (*promote)(void *state, struct scrim_error *error);
    int (*drop_next)(void *state, struct scrim_error *error);
};

extern const struct scrim_root_backend scrim_root_in_file, scrim_root_in_tpm;
