// The front of a sealed segment on disk: age header with its scrim-tdh2 stanza, perhaps an X25519
// stanza of break-glass after it, and the payload nonce.
#pragma once

#include "store/layout.h"
#include "vault/vault.h"

// Opens a file of the store for reading; the descriptor is the caller's. SCRIM_EFORMAT for what is
// no ordinary file: a link would lead out of the store, a pipe would never end.
SCRIM_MUST_CHECK int scrim_sealed_open(const char *path, struct scrim_error *error);

#define SCRIM_SEALED_HEAD_MAX 4096 // bytes; ours have less than 1,100

struct scrim_sealed_head {
    struct scrim_age_header header;
    struct scrim_tdh2 tdh2;
    uint8_t payload_nonce[SCRIM_AGE_NONCE];
    size_t payload_at; // offset of the first sealed chunk
};

// Reads and parses it strictly; the seal proof is not checked. SCRIM_EAGAIN if the file ends before
// the payload begins, or has a hole of zeros before that: a crash left it so, and nobody can open
// it. End `ret` with _finish, only on success.
SCRIM_MUST_CHECK int scrim_sealed_head_read(int fd, const char *path, struct scrim_sealed_head *ret,
                                            struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_sealed_head_parse(const void *bytes, size_t count, const char *path,
                                             struct scrim_sealed_head *ret,
                                             struct scrim_error *error);
void scrim_sealed_head_finish(struct scrim_sealed_head *head);

// Does the label say what the place of the file says: this site, this camera, "<day>/<name>"?
// SCRIM_EAUTH if not.
SCRIM_MUST_CHECK int scrim_sealed_label_fits(const struct scrim_vault_label *label,
                                             const char *site, const char *camera, const char *file,
                                             struct scrim_error *error);

// SHA-256 and size of a whole file, through one reused block. `progress` may be NULL.
SCRIM_MUST_CHECK int scrim_file_digest(int fd, const char *path, uint8_t ret_sha256[32],
                                       uint64_t *ret_bytes,
                                       void (*progress)(void *context, uint64_t bytes),
                                       void *context, struct scrim_error *error);
