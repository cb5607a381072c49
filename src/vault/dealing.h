// What follows from a dealing of shares: ids, and the keys that holders sign with. Private to
// src/vault.
#pragma once

#include "vault/vault.h"

// First 16 bytes of SHA-256("scrim-vault/v1" ‖ Y): the same for every dealing of this secret.
void scrim_vault_compute_id(const struct scrim_vault *vault, uint8_t ret[SCRIM_VAULT_ID]);
// SHA-256("scrim-dealing/v1" ‖ id ‖ u32 dealing ‖ u16 k ‖ u16 n ‖ A_0 … A_{k-1} ‖ for each holder:
// Y_i ‖ signing key ‖ u8 length, name ‖ u8 length, line).
void scrim_vault_compute_dealing_id(const struct scrim_vault *vault, uint8_t ret[SCRIM_DEALING_ID]);

// Completes a dealing: `vault` has its numbers, names, lines, commitments and verification keys,
// each share its secret. Sets ids and signing keys, and whose share each is.
void scrim_dealing_complete(struct scrim_vault *vault, struct scrim_share *shares);
