// A new dealing of the same vault: new shares for other holders, another k, another n, and the same
// public key, by verifiable resharing (Desmedt and Jajodia 1997; Wong, Wang and Wing 2002). Each of
// k old holders shares their own share among the new ones with a fresh polynomial and Feldman
// commitments to it; a new share is made of what one new holder got from each:
//
//     g_i random, degree k' - 1, g_i(0) = x_i       B_i,m = (coefficient m of g_i)·G     B_i,0 =
//     Y_i x'_j = Σ λ_i·g_i(j)                           A'_m  = Σ λ_i·B_i,m                   A'_0
//     = Y
//
// The secret is not computed, and no polynomial that begins with it. A part that does not lie on
// its dealer's commitments names that dealer. Old and new shares do not go together: they are
// points of two polynomials that have nothing but f(0) in common.
#pragma once

#include "vault/vault.h"

// What one old holder says to everybody.
struct scrim_reshare_deal {
    unsigned holder;    // the old index, i
    unsigned threshold; // k' of the new dealing
    uint8_t commitments[SCRIM_VAULT_HOLDERS_MAX][32];
};

// For the old holder: `ret_parts` has n entries, the one at j - 1 is for new holder j alone. Wipe
// them. SCRIM_EAUTH if the share is not of the vault's present dealing.
SCRIM_MUST_CHECK int scrim_reshare_deal(const struct scrim_vault *vault,
                                        const struct scrim_share *share, unsigned k, unsigned n,
                                        struct scrim_reshare_deal *ret, uint8_t (*ret_parts)[32],
                                        struct scrim_error *error);
// For new holder `index`: SCRIM_EAUTH, naming the old holder, if the part is not on the
// commitments, or these are not to the old holder's share.
SCRIM_MUST_CHECK int scrim_reshare_verify(const struct scrim_vault *vault,
                                          const struct scrim_reshare_deal *deal, unsigned index,
                                          const uint8_t part[32], struct scrim_error *error);

// Whether `next` is what these deals make of `vault`: same public key, the next dealing,
// commitments as above. Needs public facts only.
SCRIM_MUST_CHECK int scrim_reshare_check(const struct scrim_vault *vault,
                                         const struct scrim_reshare_deal *deals, size_t count,
                                         const struct scrim_vault *next, struct scrim_error *error);

// All of it in one sitting, by the shares of k old holders (more are not used). `names` and `lines`
// have n entries. `ret_deals` has room for k, `ret_shares` for n; wipe those.
SCRIM_MUST_CHECK int
scrim_vault_reshare(const struct scrim_vault *vault, const struct scrim_share *shares, size_t count,
                    unsigned k, unsigned n, const char *const *names, const char *const *lines,
                    struct scrim_vault *ret_vault, struct scrim_share *ret_shares,
                    struct scrim_reshare_deal *ret_deals, struct scrim_error *error);
