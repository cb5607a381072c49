// May this request be opened? Everything that can be known from files: state/requests/<number>, the
// log of acts, the vaults. Nothing here depends on what the desk says but the number, and nothing
// is changed. Each function refuses with a sentence for the person who asks.
#pragma once

#include "site/config.h"
#include "vault/decision.h"
#include "vault/request.h"
#include "vault/vault_set.h"

#define SCRIM_VERIFY_WORDS 160 // bytes, of a sentence about one decision

struct scrim_verify_place {
    const struct scrim_site *site;
    const struct scrim_vault_set *vaults;
};

// A request as it lies there, read whole.
struct scrim_verified {
    uint8_t digest[32]; // of request.json
    struct scrim_request request;
    struct scrim_segment_list list;
    // Holders who agree, per vault of the request: bit i - 1 for holder i.
    uint64_t agreed[SCRIM_REQUEST_VAULTS_MAX];
};
void scrim_verified_finish(struct scrim_verified *verified); // zeroed is fine

// Reads request.json and segments.json and refuses them unless they are exactly what was hashed, of
// this site and this number. SCRIM_ENOENT: there is no such request.
SCRIM_MUST_CHECK int scrim_verify_read(const struct scrim_verify_place *place, uint64_t number,
                                       struct scrim_verified *ret, struct scrim_error *error);

// It was not withdrawn, refused or ended: neither a file nor the log says so. SCRIM_ECANCEL.
SCRIM_MUST_CHECK int scrim_verify_not_ended(const struct scrim_verify_place *place, uint64_t number,
                                            struct scrim_error *error);

// The log of acts has the line that the request names: signed by the desk, continuing the one
// before, and about this request; and no later line ends it.
SCRIM_MUST_CHECK int scrim_verify_logged(const struct scrim_verify_place *place,
                                         const struct scrim_verified *verified,
                                         struct scrim_error *error);

// Its vaults are the site's, as they are dealt now; every segment is one of the request, sealed to
// one of them, and its proof holds.
SCRIM_MUST_CHECK int scrim_verify_segments(const struct scrim_verify_place *place,
                                           const struct scrim_verified *verified,
                                           struct scrim_error *error);

// Of each vault as many holders agree as it needs. SCRIM_EACCESS if not. Fills `agreed`.
SCRIM_MUST_CHECK int scrim_verify_agreed(const struct scrim_verify_place *place,
                                         struct scrim_verified *verified,
                                         struct scrim_error *error);
