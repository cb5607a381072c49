// The provider as scrim-oidc knows it: its description (OpenID Connect Discovery 1.0), its keys,
// and the exchange of a code for an ID token (RFC 6749, 4.1.3, with PKCE: RFC 7636).
#pragma once

#include "oidc/web.h"

#include <jansson.h>

struct scrim_provider;

struct scrim_provider_setup {
    const char *issuer, *client_id, *client_secret; // not owned, must outlive the provider
};

struct scrim_provider *scrim_provider_create(const struct scrim_provider_setup *setup,
                                             struct scrim_web *web);
void scrim_provider_destroy(struct scrim_provider *provider); // NULL is fine

// Fetches description and keys. SCRIM_ENETWORK when the provider does not answer; SCRIM_EFORMAT or
// SCRIM_EAUTH when it answers with something else than it should. What was known stays.
SCRIM_MUST_CHECK int scrim_provider_refresh(struct scrim_provider *provider,
                                            struct scrim_error *error);
// Where a browser goes to sign in; NULL before the first refresh. Valid until the next.
const char *scrim_provider_authorization(const struct scrim_provider *provider);

struct scrim_code_exchange {
    const char *code, *verifier, *redirect_uri, *nonce;
};
// The verified claims of who signed in; the caller's reference. Fetches the keys once more if the
// token is signed with one that is new.
SCRIM_MUST_CHECK int scrim_provider_exchange(struct scrim_provider *provider,
                                             const struct scrim_code_exchange *exchange,
                                             json_t **ret_claims, struct scrim_error *error);

// The two documents, out of their bytes. Hostile input is fine.
struct scrim_provider_places {
    char *authorization, *token, *keys; // https; owned
    bool basic;                         // the client's secret goes into a header, not into the form
};
SCRIM_MUST_CHECK int scrim_provider_places_parse(const void *text, size_t length,
                                                 const char *issuer,
                                                 struct scrim_provider_places *ret,
                                                 struct scrim_error *error);
void scrim_provider_places_finish(struct scrim_provider_places *places);
