// Bech32 (BIP 173) without its length limit, as age.md uses it for keys.
#pragma once

#include "base/buf.h"

// Decodes `text` if it is all in one case and its part before the last '1' is exactly `prefix`,
// upper or lower case as given. The data must be exactly `count` bytes. SCRIM_EFORMAT otherwise.
// Constant time in the data, which may be a secret key.
SCRIM_MUST_CHECK int scrim_bech32_decode(const char *text, const char *prefix, uint8_t *ret,
                                         size_t count);
