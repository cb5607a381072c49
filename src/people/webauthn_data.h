// The three forms inside a WebAuthn answer, out of their bytes: client data (JSON), authenticator
// data (binary), attestation object (CBOR). Strict; nothing of it is trusted yet.
#pragma once

#include "people/webauthn.h"

// Flags of authenticator data (WebAuthn, 6.1).
enum {
    SCRIM_AUTHENTICATOR_PRESENT = 0x01,  // UP
    SCRIM_AUTHENTICATOR_VERIFIED = 0x04, // UV
    SCRIM_AUTHENTICATOR_ATTESTED = 0x40, // AT
    SCRIM_AUTHENTICATOR_EXTENDED = 0x80, // ED
};

struct scrim_authenticator_data {
    const uint8_t *rp_id_hash; // 32 bytes; this and the other pointers are views
    uint8_t flags;
    uint32_t count;
    const uint8_t *id; // with ATTESTED only, as `alg`
    size_t id_len;
    int alg;
};

struct scrim_attestation {
    bool packed; // self attestation; else "none"
    int alg;     // of the two below, with `packed` only
    const uint8_t *signature;
    size_t signature_len;
    const uint8_t *data; // authenticator data
    size_t data_len;
};

// True if it says exactly what is expected: type "webauthn.create" or "webauthn.get", the
// challenge, the origin, and not from within a frame of another site.
SCRIM_MUST_CHECK int scrim_client_data_check(const void *bytes, size_t count, const char *type,
                                             const struct scrim_webauthn_expected *expected,
                                             struct scrim_error *error);
SCRIM_MUST_CHECK bool scrim_authenticator_data_parse(const uint8_t *bytes, size_t count,
                                                     struct scrim_authenticator_data *ret);
SCRIM_MUST_CHECK bool scrim_attestation_parse(const uint8_t *bytes, size_t count,
                                              struct scrim_attestation *ret);
