// One-time passwords of a clock: TOTP (RFC 6238) over HOTP (RFC 4226) with SHA-1, six digits and
// steps of 30 s, which every authenticator app has. Pure; nothing is kept here.
#pragma once

#include "base/buf.h"

#define SCRIM_TOTP_SECRET 20      // bytes: as long as SHA-1's output (RFC 4226, 4)
#define SCRIM_TOTP_SECRET_TEXT 33 // base32 of it, and NUL
#define SCRIM_TOTP_DIGITS 6
#define SCRIM_TOTP_STEP_S 30

// The code of a counter, 0…999999 (RFC 4226, 5.3). The secret may have any length up to 64 bytes.
SCRIM_MUST_CHECK int scrim_hotp(const uint8_t *secret, size_t secret_length, uint64_t counter,
                                uint32_t *ret);

// "123456" or "123 456" as people type it; false for anything else.
bool scrim_totp_code_parse(const char *text, uint32_t *ret);

// True if `code` is right for the step of `utc_us`, or for the one before or after (clocks drift),
// and that step is later than `last_step`: a code is taken once. `*ret_step` is then the step to
// remember as the last.
bool scrim_totp_fits(const uint8_t secret[SCRIM_TOTP_SECRET], uint32_t code, int64_t utc_us,
                     int64_t last_step, int64_t *ret_step);

// Base32 (RFC 4648, 6) without padding: what people type when they cannot scan.
void scrim_totp_secret_text(const uint8_t secret[SCRIM_TOTP_SECRET],
                            char ret[SCRIM_TOTP_SECRET_TEXT]);
// "otpauth://totp/SITE:USER?secret=…&issuer=SITE", as authenticator apps read it from a QR code.
SCRIM_MUST_CHECK int scrim_totp_uri(const char *site, const char *user,
                                    const uint8_t secret[SCRIM_TOTP_SECRET], struct scrim_buf *ret);
