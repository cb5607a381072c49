// The payload: STREAM over ChaCha20-Poly1305 (age.md "Payload"). This is the one hot path of
// sealing, so it uses OpenSSL's assembly, in a library context of our own that no configuration
// changes.
#include "age/age.h"

#include "age/hkdf.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#define NONCE_BYTES 12

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *cipher; // fetched once, shared, read-only

// Even with its own context EVP reads openssl.cnf on first use, unless told before: a program that
// has locked itself in must not find itself opening files at its first chunk. A program that also
// speaks TLS through OpenSSL has set that up, configuration included, long before it seals; then
// this call changes nothing.
static void fetch_cipher(void)
{
    OSSL_LIB_CTX *context = NULL;
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1)
        context = OSSL_LIB_CTX_new();
    if (context)
        cipher = EVP_CIPHER_fetch(context, "ChaCha20-Poly1305", NULL);
}

void scrim_age_payload_key(const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                           const uint8_t nonce[SCRIM_AGE_NONCE], uint8_t ret_key[32])
{
    scrim_hkdf_sha256(file_key, SCRIM_AGE_FILE_KEY, nonce, SCRIM_AGE_NONCE, "payload",
                      strlen("payload"), ret_key);
}

// 11 bytes of big-endian counter, then 1 for the last chunk and 0 for all others.
static void chunk_nonce(uint64_t index, bool last, uint8_t ret[NONCE_BYTES])
{
    memset(ret, 0, NONCE_BYTES);
    for (size_t i = 0; i < 8; i++)
        ret[3 + i] = (uint8_t)(index >> (8 * (7 - i)));
    ret[NONCE_BYTES - 1] = last;
}

// Only an empty file has an empty chunk.
static bool size_allowed(size_t count, uint64_t index, bool last)
{
    return count <= SCRIM_AGE_CHUNK && (count > 0 || (index == 0 && last));
}

static EVP_CIPHER_CTX *context_with(const uint8_t key[32], const uint8_t nonce[NONCE_BYTES],
                                    int encrypt)
{
    pthread_once(&once, fetch_cipher);
    EVP_CIPHER_CTX *context = cipher ? EVP_CIPHER_CTX_new() : NULL;
    if (context && EVP_CipherInit_ex2(context, cipher, key, nonce, encrypt, NULL) != 1) {
        EVP_CIPHER_CTX_free(context);
        return NULL;
    }
    return context;
}

int scrim_age_seal_chunk(const uint8_t key[32], uint64_t index, bool last, const uint8_t *plain,
                         size_t count, uint8_t *sealed)
{
    if (!size_allowed(count, index, last))
        return SCRIM_EINVAL;
    uint8_t nonce[NONCE_BYTES];
    chunk_nonce(index, last, nonce);
    EVP_CIPHER_CTX *context = context_with(key, nonce, 1);
    if (!context)
        return SCRIM_ENOMEM;

    int written = 0, rest = 0;
    const bool done =
        (count == 0 || EVP_EncryptUpdate(context, sealed, &written, plain, (int)count) == 1) &&
        EVP_EncryptFinal_ex(context, sealed + written, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, SCRIM_AGE_TAG, sealed + count) == 1;
    EVP_CIPHER_CTX_free(context); // wipes the key schedule
    return done ? SCRIM_OK : SCRIM_EINTERNAL;
}

int scrim_age_open_chunk(const uint8_t key[32], uint64_t index, bool last, const uint8_t *sealed,
                         size_t sealed_count, uint8_t *plain)
{
    if (sealed_count < SCRIM_AGE_TAG || !size_allowed(sealed_count - SCRIM_AGE_TAG, index, last))
        return SCRIM_EAUTH;
    const size_t count = sealed_count - SCRIM_AGE_TAG;
    uint8_t nonce[NONCE_BYTES], tag[SCRIM_AGE_TAG];
    chunk_nonce(index, last, nonce);
    memcpy(tag, sealed + count, sizeof tag);
    EVP_CIPHER_CTX *context = context_with(key, nonce, 0);
    if (!context)
        return SCRIM_ENOMEM;

    int written = 0, rest = 0;
    const bool authentic =
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, SCRIM_AGE_TAG, tag) == 1 &&
        (count == 0 || EVP_DecryptUpdate(context, plain, &written, sealed, (int)count) == 1) &&
        EVP_DecryptFinal_ex(context, plain + written, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!authentic && count > 0)
        sodium_memzero(plain, count); // nothing unverified leaves this function
    return authentic ? SCRIM_OK : SCRIM_EAUTH;
}
