// The label L: the bytes that name a sealed segment, hashed into its proof and its wrap key.
#pragma once

#include "vault/vault.h"

#define LABEL_SUITE 1 // ristretto255, SHA-512, HKDF-SHA-256, ChaCha20-Poly1305; there is no other
#define LABEL_MAX (1 + SCRIM_VAULT_ID + 2 * (1 + 31) + 8 + 8)

// SCRIM_EINVAL for ids outside [a-z0-9-]{1,31}, a time before 1970, or an hour that is not its
// hour.
SCRIM_MUST_CHECK int scrim_label_encode(const struct scrim_vault_label *label,
                                        const uint8_t vault_id[SCRIM_VAULT_ID],
                                        uint8_t ret[LABEL_MAX], size_t *ret_count);
// The inverse; SCRIM_EFORMAT for anything that _encode would not have written.
SCRIM_MUST_CHECK int scrim_label_decode(const uint8_t *bytes, size_t count,
                                        struct scrim_vault_label *ret,
                                        uint8_t ret_vault_id[SCRIM_VAULT_ID]);
