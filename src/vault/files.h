// The vault's files as bytes in memory, for the fuzz targets; vault.h has the functions that take
// paths.
#pragma once

#include "vault/share_file.h"

SCRIM_MUST_CHECK int scrim_vault_parse(const void *bytes, size_t count, struct scrim_vault *ret,
                                       struct scrim_error *error);
// The bytes of state/vault.json.
SCRIM_MUST_CHECK int scrim_vault_write(const struct scrim_vault *vault, struct scrim_buf *ret);
SCRIM_MUST_CHECK int scrim_share_parse(const void *bytes, size_t count, const char *passphrase,
                                       struct scrim_share *ret, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_share_parse_token(const void *bytes, size_t count,
                                             const uint8_t secret[SCRIM_TOKEN_SECRET],
                                             struct scrim_share *ret, struct scrim_error *error);
