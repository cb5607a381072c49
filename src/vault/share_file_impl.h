// A share file between its text (share_file.c) and its secret (share_seal.c).
#pragma once

#include "vault/share_file.h"
#include "vault/tdh2_impl.h"

#include "base/buf.h"

#define SHARE_FILE_MAX (16 * 1024)

#define SHARE_PASSPHRASE_SALT crypto_pwhash_argon2id_SALTBYTES
#define SHARE_NONCE crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SHARE_SEALED (SCALAR_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)

// 14 bytes of format name; vault id, index, name, protection; then the longer kind, a token's.
#define SHARE_BINDING_MAX                                                                          \
    (14 + SCRIM_VAULT_ID + 2 + 1 + 63 + 1 + 1 + SCRIM_RP_ID_MAX + 2 + SCRIM_TOKEN_CREDENTIAL_MAX + \
     SCRIM_TOKEN_SALT + SHARE_NONCE)

struct scrim_share_file {
    struct scrim_share_info info;
    uint32_t passes, memory_kib; // passphrase only, as the next one
    uint8_t passphrase_salt[SHARE_PASSPHRASE_SALT];
    uint8_t nonce[SHARE_NONCE];   // not with a bare share
    uint8_t secret[SHARE_SEALED]; // sealed; of a bare one only SCALAR_BYTES of it, in the clear
};

// Every readable field in fixed order: associated data of the seal, and start of the checksum.
size_t scrim_share_file_binding(const struct scrim_share_file *file,
                                uint8_t ret[SHARE_BINDING_MAX]);

// `text` must have room for SHARE_FILE_MAX already: it holds a secret and may not move.
SCRIM_MUST_CHECK int scrim_share_file_render(const struct scrim_share_file *file,
                                             struct scrim_buf *text);
// SCRIM_EFORMAT with a sentence that names no file. Wipe `ret` after use.
SCRIM_MUST_CHECK int scrim_share_file_parse(const void *bytes, size_t count,
                                            struct scrim_share_file *ret,
                                            struct scrim_error *error);
