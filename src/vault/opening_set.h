// The requester's side of an opening: decisions and hour keys become file keys
// (docs/ref/formats/decision.md, "Opening"). For who holds the request's one-time key.
#pragma once

#include "vault/decision.h"
#include "vault/hour_keys_file.h"

struct scrim_opening_set;

// Both documents, whose digests are checked. `identity` is the one-time key; the hour keys' file is
// opened at once. `vaults_count` public parts of the vaults that the request names, which the set
// copies.
struct scrim_opening_set_setup {
    const void *request, *segments, *hour_keys;
    size_t request_len, segments_len, hour_keys_len;
    const struct scrim_vault *vaults;
    size_t vaults_count;
    const uint8_t *identity; // 32 bytes
};
SCRIM_MUST_CHECK int scrim_opening_set_create(const struct scrim_opening_set_setup *setup,
                                              struct scrim_opening_set **ret,
                                              struct scrim_error *error);
void scrim_opening_set_destroy(struct scrim_opening_set *set); // wipes; NULL is fine

// Takes a decision's document: its signature is verified, its partials are decrypted. A refusal is
// SCRIM_EINVAL, a second of the same holder too.
SCRIM_MUST_CHECK int scrim_opening_set_add(struct scrim_opening_set *set, const void *decision,
                                           size_t count, struct scrim_error *error);

const struct scrim_request *scrim_opening_set_request(const struct scrim_opening_set *set);
const struct scrim_segment_list *scrim_opening_set_list(const struct scrim_opening_set *set);

// The file key of the list's segment `at`. Every partial at hand is verified: SCRIM_EAUTH names the
// holder whose is wrong; SCRIM_EACCESS says how many are missing; SCRIM_ENOENT: its hour has no
// key. Wipe the key after use.
SCRIM_MUST_CHECK int scrim_opening_set_key(const struct scrim_opening_set *set, size_t at,
                                           uint8_t ret[SCRIM_AGE_FILE_KEY],
                                           struct scrim_error *error);
