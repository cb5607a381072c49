// Opening: what one holder contributes, how it is verified, and how k of them give the file key
// (docs/ref/formats/scrim-tdh2.md "Partial opening" and "Combine"). Per segment, always.
#include "vault/tdh2_impl.h"

#include "vault/polynomial.h"

#include <string.h>

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES]; // wk is used once

// e_i = scalar(SHA-512("scrim-tdh2/v1 share" ‖ vault id ‖ i ‖ U ‖ Y_i ‖ U_i ‖ R ‖ R̂ ‖ request id)).
static void challenge(const struct scrim_vault *vault, const struct scrim_tdh2 *sealed,
                      const uint8_t request_id[SCRIM_REQUEST_ID], unsigned index,
                      const uint8_t u_i[POINT_BYTES], const uint8_t commitment[POINT_BYTES],
                      const uint8_t commitment_hat[POINT_BYTES], uint8_t ret[SCALAR_BYTES])
{
    struct scrim_transcript transcript;
    scrim_transcript_init(&transcript, "scrim-tdh2/v1 share");
    scrim_transcript_add(&transcript, vault->id, SCRIM_VAULT_ID);
    scrim_transcript_add_u16(&transcript, (uint16_t)index);
    scrim_transcript_add(&transcript, sealed->u, POINT_BYTES);
    scrim_transcript_add(&transcript, vault->verify_keys[index - 1], POINT_BYTES);
    scrim_transcript_add(&transcript, u_i, POINT_BYTES);
    scrim_transcript_add(&transcript, commitment, POINT_BYTES);
    scrim_transcript_add(&transcript, commitment_hat, POINT_BYTES);
    scrim_transcript_add(&transcript, request_id, SCRIM_REQUEST_ID);
    scrim_transcript_scalar(&transcript, ret);
}

int scrim_tdh2_partial_with(const struct scrim_vault *vault, const struct scrim_share *share,
                            const struct scrim_tdh2 *sealed,
                            const uint8_t request_id[SCRIM_REQUEST_ID],
                            const uint8_t t[SCALAR_BYTES], struct scrim_partial *ret)
{
    struct scrim_partial partial = {.index = share->index};
    uint8_t commitment[POINT_BYTES], commitment_hat[POINT_BYTES], product[SCALAR_BYTES];
    if (!scrim_point_mul(share->secret, sealed->u, partial.u_i) ||
        !scrim_point_mul(t, NULL, commitment) || !scrim_point_mul(t, sealed->u, commitment_hat))
        return SCRIM_EINVAL;
    challenge(vault, sealed, request_id, share->index, partial.u_i, commitment, commitment_hat,
              partial.e_i);
    crypto_core_ristretto255_scalar_mul(product, share->secret, partial.e_i);
    crypto_core_ristretto255_scalar_add(partial.f_i, t, product);
    sodium_memzero(product, sizeof product);
    *ret = partial;
    return SCRIM_OK;
}

int scrim_tdh2_partial(const struct scrim_vault *vault, const struct scrim_share *share,
                       const struct scrim_tdh2 *sealed, const uint8_t request_id[SCRIM_REQUEST_ID],
                       struct scrim_partial *ret, struct scrim_error *error)
{
    int result = scrim_share_check(vault, share, error);
    if (result >= 0)
        result = scrim_tdh2_check(vault, sealed, error);
    if (result < 0)
        return result;
    uint8_t t[SCALAR_BYTES];
    crypto_core_ristretto255_scalar_random(t);
    result = scrim_tdh2_partial_with(vault, share, sealed, request_id, t, ret);
    sodium_memzero(t, sizeof t);
    if (result < 0)
        return scrim_fail(error, result, "the share of %s cannot open this segment", share->name);
    return SCRIM_OK;
}

static bool partial_holds(const struct scrim_vault *vault, const struct scrim_tdh2 *sealed,
                          const uint8_t request_id[SCRIM_REQUEST_ID],
                          const struct scrim_partial *partial)
{
    const uint8_t *verify_key = vault->verify_keys[partial->index - 1];
    uint8_t commitment[POINT_BYTES], commitment_hat[POINT_BYTES], expected[SCALAR_BYTES];
    if (!scrim_point_valid(partial->u_i) || !scrim_scalar_valid(partial->e_i) ||
        !scrim_scalar_valid(partial->f_i) ||
        !scrim_point_mul_sub(partial->f_i, NULL, partial->e_i, verify_key, commitment) ||
        !scrim_point_mul_sub(partial->f_i, sealed->u, partial->e_i, partial->u_i, commitment_hat))
        return false;
    challenge(vault, sealed, request_id, partial->index, partial->u_i, commitment, commitment_hat,
              expected);
    return sodium_memcmp(expected, partial->e_i, SCALAR_BYTES) == 0;
}

int scrim_partial_verify(const struct scrim_vault *vault, const struct scrim_tdh2 *sealed,
                         const uint8_t request_id[SCRIM_REQUEST_ID],
                         const struct scrim_partial *partial, struct scrim_error *error)
{
    if (partial->index < 1 || partial->index > vault->holders_count)
        return scrim_fail(error, SCRIM_EINVAL, "there is no holder %u in this vault of %u",
                          partial->index, vault->holders_count);
    if (!partial_holds(vault, sealed, request_id, partial))
        return scrim_fail(error, SCRIM_EAUTH,
                          "the part of holder %u (%s) is wrong for this segment and request",
                          partial->index, vault->names[partial->index - 1]);
    return SCRIM_OK;
}

// All of them are verified, also those beyond k: a lie is never passed over in silence.
static int verify_all(const struct scrim_vault *vault, const struct scrim_tdh2 *sealed,
                      const uint8_t request_id[SCRIM_REQUEST_ID],
                      const struct scrim_partial *partials, size_t count, struct scrim_error *error)
{
    uint64_t seen = 0; // SCRIM_VAULT_HOLDERS_MAX bits
    for (size_t i = 0; i < count; i++) {
        const int result = scrim_partial_verify(vault, sealed, request_id, &partials[i], error);
        if (result < 0)
            return result;
        const uint64_t bit = UINT64_C(1) << (partials[i].index - 1);
        if (seen & bit)
            return scrim_fail(error, SCRIM_EINVAL, "holder %u (%s) is given twice",
                              partials[i].index, vault->names[partials[i].index - 1]);
        seen |= bit;
    }
    if (count < vault->threshold)
        return scrim_fail(error, SCRIM_EACCESS, "%u holders must agree, only %zu did",
                          vault->threshold, count);
    return SCRIM_OK;
}

// Z = Σ λ_i·U_i over the first k partials. False if it is the identity.
static bool interpolate(const struct scrim_partial *partials, unsigned k, uint8_t ret[POINT_BYTES])
{
    unsigned indices[SCRIM_VAULT_HOLDERS_MAX];
    uint8_t term[POINT_BYTES];
    bool done = true;
    for (unsigned i = 0; i < k; i++)
        indices[i] = partials[i].index;
    for (unsigned i = 0; i < k && done; i++) {
        uint8_t lambda[SCALAR_BYTES];
        scrim_lagrange_at_zero(indices, k, i, lambda);
        done = scrim_point_mul(lambda, partials[i].u_i, i == 0 ? ret : term) &&
               (i == 0 || crypto_core_ristretto255_add(ret, ret, term) == 0);
    }
    sodium_memzero(term, sizeof term);
    return done && !sodium_is_zero(ret, POINT_BYTES);
}

int scrim_tdh2_combine(const struct scrim_vault *vault, const struct scrim_tdh2 *sealed,
                       const uint8_t request_id[SCRIM_REQUEST_ID],
                       const struct scrim_partial *partials, size_t count,
                       const uint8_t hour_key[SCRIM_HOUR_KEY],
                       uint8_t ret_file_key[SCRIM_AGE_FILE_KEY], struct scrim_error *error)
{
    int result = scrim_tdh2_check(vault, sealed, error);
    if (result >= 0)
        result = verify_all(vault, sealed, request_id, partials, count, error);
    if (result < 0)
        return result;

    uint8_t z[POINT_BYTES], wrap_key[32];
    result = interpolate(partials, vault->threshold, z) ? SCRIM_OK : SCRIM_EAUTH;
    if (result >= 0)
        result =
            scrim_tdh2_wrap_key(z, hour_key, sealed->u, sealed->vault_id, &sealed->label, wrap_key);
    if (result >= 0)
        result = crypto_aead_chacha20poly1305_ietf_decrypt(ret_file_key, NULL, NULL, sealed->c,
                                                           sizeof sealed->c, NULL, 0, zero_nonce,
                                                           wrap_key) == 0
                     ? SCRIM_OK
                     : SCRIM_EAUTH;
    sodium_memzero(z, sizeof z);
    sodium_memzero(wrap_key, sizeof wrap_key);
    if (result < 0)
        return scrim_fail(error, result,
                          "the hour key is not the one this segment was sealed with");
    return SCRIM_OK;
}
