// Shamir's sharing over the scalars, Feldman's commitments to it, and Lagrange's way back to zero.
#pragma once

#include "vault/group.h"

// ret = f(index) for f = Σ coefficients[j]·X^j. Constant time in the coefficients.
void scrim_polynomial_evaluate(const uint8_t (*coefficients)[SCALAR_BYTES], unsigned count,
                               unsigned index, uint8_t ret[SCALAR_BYTES]);
// ret = Σ index^j·commitments[j], which is f(index)·G. False if a step is the identity.
SCRIM_MUST_CHECK bool scrim_polynomial_public(const uint8_t (*commitments)[POINT_BYTES],
                                              unsigned count, unsigned index,
                                              uint8_t ret[POINT_BYTES]);
// ret = λ_which = Π_{j ≠ which} indices[j] / (indices[j] − indices[which]). The indices are
// distinct.
void scrim_lagrange_at_zero(const unsigned *indices, unsigned count, unsigned which,
                            uint8_t ret[SCALAR_BYTES]);
