// Inside the vault: what a decision's signature is over. Only src/vault and tests include this.
#pragma once

#include "vault/decision.h"

// "scrim-decision/v1" ‖ request ‖ vault ‖ dealing ‖ u16 holder ‖ u8 approve ‖ u64 at_us ‖
// SHA-256(reason) ‖ SHA-256(partials)
#define SCRIM_DECISION_SIGNED_BYTES (17 + 32 + 16 + 32 + 2 + 1 + 8 + 32 + 32)
void scrim_decision_signed_bytes(const struct scrim_decision *decision,
                                 uint8_t ret[SCRIM_DECISION_SIGNED_BYTES]);
