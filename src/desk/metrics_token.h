// Who may read /metrics without a session: whoever sends "Authorization: Bearer TOKEN" (RFC 6750,
// 2.1) with the token in state/keys/metrics.token. Made at the first start; whoever wants another
// writes one there, or removes the file, and restarts scrimd.
#pragma once

#include "base/fs.h"

#include <stdint.h>

#define SCRIM_METRICS_TOKEN_FILE "state/keys/metrics.token"

// Only a hash of it is kept. All zero: no token fits.
struct scrim_metrics_token {
    uint8_t hash[32];
};

// Reads the file below the site directory `dir`, or makes it (mode 0600). SCRIM_EINVAL for a token
// that is no word of 32 to 128 characters, or a file that others may read.
SCRIM_MUST_CHECK int scrim_metrics_token_open(const char *dir, struct scrim_metrics_token *ret,
                                              struct scrim_error *error);
// `authorization`: the header's value, or NULL. Takes as long for a wrong token as for the right
// one.
bool scrim_metrics_token_fits(const struct scrim_metrics_token *token, const char *authorization);
