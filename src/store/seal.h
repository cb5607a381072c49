// One sealed segment while it is being made: plaintext in, bytes of an age file out. Pure, in
// memory, no file is touched here. The file key lives inside, in locked memory, and is wiped by
// destroy. The SHA-256 of the file is taken where it is written (disk.h).
#pragma once

#include "vault/vault.h"

struct scrim_seal;

// Draws a file key and appends header and nonce to `out`. `glass`: where the site has break-glass,
// the emergency key of the quarter of an hour that the segment starts in (32 bytes, X25519), which
// gets a second stanza; else NULL.
SCRIM_MUST_CHECK int scrim_seal_create(const struct scrim_vault *vault,
                                       const struct scrim_vault_label *label,
                                       const uint8_t hour_key[SCRIM_HOUR_KEY], const uint8_t *glass,
                                       struct scrim_seal **ret, struct scrim_buf *out,
                                       struct scrim_error *error);
// Takes plaintext; whole sealed chunks, if any became whole, are appended to `out`. After a failure
// (no room in `out`) the segment cannot go on: destroy it.
SCRIM_MUST_CHECK int scrim_seal_append(struct scrim_seal *seal, const void *bytes, size_t count,
                                       struct scrim_buf *out);
// Appends a new tail (tail.h) to `out`: the unfinished chunk under a key of its own and a fresh
// random nonce. *ret_changed is false, and nothing is written, if the last tail still holds.
SCRIM_MUST_CHECK int scrim_seal_tail(struct scrim_seal *seal, struct scrim_buf *out,
                                     bool *ret_changed);
// The last chunk. Afterwards only _destroy.
SCRIM_MUST_CHECK int scrim_seal_finish(struct scrim_seal *seal, struct scrim_buf *out);
void scrim_seal_destroy(struct scrim_seal *seal); // wipes; NULL is fine
