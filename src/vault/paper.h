// A share on paper: Bech32 text (BIP 173) that a person can copy, and a printer can make a QR code
// of.
//
//     "SCRIM-SHARE-1" ‖ data ‖ checksum, upper case
//     data = u8 1 ‖ first 8 bytes of the vault id ‖ u16 dealing ‖ u8 index ‖ x_i, 32 bytes
//
// Its 77 characters after the '1' are within the length for which BIP 173 promises that four wrong
// characters are noticed, wherever they are. What it does not carry, names and the rest of the
// vault id, the vault's public part has; whether the secret is right, its verify key tells.
#pragma once

#include "vault/vault.h"

#define SCRIM_PAPER_VAULT 8 // bytes of the vault id
#define SCRIM_PAPER_TEXT 91 // characters and a NUL

struct scrim_paper {
    uint8_t vault[SCRIM_PAPER_VAULT];
    unsigned dealing, index;
    uint8_t secret[32];
};

// The text of a share of this vault. Wipe it.
SCRIM_MUST_CHECK int scrim_paper_write(const struct scrim_vault *vault,
                                       const struct scrim_share *share, char ret[SCRIM_PAPER_TEXT],
                                       struct scrim_error *error);

// Reads what somebody typed: white space and the case of letters do not count, anything else does.
// Wipe `ret` (sodium_memzero), on failure too.
SCRIM_MUST_CHECK int scrim_paper_read(const void *text, size_t count, struct scrim_paper *ret,
                                      struct scrim_error *error);
bool scrim_paper_is_of(const struct scrim_paper *paper, const struct scrim_vault *vault);
// The share as its holder had it; SCRIM_EAUTH if it is none of this vault's present dealing.
SCRIM_MUST_CHECK int scrim_paper_share(const struct scrim_paper *paper,
                                       const struct scrim_vault *vault, struct scrim_share *ret,
                                       struct scrim_error *error);
