// Inside the vault: the steps of TDH2 with their randomness as an argument, so that test vectors
// can fix it. Only src/vault and tests include this; the public functions draw it themselves.
#pragma once

#include "vault/group.h"
#include "vault/label.h"
#include "vault/vault.h"

// coefficients: k scalars, f(0) first.
SCRIM_MUST_CHECK int scrim_vault_generate_with(unsigned k, unsigned n, const char *const *names,
                                               const char *const *lines,
                                               const uint8_t (*coefficients)[SCALAR_BYTES],
                                               struct scrim_vault *ret_vault,
                                               struct scrim_share *ret_shares,
                                               struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_tdh2_seal_with(const struct scrim_vault *vault,
                                          const struct scrim_vault_label *label,
                                          const uint8_t hour_key[SCRIM_HOUR_KEY],
                                          const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                                          const uint8_t r[SCALAR_BYTES],
                                          const uint8_t s[SCALAR_BYTES], struct scrim_tdh2 *ret);
SCRIM_MUST_CHECK int
scrim_tdh2_partial_with(const struct scrim_vault *vault, const struct scrim_share *share,
                        const struct scrim_tdh2 *sealed, const uint8_t request_id[SCRIM_REQUEST_ID],
                        const uint8_t t[SCALAR_BYTES], struct scrim_partial *ret);

// The stanza of an already computed seal.
SCRIM_MUST_CHECK int scrim_tdh2_to_stanza(const struct scrim_tdh2 *sealed,
                                          struct scrim_age_stanza *ret);

// wk = HKDF-SHA-256(ikm = Z ‖ K, salt = U ‖ vault id, info = "scrim-tdh2/v1 wrap" ‖ L). Wipe it.
SCRIM_MUST_CHECK int scrim_tdh2_wrap_key(const uint8_t z[POINT_BYTES],
                                         const uint8_t hour_key[SCRIM_HOUR_KEY],
                                         const uint8_t u[POINT_BYTES],
                                         const uint8_t vault_id[SCRIM_VAULT_ID],
                                         const struct scrim_vault_label *label, uint8_t ret[32]);

// 1 to 63 bytes of UTF-8 that can be part of a file name: no control characters, no '/'.
SCRIM_MUST_CHECK bool scrim_holder_name_valid(const char *name);
// 0 to 63 bytes of UTF-8 without control characters.
SCRIM_MUST_CHECK bool scrim_holder_line_valid(const char *line);
// Everything that must hold of a public part, whoever wrote it.
SCRIM_MUST_CHECK int scrim_vault_validate(const struct scrim_vault *vault,
                                          struct scrim_error *error);
