// A new vault on its way from the parent, which reads it, to the sealer, which can open no file: it
// comes with an order (SCRIM_ORDER_VAULT), and every segment that begins from then on is sealed to
// it.
#pragma once

#include "vault/vault.h"

SCRIM_MUST_CHECK int scrim_vault_gate_send(int orders_fd, const struct scrim_vault *vault,
                                           struct scrim_error *error);
// For the sealer: what came with the order. Closes `fd`.
SCRIM_MUST_CHECK int scrim_vault_gate_receive(int fd, struct scrim_vault *ret,
                                              struct scrim_error *error);
