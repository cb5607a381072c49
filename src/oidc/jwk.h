// The public keys of a provider (RFC 7517, RFC 7518, RFC 8037), as its JWKS document lists them.
// RSA of 2048 bits and more, P-256 and Ed25519; keys of other kinds are passed over. Pure; hostile
// input is fine.
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <openssl/evp.h>

// The algorithms a token may be signed with. There is no "none", and none with a shared secret.
enum scrim_jws_alg {
    SCRIM_JWS_RS256,
    SCRIM_JWS_ES256,
    SCRIM_JWS_EDDSA,
};

SCRIM_MUST_CHECK bool scrim_jws_alg_parse(const char *text, enum scrim_jws_alg *ret);

struct scrim_jwks;

// SCRIM_EFORMAT if the text is no JWKS document. One without a single key of ours is fine here.
SCRIM_MUST_CHECK int scrim_jwks_parse(const void *text, size_t length, struct scrim_jwks **ret,
                                      struct scrim_error *error);
void scrim_jwks_free(struct scrim_jwks *jwks); // NULL is fine
size_t scrim_jwks_count(const struct scrim_jwks *jwks);

// The key a token names by `kid`; without one (NULL) the only key that fits `alg`. NULL if there is
// no such key.
EVP_PKEY *scrim_jwks_find(const struct scrim_jwks *jwks, const char *kid, enum scrim_jws_alg alg);
