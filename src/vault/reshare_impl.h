// Inside the vault: resharing with its randomness as an argument, so that test vectors can fix it.
#pragma once

#include "vault/group.h"
#include "vault/reshare.h"

// coefficients: k scalars, the share first.
SCRIM_MUST_CHECK int scrim_reshare_deal_with(const struct scrim_share *share, unsigned k,
                                             unsigned n,
                                             const uint8_t (*coefficients)[SCALAR_BYTES],
                                             struct scrim_reshare_deal *ret,
                                             uint8_t (*ret_parts)[SCALAR_BYTES]);
