// HKDF-SHA-256 (RFC 5869: Extract, then Expand) with 32 bytes of output, as age and scrim-tdh2 use
// it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SCRIM_HKDF_OUTPUT 32

// An empty salt is allowed and means RFC 5869's string of zeroes. Wipe the output after use.
void scrim_hkdf_sha256(const void *ikm, size_t ikm_count, const void *salt, size_t salt_count,
                       const void *info, size_t info_count, uint8_t ret[SCRIM_HKDF_OUTPUT]);
