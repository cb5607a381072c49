// Digest access authentication (RFC 2617, MD5 without qop, as cameras have it) for RTSP requests.
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define AUTH_REALM "camload"

void auth_new_nonce(char ret[33]);
// `header`: the value of Authorization, NUL-terminated; true if it answers the nonce.
bool auth_fits(const char *header, const char *method, const char *user, const char *password,
               const char *nonce);
// True if it answers another nonce than this one.
bool auth_is_stale(const char *header, const char *nonce);
