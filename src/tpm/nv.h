// A few bytes in the non-volatile memory of a TPM 2.0 (TCG TPM 2.0 Library, part 3, chapter 31),
// readable and writable by whoever has their authorization value, and by nobody else, the TPM's
// owner included. What is overwritten there is gone: it is the TPM's own memory, and there is no
// copy of it. The only folder that includes libtss2.
//
// Values travel between us and the TPM encrypted under the authorization value (an HMAC session
// with AES-128-CFB), so that the wires tell nothing to who has not that.
#pragma once

#include "base/error.h"

#include <stdint.h>

#define SCRIM_TPM_AUTH 32
#define SCRIM_TPM_NV_MAX 512 // bytes that every TPM takes in one command

// An index of ours: a handle in the owner's range, and its authorization value.
struct scrim_tpm_nv {
    uint32_t handle;
    uint8_t auth[SCRIM_TPM_AUTH];
};

struct scrim_tpm;

// Connects to $SCRIM_TPM_TCTI (as tss2-tctildr reads it, such as "swtpm:port=2321") or, without it,
// to /dev/tpmrm0, and keeps the connection: a process may lock itself in afterwards.
SCRIM_MUST_CHECK int scrim_tpm_open(struct scrim_tpm **ret, struct scrim_error *error);
void scrim_tpm_close(struct scrim_tpm *tpm); // NULL is fine

// A random handle and authorization value. Nothing is defined yet.
void scrim_tpm_nv_choose(struct scrim_tpm_nv *ret);
// Defines the index, `size` bytes, all zero. SCRIM_EEXIST: the handle is taken.
SCRIM_MUST_CHECK int scrim_tpm_nv_define(struct scrim_tpm *tpm, const struct scrim_tpm_nv *nv,
                                         uint16_t size, struct scrim_error *error);
// SCRIM_ENOENT: this TPM has no such index. SCRIM_EEND: it was defined and never written.
SCRIM_MUST_CHECK int scrim_tpm_nv_read(struct scrim_tpm *tpm, const struct scrim_tpm_nv *nv,
                                       void *to, uint16_t size, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_tpm_nv_write(struct scrim_tpm *tpm, const struct scrim_tpm_nv *nv,
                                        const void *from, uint16_t size, uint16_t offset,
                                        struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_tpm_nv_remove(struct scrim_tpm *tpm, const struct scrim_tpm_nv *nv,
                                         struct scrim_error *error);
