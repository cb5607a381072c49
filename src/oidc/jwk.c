#include "oidc/jwk.h"

#include "base/alloc.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 64
#define KID_MAX 256
#define NUMBER_MAX 1024 // bytes: RSA of 8192 bits
#define RSA_BITS_MIN 2048

struct key {
    char kid[KID_MAX + 1]; // "" for none
    enum scrim_jws_alg alg;
    EVP_PKEY *key;
};

struct scrim_jwks {
    struct key keys[KEYS_MAX];
    size_t count;
};

static const char *const names[] = {
    [SCRIM_JWS_RS256] = "RS256", [SCRIM_JWS_ES256] = "ES256", [SCRIM_JWS_EDDSA] = "EdDSA"};

bool scrim_jws_alg_parse(const char *text, enum scrim_jws_alg *ret)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(text, names[i]) == 0) {
            *ret = (enum scrim_jws_alg)i;
            return true;
        }
    }
    return false;
}

static bool member_is(const json_t *object, const char *name, const char *wanted)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text && strcmp(text, wanted) == 0;
}

// A member in base64url; 0 bytes if it is none.
static size_t take_bytes(const json_t *object, const char *name, uint8_t *ret, size_t max)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    size_t length = 0;
    if (!text || sodium_base642bin(ret, max, text, json_string_length(value), NULL, &length, NULL,
                                   sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return 0;
    return length;
}

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *builder)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params && context && EVP_PKEY_fromdata_init(context) > 0 &&
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) <= 0)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return key;
}

static EVP_PKEY *make_rsa(const json_t *object)
{
    uint8_t modulus[NUMBER_MAX], exponent[8];
    const size_t modulus_length = take_bytes(object, "n", modulus, sizeof modulus);
    const size_t exponent_length = take_bytes(object, "e", exponent, sizeof exponent);
    if (modulus_length == 0 || exponent_length == 0)
        return NULL;
    BIGNUM *n = BN_bin2bn(modulus, (int)modulus_length, NULL);
    BIGNUM *e = BN_bin2bn(exponent, (int)exponent_length, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (n && e && builder && BN_num_bits(n) >= RSA_BITS_MIN && BN_is_odd(e) && !BN_is_one(e) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
        key = from_params("RSA", builder);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *make_p256(const json_t *object)
{
    uint8_t point[65] = {4}; // x and y follow (SEC 1, 2.3.3)
    if (!member_is(object, "crv", "P-256") || take_bytes(object, "x", point + 1, 32) != 32 ||
        take_bytes(object, "y", point + 33, 32) != 32)
        return NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;
    if (builder &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point))
        key = from_params("EC", builder); // which checks that the point lies on the curve
    OSSL_PARAM_BLD_free(builder);
    return key;
}

static EVP_PKEY *make_ed25519(const json_t *object)
{
    uint8_t point[32];
    if (!member_is(object, "crv", "Ed25519") ||
        take_bytes(object, "x", point, sizeof point) != sizeof point)
        return NULL;
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, point, sizeof point);
}

static EVP_PKEY *make_key(const json_t *object, enum scrim_jws_alg *ret_alg)
{
    if (member_is(object, "kty", "RSA")) {
        *ret_alg = SCRIM_JWS_RS256;
        return make_rsa(object);
    }
    if (member_is(object, "kty", "EC")) {
        *ret_alg = SCRIM_JWS_ES256;
        return make_p256(object);
    }
    if (member_is(object, "kty", "OKP")) {
        *ret_alg = SCRIM_JWS_EDDSA;
        return make_ed25519(object);
    }
    return NULL;
}

static void add_key(struct scrim_jwks *jwks, const json_t *object)
{
    struct key *entry = &jwks->keys[jwks->count];
    const json_t *use = json_object_get(object, "use"), *alg = json_object_get(object, "alg");
    const char *kid = json_string_value(json_object_get(object, "kid"));
    if (jwks->count == KEYS_MAX || (use && !member_is(object, "use", "sig")) ||
        (kid && strlen(kid) > KID_MAX))
        return;
    EVP_PKEY *key = make_key(object, &entry->alg);
    if (!key || (alg && !member_is(object, "alg", names[entry->alg]))) {
        EVP_PKEY_free(key);
        return;
    }
    entry->key = key;
    if (kid)
        memcpy(entry->kid, kid, strlen(kid) + 1);
    jwks->count++;
}

int scrim_jwks_parse(const void *text, size_t length, struct scrim_jwks **ret,
                     struct scrim_error *error)
{
    json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *keys = json_object_get(document, "keys"), *object;
    size_t i;
    if (!json_is_array(keys)) {
        json_decref(document);
        return scrim_fail(error, SCRIM_EFORMAT, "the provider's list of keys is malformed");
    }
    struct scrim_jwks *jwks = scrim_new(struct scrim_jwks);
    json_array_foreach(keys, i, object) add_key(jwks, object);
    json_decref(document);
    *ret = jwks;
    return SCRIM_OK;
}

void scrim_jwks_free(struct scrim_jwks *jwks)
{
    for (size_t i = 0; jwks && i < jwks->count; i++)
        EVP_PKEY_free(jwks->keys[i].key);
    free(jwks);
}

size_t scrim_jwks_count(const struct scrim_jwks *jwks)
{
    return jwks->count;
}

EVP_PKEY *scrim_jwks_find(const struct scrim_jwks *jwks, const char *kid, enum scrim_jws_alg alg)
{
    EVP_PKEY *found = NULL;
    for (size_t i = 0; i < jwks->count; i++) {
        const struct key *key = &jwks->keys[i];
        if (key->alg != alg || (kid && strcmp(kid, key->kid) != 0))
            continue;
        if (found)
            return NULL; // two that fit: a token must say which it means
        found = key->key;
    }
    return found;
}
