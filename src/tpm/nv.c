#include "tpm/nv.h"

#include "base/alloc.h"
#include "base/fault.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <tss2/tss2_esys.h>
#include <tss2/tss2_tctildr.h>

#define DEFAULT_TCTI "device:/dev/tpmrm0"
#define OWNER_RANGE 0x01800000U // to 0x01bfffff, TCG registry of reserved handles
#define OWNER_HANDLES 0x00400000U

struct scrim_tpm {
    TSS2_TCTI_CONTEXT *tcti;
    ESYS_CONTEXT *esys;
};

// Response codes without the number of handle, session or parameter that they are about.
static TPM2_RC reason(TSS2_RC code)
{
    if ((code & TSS2_RC_LAYER_MASK) != 0 || !(code & TPM2_RC_FMT1))
        return code;
    return code & ~(TPM2_RC)(TPM2_RC_N_MASK | TPM2_RC_P);
}

static int failed(TSS2_RC code, const char *what, struct scrim_error *error)
{
    switch (reason(code)) {
    case TPM2_RC_HANDLE: return scrim_fail(error, SCRIM_ENOENT, "the TPM has no such index");
    case TPM2_RC_NV_UNINITIALIZED:
        return scrim_fail(error, SCRIM_EEND, "the TPM's index was never written");
    case TPM2_RC_NV_DEFINED: return scrim_fail(error, SCRIM_EEXIST, "the TPM's index is taken");
    case TPM2_RC_NV_SPACE:
        return scrim_fail(error, SCRIM_ENOSPACE, "the TPM has no room for an index");
    case TPM2_RC_AUTH_FAIL:
    case TPM2_RC_BAD_AUTH:
        return scrim_fail(error, SCRIM_EAUTH, "the TPM refuses to %s: wrong authorization", what);
    default:
        return scrim_fail(error, SCRIM_EIO, "the TPM cannot %s: response 0x%x", what,
                          (unsigned)code);
    }
}

int scrim_tpm_open(struct scrim_tpm **ret, struct scrim_error *error)
{
    const char *name = getenv("SCRIM_TPM_TCTI");
    struct scrim_tpm *tpm = scrim_new(struct scrim_tpm);
    if (!name)
        name = DEFAULT_TCTI;
    setenv("TSS2_LOG", "all+NONE", 0); // we say what fails
    TSS2_RC code = Tss2_TctiLdr_Initialize(name, &tpm->tcti);
    if (code == TSS2_RC_SUCCESS)
        code = Esys_Initialize(&tpm->esys, tpm->tcti, NULL);
    if (code == TSS2_RC_SUCCESS)
        code = Esys_Startup(tpm->esys, TPM2_SU_CLEAR);
    if (code != TSS2_RC_SUCCESS && code != TPM2_RC_INITIALIZE) { // the latter: started already
        scrim_tpm_close(tpm);
        return scrim_fail(error, SCRIM_EIO, "no TPM answers at %s: response 0x%x", name,
                          (unsigned)code);
    }
    *ret = tpm;
    return SCRIM_OK;
}

void scrim_tpm_close(struct scrim_tpm *tpm)
{
    if (!tpm)
        return;
    Esys_Finalize(&tpm->esys);
    Tss2_TctiLdr_Finalize(&tpm->tcti);
    free(tpm);
}

void scrim_tpm_nv_choose(struct scrim_tpm_nv *ret)
{
    ret->handle = OWNER_RANGE + randombytes_uniform(OWNER_HANDLES);
    randombytes_buf(ret->auth, sizeof ret->auth);
}

static void auth_of(const struct scrim_tpm_nv *nv, TPM2B_AUTH *ret)
{
    ret->size = SCRIM_TPM_AUTH;
    memcpy(ret->buffer, nv->auth, SCRIM_TPM_AUTH);
}

// The index as an object of ESYS, with its authorization value.
static TSS2_RC find(struct scrim_tpm *tpm, const struct scrim_tpm_nv *nv, ESYS_TR *ret)
{
    TPM2B_AUTH auth;
    TSS2_RC code =
        Esys_TR_FromTPMPublic(tpm->esys, nv->handle, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ret);
    if (code != TSS2_RC_SUCCESS)
        return code;
    auth_of(nv, &auth);
    code = Esys_TR_SetAuth(tpm->esys, *ret, &auth);
    sodium_memzero(&auth, sizeof auth);
    return code;
}

static TSS2_RC start_session(struct scrim_tpm *tpm, TPMA_SESSION direction, ESYS_TR *ret)
{
    const TPMT_SYM_DEF cipher = {
        .algorithm = TPM2_ALG_AES, .keyBits.aes = 128, .mode.aes = TPM2_ALG_CFB};
    TSS2_RC code =
        Esys_StartAuthSession(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                              ESYS_TR_NONE, NULL, TPM2_SE_HMAC, &cipher, TPM2_ALG_SHA256, ret);
    // Without CONTINUESESSION the TPM drops the session with its one command.
    return code != TSS2_RC_SUCCESS
               ? code
               : Esys_TRSess_SetAttributes(tpm->esys, *ret, direction,
                                           TPMA_SESSION_ENCRYPT | TPMA_SESSION_DECRYPT |
                                               TPMA_SESSION_CONTINUESESSION);
}

// After a command that failed, the session is still there.
static void end_session(struct scrim_tpm *tpm, ESYS_TR session, TSS2_RC code)
{
    if (code != TSS2_RC_SUCCESS && session != ESYS_TR_NONE)
        Esys_FlushContext(tpm->esys, session);
}

static TSS2_RC read_index(struct scrim_tpm *tpm, ESYS_TR index, uint16_t size,
                          TPM2B_MAX_NV_BUFFER **ret)
{
    ESYS_TR session = ESYS_TR_NONE;
    TSS2_RC code = start_session(tpm, TPMA_SESSION_ENCRYPT, &session);
    if (code == TSS2_RC_SUCCESS)
        code = Esys_NV_Read(tpm->esys, index, index, session, ESYS_TR_NONE, ESYS_TR_NONE, size, 0,
                            ret);
    end_session(tpm, session, code);
    return code;
}

int scrim_tpm_nv_read(struct scrim_tpm *tpm, const struct scrim_tpm_nv *nv, void *to, uint16_t size,
                      struct scrim_error *error)
{
    ESYS_TR index = ESYS_TR_NONE;
    TPM2B_MAX_NV_BUFFER *got = NULL;
    TSS2_RC code = find(tpm, nv, &index);
    if (code == TSS2_RC_SUCCESS)
        code = read_index(tpm, index, size, &got);
    if (index != ESYS_TR_NONE)
        Esys_TR_Close(tpm->esys, &index);
    if (code != TSS2_RC_SUCCESS)
        return failed(code, "read its index", error);
    const bool whole = got->size == size;
    if (whole)
        memcpy(to, got->buffer, size);
    sodium_memzero(got, sizeof *got);
    Esys_Free(got);
    return whole ? SCRIM_OK : scrim_fail(error, SCRIM_EFORMAT, "the TPM's index is too short");
}

static TSS2_RC write_index(struct scrim_tpm *tpm, ESYS_TR index, const void *from, uint16_t size,
                           uint16_t offset)
{
    ESYS_TR session = ESYS_TR_NONE;
    TPM2B_MAX_NV_BUFFER data = {.size = size};
    memcpy(data.buffer, from, size);
    TSS2_RC code = start_session(tpm, TPMA_SESSION_DECRYPT, &session);
    if (code == TSS2_RC_SUCCESS)
        code = Esys_NV_Write(tpm->esys, index, index, session, ESYS_TR_NONE, ESYS_TR_NONE, &data,
                             offset);
    end_session(tpm, session, code);
    sodium_memzero(&data, sizeof data);
    return code;
}

int scrim_tpm_nv_write(struct scrim_tpm *tpm, const struct scrim_tpm_nv *nv, const void *from,
                       uint16_t size, uint16_t offset, struct scrim_error *error)
{
    ESYS_TR index = ESYS_TR_NONE;
    if (size > SCRIM_TPM_NV_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "an index of the TPM has at most %d bytes",
                          SCRIM_TPM_NV_MAX);
    if (scrim_fault(SCRIM_FAULT_WRITE, "TPM"))
        return scrim_fail_errno(error, errno, "the TPM cannot write its index");
    TSS2_RC code = find(tpm, nv, &index);
    if (code == TSS2_RC_SUCCESS)
        code = write_index(tpm, index, from, size, offset);
    if (index != ESYS_TR_NONE)
        Esys_TR_Close(tpm->esys, &index);
    return code == TSS2_RC_SUCCESS ? SCRIM_OK : failed(code, "write its index", error);
}

int scrim_tpm_nv_define(struct scrim_tpm *tpm, const struct scrim_tpm_nv *nv, uint16_t size,
                        struct scrim_error *error)
{
    static const uint8_t zero[SCRIM_TPM_NV_MAX];
    TPM2B_AUTH auth;
    ESYS_TR index = ESYS_TR_NONE;
    const TPM2B_NV_PUBLIC description = {
        .nvPublic = {.nvIndex = nv->handle,
                     .nameAlg = TPM2_ALG_SHA256,
                     .attributes = TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA,
                     .dataSize = size}};
    auth_of(nv, &auth);
    const TSS2_RC code =
        Esys_NV_DefineSpace(tpm->esys, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                            ESYS_TR_NONE, &auth, &description, &index);
    sodium_memzero(&auth, sizeof auth);
    if (code != TSS2_RC_SUCCESS)
        return failed(code, "define an index", error);
    Esys_TR_Close(tpm->esys, &index);
    return scrim_tpm_nv_write(tpm, nv, zero, size, 0, error);
}

int scrim_tpm_nv_remove(struct scrim_tpm *tpm, const struct scrim_tpm_nv *nv,
                        struct scrim_error *error)
{
    ESYS_TR index = ESYS_TR_NONE;
    TSS2_RC code = find(tpm, nv, &index);
    if (code == TSS2_RC_SUCCESS)
        code = Esys_NV_UndefineSpace(tpm->esys, ESYS_TR_RH_OWNER, index, ESYS_TR_PASSWORD,
                                     ESYS_TR_NONE, ESYS_TR_NONE);
    return code == TSS2_RC_SUCCESS ? SCRIM_OK : failed(code, "remove its index", error);
}
