// Security keys and passkeys as a second factor: WebAuthn level 2 (W3C), attestation "none".
//
// What a browser sends is read here, strictly; the signatures are libfido2's. Challenges are the
// caller's: random, and used once. Pure: nothing is kept, nothing is connected to a key.
#pragma once

#include "base/buf.h"

#define SCRIM_WEBAUTHN_CHALLENGE 32
#define SCRIM_WEBAUTHN_ID_MAX 1023  // bytes of a credential's id (CTAP 2.1)
#define SCRIM_WEBAUTHN_KEY_MAX 1024 // bytes of a public key as libfido2 has it
#define SCRIM_WEBAUTHN_HOST_MAX 253

// What the answer must have been made for.
struct scrim_webauthn_expected {
    const char *origin; // "https://desk.example:8443"
    const char *rp_id;  // its host: "desk.example"
    uint8_t challenge[SCRIM_WEBAUTHN_CHALLENGE];
};

struct scrim_webauthn_credential {
    uint8_t id[SCRIM_WEBAUTHN_ID_MAX];
    size_t id_len;
    int alg; // COSE: -7 ES256, -8 EdDSA, -257 RS256
    uint8_t key[SCRIM_WEBAUTHN_KEY_MAX];
    size_t key_len;
    uint32_t count; // of signatures; 0 with keys that do not count
    char rp_id[SCRIM_WEBAUTHN_HOST_MAX + 1];
};

// "desk.example:8443" (a Host header) into the two; false if it cannot be an RP ID, as an address
// in digits cannot.
bool scrim_webauthn_host(const char *host, char ret_origin[SCRIM_WEBAUTHN_HOST_MAX + 16],
                         char ret_rp_id[SCRIM_WEBAUTHN_HOST_MAX + 1]);

// The answers below are the JSON of PublicKeyCredential.toJSON() (WebAuthn level 3, 5.1): members
// id, rawId, type, response, all bytes in base64url. `json` need not end with NUL. SCRIM_EFORMAT
// for what is not that, SCRIM_EAUTH, with the reason, for an answer that is not right.

// A new key (7.1). `ret` is what to keep.
SCRIM_MUST_CHECK int scrim_webauthn_register(const char *json, size_t length,
                                             const struct scrim_webauthn_expected *expected,
                                             struct scrim_webauthn_credential *ret,
                                             struct scrim_error *error);
// Which credential an answer says it is of, so that it can be looked up.
SCRIM_MUST_CHECK int scrim_webauthn_answer_id(const char *json, size_t length,
                                              uint8_t ret[SCRIM_WEBAUTHN_ID_MAX], size_t *ret_len,
                                              struct scrim_error *error);
// A key that is known (7.2). `*ret_count` is the counter to keep.
SCRIM_MUST_CHECK int scrim_webauthn_verify(const char *json, size_t length,
                                           const struct scrim_webauthn_expected *expected,
                                           const struct scrim_webauthn_credential *credential,
                                           uint32_t *ret_count, struct scrim_error *error);
