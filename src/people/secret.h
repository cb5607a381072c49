// Secrets that stand for a right: session tokens, invitations, API tokens. 256 random bits as
// base64url; only their SHA-256 is kept, which is enough for a secret that nobody could guess.
#pragma once

#include "base/error.h"

#include <stdint.h>

#define SCRIM_SECRET_TEXT 44 // base64url of 32 bytes without padding (RFC 4648 §5), and NUL
#define SCRIM_SECRET_HASH 32

// A fresh one. Wipe the text when it has been handed over.
void scrim_secret_make(char ret_text[SCRIM_SECRET_TEXT], uint8_t ret_hash[SCRIM_SECRET_HASH]);
// The hash of one that somebody sent; false if it cannot be one.
SCRIM_MUST_CHECK bool scrim_secret_hash(const char *text, uint8_t ret_hash[SCRIM_SECRET_HASH]);
