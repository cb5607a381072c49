// run/oidc.sock: scrim-oidc, which talks to the provider (link/oidc.h). It is believed only after
// it has shown the content of state/oidc/peer.key. Loop thread only.
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <uv.h>

struct scrim_oidc_side;

// Makes the proof's file if there is none, and the socket; before the desk locks itself in.
SCRIM_MUST_CHECK int scrim_oidc_side_open(const char *dir, struct scrim_oidc_side **ret,
                                          struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_oidc_side_start(struct scrim_oidc_side *side, uv_loop_t *loop,
                                           struct scrim_error *error);
// Whoever waits for an answer is told that there is none. The loop must run once more before _free.
// Both take NULL.
void scrim_oidc_side_close(struct scrim_oidc_side *side);
void scrim_oidc_side_free(struct scrim_oidc_side *side);

// Where a browser goes to sign in; NULL while the provider does not answer, or scrim-oidc is not
// running: then *ret_why says so in words.
const char *scrim_oidc_side_authorization(const struct scrim_oidc_side *side, const char **ret_why);

// Sign-ins that have left for the provider (api_oidc.c). NULL is fine.
struct scrim_oidc_begun;
struct scrim_oidc_begun *scrim_oidc_begun_create(void);
void scrim_oidc_begun_destroy(struct scrim_oidc_begun *begun);

struct scrim_oidc_question {
    const char *code, *verifier, *redirect_uri, *nonce;
};
// `claims` NULL: `why` says why not.
typedef void (*scrim_oidc_answered)(void *context, const json_t *claims, const char *why);
// Never calls `answered` before it returns. False if it cannot be asked: then it is never called.
SCRIM_MUST_CHECK bool scrim_oidc_side_ask(struct scrim_oidc_side *side,
                                          const struct scrim_oidc_question *question,
                                          scrim_oidc_answered answered, void *context);
