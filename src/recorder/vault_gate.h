// What the site's vault is when recording begins, and when it changes. A site goes live only with a
// vault whose present dealing was opened in a test (vault/test_opening.h). The parent reads it; the
// sealer, which can open no file, is given a new one with an order (SCRIM_ORDER_VAULT), and every
// segment that begins from then on is sealed to it.
#pragma once

#include "vault/vault.h"

// DIR/state/vault.json and the proof beside it. The sentence says which command is missing.
SCRIM_MUST_CHECK int scrim_vault_gate_load(const char *dir, struct scrim_vault *ret,
                                           struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_vault_gate_send(int orders_fd, const struct scrim_vault *vault,
                                           struct scrim_error *error);
// For the sealer: what came with the order. Closes `fd`.
SCRIM_MUST_CHECK int scrim_vault_gate_receive(int fd, struct scrim_vault *ret,
                                              struct scrim_error *error);
