// What the files of factors share.
#pragma once

#include "people/db.h"
#include "people/factors.h"

#include <sodium.h>

struct scrim_factors {
    struct scrim_db *db;
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
};

// Runs a statement whose one parameter is the user.
SCRIM_MUST_CHECK int scrim_factors_run(struct scrim_factors *factors, const char *sql,
                                       int64_t user_id, struct scrim_error *error);
// Recovery codes stand for another factor: without one there are none.
SCRIM_MUST_CHECK int scrim_factors_tidy(struct scrim_factors *factors, int64_t user_id,
                                        struct scrim_error *error);
