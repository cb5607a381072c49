#include "rtsp/auth.h"

#include "base/alloc.h"
#include "base/base64.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEX_MAX (2 * EVP_MAX_MD_SIZE + 1)

struct scrim_rtsp_auth {
    char *user, *password;
    struct scrim_rtsp_challenge challenge;
    char cnonce[64];
    char key[HEX_MAX]; // H(A1) of RFC 7616, 3.4.2, in hexadecimal
    uint32_t count;    // requests sent with this nonce
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static EVP_MD *md5, *sha256; // fetched once, shared, read-only

// In a library context of our own, and without openssl.cnf: the process that talks to a camera
// opens no files, and MD5 is not up to a configuration (see age/chunk.c).
static void fetch_hashes(void)
{
    OSSL_LIB_CTX *context = NULL;
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1)
        context = OSSL_LIB_CTX_new();
    if (context) {
        md5 = EVP_MD_fetch(context, "MD5", NULL);
        sha256 = EVP_MD_fetch(context, "SHA256", NULL);
    }
}

struct scrim_rtsp_auth *scrim_rtsp_auth_create(const char *user, const char *password)
{
    struct scrim_rtsp_auth *auth = scrim_new(struct scrim_rtsp_auth);
    auth->user = scrim_strdup(user);
    auth->password = scrim_strdup(password);
    return auth;
}

void scrim_rtsp_auth_destroy(struct scrim_rtsp_auth *auth)
{
    if (!auth)
        return;
    sodium_memzero(auth->password, strlen(auth->password));
    free(auth->password);
    free(auth->user);
    sodium_memzero(auth, sizeof *auth);
    free(auth);
}

// The hash of up to four texts with colons between them, in hexadecimal.
static int hash(enum scrim_rtsp_scheme scheme, const char *const parts[4], char ret[HEX_MAX])
{
    pthread_once(&once, fetch_hashes);
    const EVP_MD *type = scheme == SCRIM_RTSP_DIGEST_SHA256 ? sha256 : md5;
    EVP_MD_CTX *context = type ? EVP_MD_CTX_new() : NULL;
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    bool done = context && EVP_DigestInit_ex2(context, type, NULL) == 1;
    for (size_t i = 0; done && i < 4 && parts[i]; i++)
        done = (i == 0 || EVP_DigestUpdate(context, ":", 1) == 1) &&
               EVP_DigestUpdate(context, parts[i], strlen(parts[i])) == 1;
    done = done && EVP_DigestFinal_ex(context, digest, &size) == 1;
    EVP_MD_CTX_free(context); // wipes
    if (done)
        sodium_bin2hex(ret, HEX_MAX, digest, size);
    sodium_memzero(digest, sizeof digest);
    return done ? SCRIM_OK : SCRIM_EINTERNAL;
}

int scrim_rtsp_auth_answer(struct scrim_rtsp_auth *auth,
                           const struct scrim_rtsp_challenge *challenge, const char *cnonce)
{
    auth->challenge = (struct scrim_rtsp_challenge){0};
    auth->count = 0;
    if (!scrim_text_copy(scrim_text_of(cnonce), auth->cnonce, sizeof auth->cnonce))
        return SCRIM_EINVAL;
    int result = SCRIM_OK;
    if (challenge->scheme > SCRIM_RTSP_BASIC)
        result = hash(challenge->scheme,
                      (const char *[4]){auth->user, challenge->realm, auth->password}, auth->key);
    if (result >= 0 && challenge->session) {
        char base[HEX_MAX];
        memcpy(base, auth->key, sizeof base);
        result =
            hash(challenge->scheme, (const char *[4]){base, challenge->nonce, cnonce}, auth->key);
        sodium_memzero(base, sizeof base);
    }
    if (result >= 0)
        auth->challenge = *challenge;
    return result;
}

bool scrim_rtsp_auth_is_ready(const struct scrim_rtsp_auth *auth)
{
    return auth->challenge.scheme != SCRIM_RTSP_NO_SCHEME;
}

// A quoted-string (RFC 7230, 3.2.6).
static int append_quoted(struct scrim_buf *out, const char *text)
{
    int result = scrim_buf_append_u8(out, '"');
    for (; result >= 0 && *text; text++) {
        if (*text == '"' || *text == '\\')
            result = scrim_buf_append_u8(out, '\\');
        if (result >= 0)
            result = scrim_buf_append_u8(out, (uint8_t)*text);
    }
    return result < 0 ? result : scrim_buf_append_u8(out, '"');
}

static int write_basic(const struct scrim_rtsp_auth *auth, struct scrim_buf *out)
{
    struct scrim_buf plain;
    const size_t length = strlen(auth->user) + 1 + strlen(auth->password);
    scrim_buf_init(&plain, length);
    int result = scrim_buf_reserve(&plain, length);
    if (result >= 0)
        result = scrim_buf_append_text(&plain, auth->user);
    if (result >= 0)
        result = scrim_buf_append_u8(&plain, ':');
    if (result >= 0)
        result = scrim_buf_append_text(&plain, auth->password);
    if (result >= 0)
        result = scrim_buf_append_text(out, "Authorization: Basic ");
    if (result >= 0)
        result = scrim_base64_append(out, plain.data, plain.len);
    scrim_buf_finish_wipe(&plain);
    static const char *const padding[] = {"", "==", "="};
    return result < 0 ? result : scrim_buf_printf(out, "%s\r\n", padding[length % 3]);
}

// RFC 7616, 3.4.1; without qop as RFC 2069 had it.
static int respond(const struct scrim_rtsp_auth *auth, const char *method, const char *uri,
                   const char *count, char ret[HEX_MAX])
{
    const struct scrim_rtsp_challenge *challenge = &auth->challenge;
    char request[HEX_MAX], middle[SCRIM_RTSP_NONCE_MAX + 96];
    int result = hash(challenge->scheme, (const char *[4]){method, uri}, request);
    if (result < 0)
        return result;
    if (challenge->qop)
        snprintf(middle, sizeof middle, "%s:%s:%s:auth", challenge->nonce, count, auth->cnonce);
    else
        snprintf(middle, sizeof middle, "%s", challenge->nonce);
    return hash(challenge->scheme, (const char *[4]){auth->key, middle, request}, ret);
}

static int write_digest(const struct scrim_rtsp_auth *auth, const char *method, const char *uri,
                        struct scrim_buf *out)
{
    const struct scrim_rtsp_challenge *challenge = &auth->challenge;
    char response[HEX_MAX], count[9];
    snprintf(count, sizeof count, "%08x", auth->count);
    int result = respond(auth, method, uri, count, response);
    if (result >= 0)
        result = scrim_buf_append_text(out, "Authorization: Digest username=");
    if (result >= 0)
        result = append_quoted(out, auth->user);
    if (result >= 0)
        result = scrim_buf_printf(out, ", realm=\"%s\", nonce=\"%s\", uri=\"%s\", response=\"%s\"",
                                  challenge->realm, challenge->nonce, uri, response);
    if (result >= 0 && challenge->algorithm_said)
        result = scrim_buf_printf(out, ", algorithm=%s%s",
                                  challenge->scheme == SCRIM_RTSP_DIGEST_SHA256 ? "SHA-256" : "MD5",
                                  challenge->session ? "-sess" : "");
    if (result >= 0 && challenge->has_opaque)
        result = scrim_buf_printf(out, ", opaque=\"%s\"", challenge->opaque);
    if (result >= 0 && challenge->qop)
        result = scrim_buf_printf(out, ", qop=auth, nc=%s", count);
    if (result >= 0 && (challenge->qop || challenge->session))
        result = scrim_buf_printf(out, ", cnonce=\"%s\"", auth->cnonce);
    return result < 0 ? result : scrim_buf_append_text(out, "\r\n");
}

int scrim_rtsp_auth_write(struct scrim_rtsp_auth *auth, const char *method, const char *uri,
                          struct scrim_buf *out)
{
    if (auth->challenge.scheme == SCRIM_RTSP_BASIC)
        return write_basic(auth, out);
    auth->count++;
    return write_digest(auth, method, uri, out);
}

void scrim_rtsp_auth_info(struct scrim_rtsp_auth *auth, struct scrim_text field)
{
    struct scrim_rtsp_challenge *challenge = &auth->challenge;
    struct scrim_text name, value;
    while (scrim_rtsp_next_parameter(&field, &name, &value)) {
        char nonce[SCRIM_RTSP_NONCE_MAX];
        if (!scrim_text_is(name, "nextnonce") || challenge->scheme <= SCRIM_RTSP_BASIC ||
            !scrim_rtsp_copy_quoted(value, nonce, sizeof nonce))
            continue;
        memcpy(challenge->nonce, nonce, sizeof nonce);
        auth->count = 0;
    }
}
