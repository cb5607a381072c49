// A holder's answer to a request, signed: yes with a part for each segment, or no with a reason
// (docs/ref/formats/decision.md). It authenticates itself: the signing key follows from the share
// (holder_key.h) and its public half stands in the vault, so it does not matter who carried it.
#pragma once

#include "vault/partials.h"

#define SCRIM_DECISION_REASON_MAX 500 // bytes of UTF-8
#define SCRIM_DECISION_JSON_MAX (8U << 20)
#define SCRIM_DECISION_SIGNATURE 64

struct scrim_decision {
    uint8_t request[SCRIM_REQUEST_ID], vault[SCRIM_VAULT_ID], dealing[SCRIM_DEALING_ID];
    unsigned holder;
    bool approve;
    char reason[SCRIM_DECISION_REASON_MAX + 1]; // not blank where it is a refusal
    int64_t at_us;                              // by the holder's clock
    uint8_t *partials;                          // age file; NULL when refusing
    size_t partials_len;
    uint8_t signature[SCRIM_DECISION_SIGNATURE];
};

// Strict: anything that _write would not have written is SCRIM_EFORMAT. The signature is not
// verified.
SCRIM_MUST_CHECK int scrim_decision_parse(const void *bytes, size_t count,
                                          struct scrim_decision *ret, struct scrim_error *error);
// Appends to `ret`, whose ceiling is SCRIM_DECISION_JSON_MAX.
SCRIM_MUST_CHECK int scrim_decision_write(const struct scrim_decision *decision,
                                          struct scrim_buf *ret, struct scrim_error *error);
void scrim_decision_finish(struct scrim_decision *decision); // zeroed is fine

// SCRIM_EAUTH, naming the holder, unless it is signed by who it says, for this request and this
// dealing of the vault. Whether the parts are right only who holds the one-time key can tell.
SCRIM_MUST_CHECK int scrim_decision_verify(const struct scrim_vault *vault,
                                           const uint8_t request_id[SCRIM_REQUEST_ID],
                                           const struct scrim_decision *decision,
                                           struct scrim_error *error);

// What a holder decides, and on what: the two documents as they came.
struct scrim_decision_choice {
    const void *request, *segments;
    size_t request_len, segments_len;
    bool approve;
    const char *reason; // may be "" when approving
    int64_t at_us;
};
// Makes and signs a decision. Before the share is touched it checks what a careful holder checks:
// the share is of this vault's present dealing, the request names that dealing and this list and
// has not expired (SCRIM_ETIMEOUT), and each segment's seal is sound and lies inside the request.
// `progress` may be NULL.
SCRIM_MUST_CHECK int scrim_decision_make(const struct scrim_vault *vault,
                                         const struct scrim_share *share,
                                         const struct scrim_decision_choice *choice,
                                         void (*progress)(void *context, size_t done, size_t count),
                                         void *context, struct scrim_decision *ret,
                                         struct scrim_error *error);
