// ID tokens (OpenID Connect Core 1.0, 2 and 3.1.3.7), as signed JWTs (RFC 7515, RFC 7519). Pure;
// hostile input is fine.
#pragma once

#include "oidc/jwk.h"

#include <stdint.h>

#define SCRIM_OIDC_SUBJECT_MAX 255 // bytes (Core, 2)

// What a token must say.
struct scrim_id_token_expected {
    const char *issuer, *client_id, *nonce;
    int64_t now_s; // UTC
};

// Verifies the signature, then issuer, audience, expiry, time of issue and nonce; *ret_claims is
// the caller's reference to all claims. SCRIM_ENOENT if the token names a key that is not in
// `jwks`: the provider may have new ones. SCRIM_EAUTH, with the reason, for a token that is not
// right; SCRIM_EFORMAT for what is none.
SCRIM_MUST_CHECK int scrim_id_token_verify(const char *token, const struct scrim_jwks *jwks,
                                           const struct scrim_id_token_expected *expected,
                                           json_t **ret_claims, struct scrim_error *error);
