// The key that a holder signs decisions with: Ed25519 (RFC 8032), its seed derived from the share,
// so that whoever can open can sign and nobody else. The vault's public part lists the public keys.
//
//     seed = HKDF-SHA-256(ikm = x_i, salt = vault id, info = "scrim-holder-sign/v1" ‖ u16 i)
#pragma once

#include "vault/vault.h"

#define SCRIM_HOLDER_SECRET 64 // bytes: seed and public key, as libsodium signs with

// Wipe `ret_secret`, which may be NULL if only the public key is wanted.
void scrim_holder_key(const struct scrim_share *share, uint8_t ret_public[32],
                      uint8_t ret_secret[SCRIM_HOLDER_SECRET]);
