// Recovery codes: the way in for somebody whose phone or key is lost. Ten at a time, each works
// once. A code is 80 random bits as "abcd-efgh-jkmn-pqrs"; only its hash is kept, and with so many
// bits a plain hash is enough.
#pragma once

#include "base/error.h"

#include <stdint.h>

#define SCRIM_RECOVERY_CODES 10
#define SCRIM_RECOVERY_TEXT 20 // with NUL
#define SCRIM_RECOVERY_HASH 32

// A fresh code and its hash. The caller wipes the code.
void scrim_recovery_make(char ret_code[SCRIM_RECOVERY_TEXT], uint8_t ret_hash[SCRIM_RECOVERY_HASH]);
// The hash of a code as somebody typed it: in any case, with or without hyphens and blanks. False
// if it cannot be one.
bool scrim_recovery_hash(const char *text, uint8_t ret_hash[SCRIM_RECOVERY_HASH]);
