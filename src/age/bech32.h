// Bech32 (BIP 173) without its length limit, as age.md uses it for keys.
#pragma once

#include "base/buf.h"

// Decodes `text` if it is all in one case and its part before the last '1' is exactly `prefix`,
// upper or lower case as given. The data must be exactly `count` bytes. SCRIM_EFORMAT otherwise.
// Constant time in the data, which may be a secret key.
SCRIM_MUST_CHECK int scrim_bech32_decode(const char *text, const char *prefix, uint8_t *ret,
                                         size_t count);

// Writes `count` bytes as "<prefix>1<data><checksum>", in the case of `prefix`, NUL-terminated.
// `size` is at least SCRIM_BECH32_TEXT(strlen(prefix), count); SCRIM_EINVAL otherwise. Constant
// time in the data.
#define SCRIM_BECH32_TEXT(prefix_length, count) ((prefix_length) + 1 + ((count)*8 + 4) / 5 + 6 + 1)
SCRIM_MUST_CHECK int scrim_bech32_encode(const char *prefix, const uint8_t *bytes, size_t count,
                                         char *ret, size_t size);
