// A FIDO2 security token that is plugged in, as far as a share file needs one: it makes a
// credential, and 32 bytes from that credential and a salt (CTAP 2.1, 12.5 "hmac-secret"), hashed
// as WebAuthn's PRF extension does it, so that a browser gets the same bytes. PIN or finger is
// always asked for, and a touch.
//
// The only folder that speaks to devices; src/people verifies what a browser's token signed.
#pragma once

#include "vault/share_file.h"

#include "base/buf.h"

// How to reach the person in front of the token. `device` is what to call it: "Yubico YubiKey
// (/dev/hidraw1)".
struct scrim_token_person {
    const void *context;
    // Fills `ret` with the PIN, NUL-terminated; it is initialised here, as scrim_passphrase_read
    // does it, and wiped by the caller. `tries_left` is -1 where the token does not say.
    int (*pin)(const void *context, const char *device, int tries_left, struct scrim_buf *ret,
               struct scrim_error *error);
    void (*touch)(const void *context, const char *device); // it now waits for a touch
};

struct scrim_token_use {
    const char *const *devices; // paths; none: whatever is plugged in
    size_t devices_count;
    struct scrim_token_person person;
};

// Makes a credential for the share of `holder` and a salt, and derives their secret. Wants exactly
// one token. Wipe `ret_secret` after use.
SCRIM_MUST_CHECK int scrim_token_make(const struct scrim_token_use *use, const char *rp_id,
                                      const char *holder, struct scrim_share_token *ret,
                                      uint8_t ret_secret[SCRIM_TOKEN_SECRET],
                                      struct scrim_error *error);

// The secret of a share file that says `token`, from whichever token has its credential. A token
// that has not is told without a PIN. SCRIM_ENOENT: none is plugged in; SCRIM_EAUTH: another token,
// a wrong PIN, or a blocked one; SCRIM_ETIMEOUT: nobody touched it; SCRIM_EIO: it went away.
SCRIM_MUST_CHECK int scrim_token_secret(const struct scrim_token_use *use,
                                        const struct scrim_share_token *token,
                                        uint8_t ret_secret[SCRIM_TOKEN_SECRET],
                                        struct scrim_error *error);
