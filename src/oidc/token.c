#include "oidc/token.h"

#include "base/buf.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <string.h>

#define TOKEN_MAX (64U << 10)
#define SKEW_S 60           // between the provider's clock and ours
#define AGE_S (10 * 60)     // a token is used at once: an older one is not for this sign-in
#define ES256_SIGNATURE 64U // r and s, 32 bytes each (RFC 7518, 3.4)

struct parts {
    const char *header, *payload, *signature; // views
    size_t header_len, payload_len, signature_len;
};

static bool split(const char *token, struct parts *ret)
{
    const char *first = strchr(token, '.'), *second = first ? strchr(first + 1, '.') : NULL;
    if (!second || strchr(second + 1, '.') || strlen(token) > TOKEN_MAX)
        return false;
    *ret = (struct parts){.header = token,
                          .header_len = (size_t)(first - token),
                          .payload = first + 1,
                          .payload_len = (size_t)(second - first - 1),
                          .signature = second + 1,
                          .signature_len = strlen(second + 1)};
    return true;
}

static bool decode(const char *text, size_t length, struct scrim_buf *ret)
{
    scrim_buf_init(ret, TOKEN_MAX);
    return scrim_buf_reserve(ret, length / 4 * 3 + 3) >= 0 &&
           sodium_base642bin(ret->data, ret->capacity, text, length, NULL, &ret->len, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}

static json_t *decode_object(const char *text, size_t length)
{
    struct scrim_buf bytes;
    json_t *object = decode(text, length, &bytes) ? json_loadb((const char *)bytes.data, bytes.len,
                                                               JSON_REJECT_DUPLICATES, NULL)
                                                  : NULL;
    scrim_buf_finish(&bytes);
    if (json_is_object(object))
        return object;
    json_decref(object);
    return NULL;
}

// OpenSSL wants ECDSA signatures in DER.
static bool to_der(struct scrim_buf *signature)
{
    unsigned char *der = NULL;
    ECDSA_SIG *numbers = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature->data, ES256_SIGNATURE / 2, NULL);
    BIGNUM *s = BN_bin2bn(signature->data + ES256_SIGNATURE / 2, ES256_SIGNATURE / 2, NULL);
    int length = -1;
    if (numbers && r && s && ECDSA_SIG_set0(numbers, r, s)) {
        r = s = NULL; // the signature's now
        length = i2d_ECDSA_SIG(numbers, &der);
    }
    scrim_buf_clear(signature);
    const bool done = length > 0 && scrim_buf_append(signature, der, (size_t)length) >= 0;
    OPENSSL_free(der);
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(numbers);
    return done;
}

static bool signature_fits(const struct parts *parts, enum scrim_jws_alg alg, EVP_PKEY *key)
{
    struct scrim_buf signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *hash = alg == SCRIM_JWS_EDDSA ? NULL : EVP_sha256();
    const size_t signed_len = parts->header_len + 1 + parts->payload_len;
    bool fits = decode(parts->signature, parts->signature_len, &signature) && signature.len > 0;
    if (fits && alg == SCRIM_JWS_ES256)
        fits = signature.len == ES256_SIGNATURE && to_der(&signature);
    fits = fits && context && EVP_DigestVerifyInit(context, NULL, hash, NULL, key) == 1 &&
           EVP_DigestVerify(context, signature.data, signature.len,
                            (const unsigned char *)parts->header, signed_len) == 1;
    EVP_MD_CTX_free(context);
    scrim_buf_finish(&signature);
    return fits;
}

static int check_signature(const struct parts *parts, const struct scrim_jwks *jwks,
                           struct scrim_error *error)
{
    json_t *header = decode_object(parts->header, parts->header_len);
    const char *name = json_string_value(json_object_get(header, "alg"));
    const json_t *kid = json_object_get(header, "kid");
    enum scrim_jws_alg alg = SCRIM_JWS_RS256;
    int result = SCRIM_OK;
    if (!name || (kid && !json_is_string(kid)))
        result = scrim_fail(error, SCRIM_EFORMAT, "the ID token's header is malformed");
    else if (json_object_get(header, "crit")) // RFC 7515, 4.1.11: we know no extension
        result = scrim_fail(error, SCRIM_EAUTH, "the ID token asks for an unknown extension");
    else if (!scrim_jws_alg_parse(name, &alg))
        result =
            scrim_fail(error, SCRIM_EAUTH, "the ID token is not signed with RS256, ES256 or EdDSA");
    EVP_PKEY *key = result >= 0 ? scrim_jwks_find(jwks, json_string_value(kid), alg) : NULL;
    if (result >= 0 && !key)
        result = scrim_fail(error, SCRIM_ENOENT,
                            "the ID token is signed with a key that the provider does not list");
    if (result >= 0 && !signature_fits(parts, alg, key))
        result = scrim_fail(error, SCRIM_EAUTH, "the ID token's signature is wrong");
    json_decref(header);
    return result;
}

static bool is_text(const json_t *value, const char *wanted)
{
    return json_is_string(value) && json_string_length(value) == strlen(wanted) &&
           memcmp(json_string_value(value), wanted, strlen(wanted)) == 0;
}

// `aud` is one name or a list; in a list with others, `azp` must name us (Core, 3.1.3.7, 3 to 5).
static bool audience_fits(const json_t *claims, const char *client_id)
{
    const json_t *audience = json_object_get(claims, "aud"), *entry;
    const json_t *party = json_object_get(claims, "azp");
    size_t i;
    bool among = is_text(audience, client_id);
    json_array_foreach(audience, i, entry) among = among || is_text(entry, client_id);
    if (!among || (party && !is_text(party, client_id)))
        return false;
    return json_array_size(audience) <= 1 || party;
}

static int check_claims(const json_t *claims, const struct scrim_id_token_expected *expected,
                        struct scrim_error *error)
{
    const json_t *expiry = json_object_get(claims, "exp"), *issued = json_object_get(claims, "iat");
    const json_t *subject = json_object_get(claims, "sub");
    if (!json_is_integer(expiry) || !json_is_integer(issued) || !json_is_string(subject) ||
        json_string_length(subject) == 0 || json_string_length(subject) > SCRIM_OIDC_SUBJECT_MAX ||
        strlen(json_string_value(subject)) != json_string_length(subject))
        return scrim_fail(error, SCRIM_EFORMAT, "the ID token lacks sub, exp or iat");
    if (!is_text(json_object_get(claims, "iss"), expected->issuer))
        return scrim_fail(error, SCRIM_EAUTH, "the ID token is of another issuer");
    if (!audience_fits(claims, expected->client_id))
        return scrim_fail(error, SCRIM_EAUTH, "the ID token is for another audience");
    const int64_t expires_s = json_integer_value(expiry), issued_s = json_integer_value(issued);
    if (expires_s <= expected->now_s - SKEW_S)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the ID token has expired, or the clocks of provider and desk differ");
    if (issued_s > expected->now_s + SKEW_S || issued_s < expected->now_s - AGE_S)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the ID token was not issued now, or the clocks of provider and desk "
                          "differ");
    if (!is_text(json_object_get(claims, "nonce"), expected->nonce))
        return scrim_fail(error, SCRIM_EAUTH, "the ID token answers another sign-in");
    return SCRIM_OK;
}

int scrim_id_token_verify(const char *token, const struct scrim_jwks *jwks,
                          const struct scrim_id_token_expected *expected, json_t **ret_claims,
                          struct scrim_error *error)
{
    struct parts parts;
    if (!split(token, &parts))
        return scrim_fail(error, SCRIM_EFORMAT, "the ID token is no signed JWT");
    int result = check_signature(&parts, jwks, error);
    if (result < 0)
        return result;
    json_t *claims = decode_object(parts.payload, parts.payload_len);
    result = claims ? check_claims(claims, expected, error)
                    : scrim_fail(error, SCRIM_EFORMAT, "the ID token's claims are malformed");
    if (result < 0) {
        json_decref(claims);
        return result;
    }
    *ret_claims = claims;
    return SCRIM_OK;
}
