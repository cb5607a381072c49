// Share files (docs/ref/formats/vault.md, "Share file"): one holder's secret under a passphrase,
// under a FIDO2 token, or bare. vault.h saves and loads the first and the last; this is the rest.
//
// A token is met as the WebAuthn PRF extension describes it: for a credential and 32 bytes of salt
// it gives 32 bytes that only it can make. Whoever talks to the token (src/token, the desk's page)
// brings those bytes; nothing here does.
#pragma once

#include "vault/vault.h"

#define SCRIM_RP_ID_MAX 253             // bytes of a host name
#define SCRIM_TOKEN_CREDENTIAL_MAX 1023 // WebAuthn level 3, 4 "Credential ID"
#define SCRIM_TOKEN_SALT 32
#define SCRIM_TOKEN_SECRET 32

enum scrim_share_protection {
    SCRIM_SHARE_BARE = 0, // numbers as in the file's binding
    SCRIM_SHARE_PASSPHRASE = 1,
    SCRIM_SHARE_TOKEN = 2,
};

// Which credential of which token, and what to ask of it. Public.
struct scrim_share_token {
    char rp_id[SCRIM_RP_ID_MAX + 1];
    uint8_t credential[SCRIM_TOKEN_CREDENTIAL_MAX];
    size_t credential_len;
    uint8_t salt[SCRIM_TOKEN_SALT]; // random, new for each file
};

// What a share file says without being opened.
struct scrim_share_info {
    uint8_t vault_id[SCRIM_VAULT_ID];
    unsigned index;
    char name[64];
    enum scrim_share_protection protection;
    struct scrim_share_token token; // with SCRIM_SHARE_TOKEN only
};

// A host name as browsers take it for a relying party: lower-case labels with dots between them,
// "localhost" included. An IP address is none (WebAuthn level 3, 4 "RP ID").
SCRIM_MUST_CHECK bool scrim_rp_id_valid(const char *text);

// SCRIM_EFORMAT for a damaged file.
SCRIM_MUST_CHECK int scrim_share_describe(const char *path, struct scrim_share_info *ret,
                                          struct scrim_error *error);
// `secret` is what the token made of token->salt.
SCRIM_MUST_CHECK int scrim_share_save_token(const char *path, const struct scrim_share *share,
                                            const struct scrim_share_token *token,
                                            const uint8_t secret[SCRIM_TOKEN_SECRET],
                                            struct scrim_error *error);
// SCRIM_EAUTH if the file was not sealed under `secret`, or under no token.
SCRIM_MUST_CHECK int scrim_share_load_token(const char *path,
                                            const uint8_t secret[SCRIM_TOKEN_SECRET],
                                            struct scrim_share *ret, struct scrim_error *error);
