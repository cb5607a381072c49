#include "vault/polynomial.h"

#include <string.h>

void scrim_polynomial_evaluate(const uint8_t (*coefficients)[SCALAR_BYTES], unsigned count,
                               unsigned index, uint8_t ret[SCALAR_BYTES])
{
    uint8_t at[SCALAR_BYTES], sum[SCALAR_BYTES];
    scrim_scalar_from_integer(index, at);
    memcpy(sum, coefficients[count - 1], SCALAR_BYTES);
    for (unsigned j = count - 1; j > 0; j--) {
        crypto_core_ristretto255_scalar_mul(sum, sum, at);
        crypto_core_ristretto255_scalar_add(sum, sum, coefficients[j - 1]);
    }
    memcpy(ret, sum, SCALAR_BYTES);
    sodium_memzero(sum, sizeof sum);
}

bool scrim_polynomial_public(const uint8_t (*commitments)[POINT_BYTES], unsigned count,
                             unsigned index, uint8_t ret[POINT_BYTES])
{
    uint8_t at[SCALAR_BYTES], sum[POINT_BYTES];
    scrim_scalar_from_integer(index, at);
    memcpy(sum, commitments[count - 1], POINT_BYTES);
    for (unsigned j = count - 1; j > 0; j--)
        if (!scrim_point_mul(at, sum, sum) ||
            crypto_core_ristretto255_add(sum, sum, commitments[j - 1]) != 0)
            return false;
    memcpy(ret, sum, POINT_BYTES);
    return !sodium_is_zero(sum, POINT_BYTES);
}

void scrim_lagrange_at_zero(const unsigned *indices, unsigned count, unsigned which,
                            uint8_t ret[SCALAR_BYTES])
{
    uint8_t numerator[SCALAR_BYTES], denominator[SCALAR_BYTES], own[SCALAR_BYTES];
    scrim_scalar_from_integer(1, numerator);
    scrim_scalar_from_integer(1, denominator);
    scrim_scalar_from_integer(indices[which], own);
    for (unsigned j = 0; j < count; j++) {
        uint8_t other[SCALAR_BYTES], difference[SCALAR_BYTES];
        if (j == which)
            continue;
        scrim_scalar_from_integer(indices[j], other);
        crypto_core_ristretto255_scalar_sub(difference, other, own);
        crypto_core_ristretto255_scalar_mul(numerator, numerator, other);
        crypto_core_ristretto255_scalar_mul(denominator, denominator, difference);
    }
    // Distinct indices below q: the denominator is never zero, so this cannot fail.
    uint8_t inverse[SCALAR_BYTES] = {0};
    (void)crypto_core_ristretto255_scalar_invert(inverse, denominator);
    crypto_core_ristretto255_scalar_mul(ret, numerator, inverse);
}
