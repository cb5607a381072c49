// age v1 files, as C2SP/C2SP age.md specifies them: header of stanzas with an HMAC, then the
// payload in 64 KiB ChaCha20-Poly1305 chunks (STREAM). Strict on reading: anything age.md forbids
// is refused.
#pragma once

#include "base/buf.h"

#define SCRIM_AGE_FILE_KEY 16       // bytes
#define SCRIM_AGE_NONCE 16          // bytes, between header and chunks
#define SCRIM_AGE_CHUNK (64 * 1024) // plaintext bytes of every chunk but the last
#define SCRIM_AGE_TAG 16
#define SCRIM_AGE_SEALED_CHUNK (SCRIM_AGE_CHUNK + SCRIM_AGE_TAG)
#define SCRIM_AGE_HEADER_MAX (64 * 1024) // bytes we accept for a header

// One recipient stanza: "-> ARG0 ARG1 …" and its body.
struct scrim_age_stanza {
    char **args;
    size_t args_count;
    uint8_t *body;
    size_t body_len;
};

struct scrim_age_header {
    struct scrim_age_stanza *stanzas;
    size_t stanzas_count;
    size_t length; // bytes of the header in the file, MAC line and its line break included
    uint8_t mac[32];
    uint8_t *signed_bytes; // what the MAC covers
    size_t signed_len;
};

// Parses the header at the start of `bytes`. SCRIM_EAGAIN if it does not end within them.
SCRIM_MUST_CHECK int scrim_age_header_parse(const void *bytes, size_t count,
                                            struct scrim_age_header *ret,
                                            struct scrim_error *error);
void scrim_age_header_finish(struct scrim_age_header *header);
// SCRIM_EAUTH when the MAC does not fit the file key. Constant time.
SCRIM_MUST_CHECK int scrim_age_header_verify(const struct scrim_age_header *header,
                                             const uint8_t file_key[SCRIM_AGE_FILE_KEY]);

// Writes a whole header (version line, stanzas, MAC) to `ret`.
SCRIM_MUST_CHECK int scrim_age_header_write(const struct scrim_age_stanza *stanzas, size_t count,
                                            const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                                            struct scrim_buf *ret);

// The payload key of a file. Wipe it after use.
void scrim_age_payload_key(const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                           const uint8_t nonce[SCRIM_AGE_NONCE], uint8_t ret_key[32]);

// Seals or opens one chunk (`count` plaintext bytes, 1…SCRIM_AGE_CHUNK; 0 only for an empty file).
// `sealed` holds count + SCRIM_AGE_TAG bytes. Open is SCRIM_EAUTH on any change.
SCRIM_MUST_CHECK int scrim_age_seal_chunk(const uint8_t key[32], uint64_t index, bool last,
                                          const uint8_t *plain, size_t count, uint8_t *sealed);
SCRIM_MUST_CHECK int scrim_age_open_chunk(const uint8_t key[32], uint64_t index, bool last,
                                          const uint8_t *sealed, size_t sealed_count,
                                          uint8_t *plain);

// X25519 recipients and identities: "age1…" and "AGE-SECRET-KEY-1…" (Bech32, strict).
SCRIM_MUST_CHECK int scrim_age_recipient_parse(const char *text, uint8_t ret_public[32],
                                               struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_age_identity_parse(const char *text, uint8_t ret_secret[32],
                                              struct scrim_error *error);
// Fills `ret` with an X25519 stanza for `file_key` (free with scrim_age_stanza_finish).
SCRIM_MUST_CHECK int scrim_age_x25519_wrap(const uint8_t recipient[32],
                                           const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                                           struct scrim_age_stanza *ret);
// SCRIM_EAUTH if this stanza is not for that identity, SCRIM_EFORMAT if it is malformed.
SCRIM_MUST_CHECK int scrim_age_x25519_unwrap(const struct scrim_age_stanza *stanza,
                                             const uint8_t secret[32],
                                             uint8_t ret_file_key[SCRIM_AGE_FILE_KEY]);
// Does it look like an X25519 stanza, as far as anybody can tell without the secret?
bool scrim_age_x25519_is_well_formed(const struct scrim_age_stanza *stanza);
void scrim_age_stanza_finish(struct scrim_age_stanza *stanza);

// Appends a whole age file for one recipient, of `count` bytes. SCRIM_EINVAL for a recipient that
// is no key (a point of low order).
SCRIM_MUST_CHECK int scrim_age_encrypt(const uint8_t recipient[32], const void *plain, size_t count,
                                       struct scrim_buf *ret);
// Opens a whole age file for one identity; the plaintext is appended to `ret`, whose ceiling
// bounds it. SCRIM_EAUTH if it is for somebody else or was changed, SCRIM_EFORMAT if it is
// malformed; on failure wipe what `ret` holds.
SCRIM_MUST_CHECK int scrim_age_open(const void *file, size_t count, const uint8_t identity[32],
                                    struct scrim_buf *ret);

// Decrypts a whole file from `in_fd` to `out_fd` with the first of the identities that fits. Output
// is written chunk by chunk as it is verified; on failure the caller discards what was written.
// Every X25519 stanza must be well formed, also those for others. SCRIM_EAUTH if the file is for
// none of the identities, or was changed; SCRIM_EFORMAT if it is malformed or ends too early.
SCRIM_MUST_CHECK int scrim_age_decrypt(int in_fd, int out_fd, const uint8_t (*identities)[32],
                                       size_t identities_count, const char *in_name,
                                       const char *out_name, struct scrim_error *error);
