#include "vault/reshare.h"

#include "vault/dealing.h"
#include "vault/polynomial.h"
#include "vault/reshare_impl.h"
#include "vault/tdh2_impl.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX SCRIM_VAULT_HOLDERS_MAX

// --- one old holder ---

int scrim_reshare_deal_with(const struct scrim_share *share, unsigned k, unsigned n,
                            const uint8_t (*coefficients)[SCALAR_BYTES],
                            struct scrim_reshare_deal *ret, uint8_t (*ret_parts)[SCALAR_BYTES])
{
    struct scrim_reshare_deal deal = {.holder = share->index, .threshold = k};
    for (unsigned m = 0; m < k; m++) {
        if (!scrim_point_mul(coefficients[m], NULL, deal.commitments[m]))
            return SCRIM_EINVAL;
    }
    for (unsigned j = 0; j < n; j++)
        scrim_polynomial_evaluate(coefficients, k, j + 1, ret_parts[j]);
    *ret = deal;
    return SCRIM_OK;
}

int scrim_reshare_deal(const struct scrim_vault *vault, const struct scrim_share *share, unsigned k,
                       unsigned n, struct scrim_reshare_deal *ret,
                       uint8_t (*ret_parts)[SCALAR_BYTES], struct scrim_error *error)
{
    uint8_t coefficients[MAX][SCALAR_BYTES];
    int result = scrim_share_check(vault, share, error);
    if (result >= 0 && (k < 2 || k > n || n > MAX))
        result = scrim_fail(error, SCRIM_EINVAL, "%u of %u is no vault", k, n);
    if (result < 0)
        return result;
    (void)sodium_mlock(coefficients, sizeof coefficients); // best effort: the limit may be low
    memcpy(coefficients[0], share->secret, SCALAR_BYTES);
    for (unsigned m = 1; m < k; m++)
        crypto_core_ristretto255_scalar_random(coefficients[m]);
    result = scrim_reshare_deal_with(share, k, n, coefficients, ret, ret_parts);
    (void)sodium_munlock(coefficients, sizeof coefficients); // which also wipes it
    return result < 0 ? scrim_fail(error, result, "the share of %s cannot be shared", share->name)
                      : SCRIM_OK;
}

// --- one new holder ---

static int check_deal(const struct scrim_vault *vault, const struct scrim_reshare_deal *deal,
                      struct scrim_error *error)
{
    if (deal->holder < 1 || deal->holder > vault->holders_count)
        return scrim_fail(error, SCRIM_EINVAL, "there is no holder %u in this vault of %u",
                          deal->holder, vault->holders_count);
    bool fine =
        deal->threshold >= 2 && deal->threshold <= MAX &&
        memcmp(deal->commitments[0], vault->verify_keys[deal->holder - 1], POINT_BYTES) == 0;
    for (unsigned m = 1; m < deal->threshold && fine; m++)
        fine = scrim_point_valid(deal->commitments[m]);
    if (!fine)
        return scrim_fail(error, SCRIM_EAUTH, "what holder %u (%s) shares is not their share",
                          deal->holder, vault->names[deal->holder - 1]);
    return SCRIM_OK;
}

int scrim_reshare_verify(const struct scrim_vault *vault, const struct scrim_reshare_deal *deal,
                         unsigned index, const uint8_t part[SCALAR_BYTES],
                         struct scrim_error *error)
{
    uint8_t expected[POINT_BYTES], found[POINT_BYTES];
    const int result = check_deal(vault, deal, error);
    if (result < 0)
        return result;
    if (index < 1 || index > MAX || !scrim_scalar_valid(part) ||
        !scrim_polynomial_public(deal->commitments, deal->threshold, index, expected) ||
        !scrim_point_mul(part, NULL, found) || memcmp(expected, found, POINT_BYTES) != 0)
        return scrim_fail(
            error, SCRIM_EAUTH,
            "the part of holder %u (%s) for new holder %u is not what they committed to",
            deal->holder, vault->names[deal->holder - 1], index);
    return SCRIM_OK;
}

// --- all of them ---

// λ of each deal. Exactly k of the old holders, all different, all for the same k'.
static int coefficients_of(const struct scrim_vault *vault, const struct scrim_reshare_deal *deals,
                           size_t count, uint8_t ret[MAX][SCALAR_BYTES], struct scrim_error *error)
{
    unsigned indices[MAX];
    int result = SCRIM_OK;
    if (count != vault->threshold)
        return scrim_fail(error, SCRIM_EACCESS, "%u holders must share their shares, %zu did",
                          vault->threshold, count);
    for (size_t i = 0; i < count && result >= 0; i++) {
        indices[i] = deals[i].holder;
        result = check_deal(vault, &deals[i], error);
        for (size_t other = 0; other < i && result >= 0; other++) {
            if (indices[other] == indices[i])
                result = scrim_fail(error, SCRIM_EINVAL, "holder %u (%s) is given twice",
                                    indices[i], vault->names[indices[i] - 1]);
        }
        if (result >= 0 && deals[i].threshold != deals[0].threshold)
            result = scrim_fail(error, SCRIM_EINVAL, "the holders share for different thresholds");
    }
    for (size_t i = 0; i < count && result >= 0; i++)
        scrim_lagrange_at_zero(indices, (unsigned)count, (unsigned)i, ret[i]);
    return result;
}

// A'_m = Σ λ_i·B_i,m and what follows from them.
static int public_part(const struct scrim_vault *vault, const struct scrim_reshare_deal *deals,
                       size_t count, unsigned n, struct scrim_vault *ret, struct scrim_error *error)
{
    uint8_t lambdas[MAX][SCALAR_BYTES], term[POINT_BYTES];
    const int result = coefficients_of(vault, deals, count, lambdas, error);
    if (result < 0)
        return result;
    bool done = true;
    ret->threshold = deals[0].threshold;
    ret->holders_count = n;
    for (unsigned m = 0; m < ret->threshold && done; m++) {
        for (size_t i = 0; i < count && done; i++) {
            uint8_t *sum = ret->commitments[m];
            done = scrim_point_mul(lambdas[i], deals[i].commitments[m], i == 0 ? sum : term) &&
                   (i == 0 || crypto_core_ristretto255_add(sum, sum, term) == 0);
        }
    }
    for (unsigned j = 0; j < n && done; j++)
        done =
            scrim_polynomial_public(ret->commitments, ret->threshold, j + 1, ret->verify_keys[j]);
    memcpy(ret->public_key, ret->commitments[0], POINT_BYTES);
    if (!done || memcmp(ret->public_key, vault->public_key, POINT_BYTES) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "these parts do not make shares of this vault");
    return SCRIM_OK;
}

int scrim_reshare_check(const struct scrim_vault *vault, const struct scrim_reshare_deal *deals,
                        size_t count, const struct scrim_vault *next, struct scrim_error *error)
{
    struct scrim_vault *made = scrim_new(struct scrim_vault);
    int result = public_part(vault, deals, count, next->holders_count, made, error);
    if (result >= 0 && (memcmp(next->id, vault->id, SCRIM_VAULT_ID) != 0 ||
                        next->dealing != vault->dealing + 1 || next->threshold != made->threshold ||
                        memcmp(next->commitments, made->commitments,
                               (size_t)made->threshold * sizeof made->commitments[0]) != 0))
        result = scrim_fail(error, SCRIM_EAUTH, "these parts do not make this dealing");
    free(made);
    return result;
}

// What every new holder gets from every old one.
struct parts {
    uint8_t of[MAX][MAX][SCALAR_BYTES]; // old holder, new holder
};

// x'_j = Σ λ_i·g_i(j), after each part was verified.
static int add_up(const struct scrim_vault *vault, const struct scrim_reshare_deal *deals,
                  const struct parts *parts, unsigned index, struct scrim_share *share,
                  struct scrim_error *error)
{
    uint8_t lambdas[MAX][SCALAR_BYTES], term[SCALAR_BYTES];
    int result = coefficients_of(vault, deals, vault->threshold, lambdas, error);
    memset(share->secret, 0, sizeof share->secret);
    for (unsigned i = 0; i < vault->threshold && result >= 0; i++) {
        const uint8_t *part = parts->of[i][index - 1];
        result = scrim_reshare_verify(vault, &deals[i], index, part, error);
        crypto_core_ristretto255_scalar_mul(term, lambdas[i], part);
        crypto_core_ristretto255_scalar_add(share->secret, share->secret, term);
    }
    sodium_memzero(term, sizeof term);
    return result;
}

static int add_up_all(const struct scrim_vault *vault, const struct scrim_reshare_deal *deals,
                      const struct parts *parts, unsigned n, struct scrim_share *ret_shares,
                      struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (unsigned j = 0; j < n && result >= 0; j++)
        result = add_up(vault, deals, parts, j + 1, &ret_shares[j], error);
    return result;
}

static int deal_all(const struct scrim_vault *vault, const struct scrim_share *shares, unsigned k,
                    unsigned n, struct scrim_reshare_deal *ret_deals, struct parts *parts,
                    struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (unsigned i = 0; i < vault->threshold && result >= 0; i++)
        result = scrim_reshare_deal(vault, &shares[i], k, n, &ret_deals[i], parts->of[i], error);
    return result;
}

static void name_holders(const struct scrim_vault *vault, unsigned n, const char *const *names,
                         const char *const *lines, struct scrim_vault *next)
{
    next->dealing = vault->dealing + 1;
    next->holders_count = n;
    for (unsigned j = 0; j < n; j++) {
        snprintf(next->names[j], sizeof next->names[j], "%s", names[j]);
        snprintf(next->lines[j], sizeof next->lines[j], "%s", lines[j]);
    }
}

int scrim_vault_reshare(const struct scrim_vault *vault, const struct scrim_share *shares,
                        size_t count, unsigned k, unsigned n, const char *const *names,
                        const char *const *lines, struct scrim_vault *ret_vault,
                        struct scrim_share *ret_shares, struct scrim_reshare_deal *ret_deals,
                        struct scrim_error *error)
{
    if (count < vault->threshold)
        return scrim_fail(error, SCRIM_EACCESS, "%u holders must agree, only %zu did",
                          vault->threshold, count);
    if (n > MAX)
        return scrim_fail(error, SCRIM_EINVAL, "a vault has at most %d holders, not %u", MAX, n);
    struct scrim_vault *next = scrim_new(struct scrim_vault);
    struct parts *parts = scrim_new(struct parts);
    (void)sodium_mlock(parts, sizeof *parts); // best effort: the limit may be low
    name_holders(vault, n, names, lines, next);
    int result = deal_all(vault, shares, k, n, ret_deals, parts, error);
    if (result >= 0)
        result = public_part(vault, ret_deals, vault->threshold, n, next, error);
    if (result >= 0)
        result = add_up_all(vault, ret_deals, parts, n, ret_shares, error);
    if (result >= 0) {
        scrim_dealing_complete(next, ret_shares);
        result = scrim_vault_validate(next, error);
    }
    (void)sodium_munlock(parts, sizeof *parts);
    sodium_memzero(parts, sizeof *parts);
    free(parts);
    if (result >= 0)
        *ret_vault = *next;
    else
        sodium_memzero(ret_shares, n * sizeof *ret_shares);
    free(next);
    return result;
}
