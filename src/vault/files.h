// The vault's files as bytes in memory, for the fuzz targets; vault.h has the functions that take
// paths.
#pragma once

#include "vault/vault.h"

SCRIM_MUST_CHECK int scrim_vault_parse(const void *bytes, size_t count, struct scrim_vault *ret,
                                       struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_share_parse(const void *bytes, size_t count, const char *passphrase,
                                       struct scrim_share *ret, struct scrim_error *error);
