#include "people/webauthn.h"

#include "base/alloc.h"
#include "people/webauthn_data.h"

#include <fido.h>
#include <fido/eddsa.h>
#include <fido/es256.h>
#include <fido/rs256.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define PART_MAX (16U << 10) // bytes of any part of an answer

bool scrim_webauthn_host(const char *host, char ret_origin[SCRIM_WEBAUTHN_HOST_MAX + 16],
                         char ret_rp_id[SCRIM_WEBAUTHN_HOST_MAX + 1])
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    const size_t length = strspn(host, letters);
    const char *port = host + length;
    if (length == 0 || length > SCRIM_WEBAUTHN_HOST_MAX || strspn(host, "0123456789.") == length)
        return false;
    if (*port && (*port != ':' || strlen(port) < 2 || strlen(port) > 6 ||
                  strspn(port + 1, "0123456789") != strlen(port + 1)))
        return false;
    for (size_t i = 0; i < length; i++)
        ret_rp_id[i] = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] + ('a' - 'A')) : host[i];
    ret_rp_id[length] = '\0';
    const bool usual = strcmp(port, ":443") == 0; // which an origin does not name (RFC 6454, 6.2)
    snprintf(ret_origin, SCRIM_WEBAUTHN_HOST_MAX + 16, "https://%s%s", ret_rp_id,
             usual ? "" : port);
    return true;
}

// --- the parts of an answer ---

struct answer {
    struct scrim_buf id, client, second, signature; // `second`: attestation or authenticator data
};

static void finish_answer(struct answer *answer)
{
    scrim_buf_finish(&answer->id);
    scrim_buf_finish(&answer->client);
    scrim_buf_finish(&answer->second);
    scrim_buf_finish(&answer->signature);
}

static bool take(const json_t *object, const char *name, struct scrim_buf *ret)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    const size_t length = json_string_length(value);
    scrim_buf_init(ret, PART_MAX);
    return text && length > 0 && scrim_buf_reserve(ret, length / 4 * 3 + 3) >= 0 &&
           sodium_base642bin(ret->data, ret->capacity, text, length, NULL, &ret->len, NULL,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING) == 0;
}

// `second` and `signature` name members of the response; NULL for one that is not wanted.
static int read_answer(const char *json, size_t length, const char *second, const char *signature,
                       struct answer *ret, struct scrim_error *error)
{
    json_t *object = json_loadb(json, length, JSON_REJECT_DUPLICATES, NULL);
    const json_t *response = json_object_get(object, "response");
    const char *type = json_string_value(json_object_get(object, "type"));
    *ret = (struct answer){0};
    const bool whole = type && strcmp(type, "public-key") == 0 && take(object, "rawId", &ret->id) &&
                       ret->id.len <= SCRIM_WEBAUTHN_ID_MAX &&
                       take(response, "clientDataJSON", &ret->client) &&
                       (!second || take(response, second, &ret->second)) &&
                       (!signature || take(response, signature, &ret->signature));
    json_decref(object);
    return whole ? SCRIM_OK
                 : scrim_fail(error, SCRIM_EFORMAT, "the answer of the security key is malformed");
}

static void hash_client(const struct answer *answer, uint8_t ret[32])
{
    crypto_hash_sha256(ret, answer->client.data, answer->client.len);
}

// What both kinds of authenticator data must say.
static int check_data(const struct scrim_authenticator_data *data, const char *rp_id,
                      struct scrim_error *error)
{
    uint8_t hash[32];
    crypto_hash_sha256(hash, (const uint8_t *)rp_id, strlen(rp_id));
    if (sodium_memcmp(hash, data->rp_id_hash, sizeof hash) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "the security key answers for another address");
    if (!(data->flags & SCRIM_AUTHENTICATOR_PRESENT))
        return scrim_fail(error, SCRIM_EAUTH, "nobody touched the security key");
    return SCRIM_OK;
}

// --- a new key ---

static void free_cred(fido_cred_t **cred)
{
    fido_cred_free(cred);
}

// libfido2 reads the public key, and checks a self attestation.
static int examine(const struct scrim_attestation *attestation, const struct answer *answer,
                   struct scrim_webauthn_credential *ret, struct scrim_error *error)
{
    SCRIM_AUTO(free_cred) fido_cred_t *cred = fido_cred_new();
    uint8_t hash[32];
    hash_client(answer, hash);
    if (!cred)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for a security key");
    if (fido_cred_set_type(cred, ret->alg) != FIDO_OK ||
        fido_cred_set_clientdata_hash(cred, hash, sizeof hash) != FIDO_OK ||
        fido_cred_set_rp(cred, ret->rp_id, NULL) != FIDO_OK ||
        fido_cred_set_authdata_raw(cred, attestation->data, attestation->data_len) != FIDO_OK)
        return scrim_fail(error, SCRIM_EFORMAT, "the public key of the security key is malformed");
    if (attestation->packed &&
        (attestation->alg != ret->alg || fido_cred_set_fmt(cred, "packed") != FIDO_OK ||
         fido_cred_set_sig(cred, attestation->signature, attestation->signature_len) != FIDO_OK ||
         fido_cred_verify_self(cred) != FIDO_OK))
        return scrim_fail(error, SCRIM_EAUTH, "the signature of the security key is wrong");
    ret->key_len = fido_cred_pubkey_len(cred);
    if (ret->key_len == 0 || ret->key_len > sizeof ret->key)
        return scrim_fail(error, SCRIM_EFORMAT, "the public key of the security key is malformed");
    memcpy(ret->key, fido_cred_pubkey_ptr(cred), ret->key_len);
    return SCRIM_OK;
}

static int take_new(const struct answer *answer, const struct scrim_webauthn_expected *expected,
                    struct scrim_webauthn_credential *ret, struct scrim_error *error)
{
    struct scrim_attestation attestation;
    struct scrim_authenticator_data data;
    if (!scrim_attestation_parse(answer->second.data, answer->second.len, &attestation))
        return scrim_fail(error, SCRIM_EFORMAT,
                          "the attestation is malformed, or of a kind that was not asked for");
    if (!scrim_authenticator_data_parse(attestation.data, attestation.data_len, &data) ||
        !(data.flags & SCRIM_AUTHENTICATOR_ATTESTED) || data.id_len != answer->id.len ||
        memcmp(data.id, answer->id.data, data.id_len) != 0)
        return scrim_fail(error, SCRIM_EFORMAT, "the authenticator data is malformed");
    if (data.alg != COSE_ES256 && data.alg != COSE_EDDSA && data.alg != COSE_RS256)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "the security key uses an algorithm that was not asked for");
    const int result = check_data(&data, expected->rp_id, error);
    if (result < 0)
        return result;
    *ret = (struct scrim_webauthn_credential){
        .id_len = data.id_len, .alg = data.alg, .count = data.count};
    memcpy(ret->id, data.id, data.id_len);
    snprintf(ret->rp_id, sizeof ret->rp_id, "%s", expected->rp_id);
    return examine(&attestation, answer, ret, error);
}

int scrim_webauthn_register(const char *json, size_t length,
                            const struct scrim_webauthn_expected *expected,
                            struct scrim_webauthn_credential *ret, struct scrim_error *error)
{
    struct answer answer;
    int result = read_answer(json, length, "attestationObject", NULL, &answer, error);
    if (result >= 0)
        result = scrim_client_data_check(answer.client.data, answer.client.len, "webauthn.create",
                                         expected, error);
    if (result >= 0)
        result = take_new(&answer, expected, ret, error);
    finish_answer(&answer);
    return result;
}

// --- a known key ---

int scrim_webauthn_answer_id(const char *json, size_t length, uint8_t ret[SCRIM_WEBAUTHN_ID_MAX],
                             size_t *ret_len, struct scrim_error *error)
{
    struct answer answer;
    const int result = read_answer(json, length, NULL, NULL, &answer, error);
    if (result >= 0) {
        memcpy(ret, answer.id.data, answer.id.len);
        *ret_len = answer.id.len;
    }
    finish_answer(&answer);
    return result;
}

static bool signature_fits(fido_assert_t *assertion,
                           const struct scrim_webauthn_credential *credential)
{
    bool fits = false;
    if (credential->alg == COSE_ES256) {
        es256_pk_t *key = es256_pk_new();
        fits = key && es256_pk_from_ptr(key, credential->key, credential->key_len) == FIDO_OK &&
               fido_assert_verify(assertion, 0, COSE_ES256, key) == FIDO_OK;
        es256_pk_free(&key);
    } else if (credential->alg == COSE_EDDSA) {
        eddsa_pk_t *key = eddsa_pk_new();
        fits = key && eddsa_pk_from_ptr(key, credential->key, credential->key_len) == FIDO_OK &&
               fido_assert_verify(assertion, 0, COSE_EDDSA, key) == FIDO_OK;
        eddsa_pk_free(&key);
    } else if (credential->alg == COSE_RS256) {
        rs256_pk_t *key = rs256_pk_new();
        fits = key && rs256_pk_from_ptr(key, credential->key, credential->key_len) == FIDO_OK &&
               fido_assert_verify(assertion, 0, COSE_RS256, key) == FIDO_OK;
        rs256_pk_free(&key);
    }
    return fits;
}

static void free_assertion(fido_assert_t **assertion)
{
    fido_assert_free(assertion);
}

static int check_signature(const struct answer *answer,
                           const struct scrim_webauthn_credential *credential,
                           struct scrim_error *error)
{
    SCRIM_AUTO(free_assertion) fido_assert_t *assertion = fido_assert_new();
    uint8_t hash[32];
    hash_client(answer, hash);
    if (!assertion)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for a security key");
    if (fido_assert_set_clientdata_hash(assertion, hash, sizeof hash) != FIDO_OK ||
        fido_assert_set_rp(assertion, credential->rp_id) != FIDO_OK ||
        fido_assert_set_up(assertion, FIDO_OPT_TRUE) != FIDO_OK ||
        fido_assert_set_count(assertion, 1) != FIDO_OK ||
        fido_assert_set_authdata_raw(assertion, 0, answer->second.data, answer->second.len) !=
            FIDO_OK ||
        fido_assert_set_sig(assertion, 0, answer->signature.data, answer->signature.len) != FIDO_OK)
        return scrim_fail(error, SCRIM_EFORMAT, "the answer of the security key is malformed");
    return signature_fits(assertion, credential)
               ? SCRIM_OK
               : scrim_fail(error, SCRIM_EAUTH, "the signature of the security key is wrong");
}

static int check_known(const struct answer *answer, const struct scrim_webauthn_expected *expected,
                       const struct scrim_webauthn_credential *credential, uint32_t *ret_count,
                       struct scrim_error *error)
{
    struct scrim_authenticator_data data;
    if (answer->id.len != credential->id_len ||
        memcmp(answer->id.data, credential->id, credential->id_len) != 0 ||
        strcmp(credential->rp_id, expected->rp_id) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "this security key is not registered here");
    if (!scrim_authenticator_data_parse(answer->second.data, answer->second.len, &data))
        return scrim_fail(error, SCRIM_EFORMAT, "the authenticator data is malformed");
    int result = check_data(&data, credential->rp_id, error);
    if (result >= 0)
        result = check_signature(answer, credential, error);
    if (result >= 0 && (data.count > 0 || credential->count > 0) &&
        data.count <= credential->count) // 6.1.1: two keys may have the same secret
        result = scrim_fail(error, SCRIM_EAUTH,
                            "the counter of the security key went back: there may be a copy of it");
    if (result >= 0)
        *ret_count = data.count;
    return result;
}

int scrim_webauthn_verify(const char *json, size_t length,
                          const struct scrim_webauthn_expected *expected,
                          const struct scrim_webauthn_credential *credential, uint32_t *ret_count,
                          struct scrim_error *error)
{
    struct answer answer;
    int result = read_answer(json, length, "authenticatorData", "signature", &answer, error);
    if (result >= 0)
        result = scrim_client_data_check(answer.client.data, answer.client.len, "webauthn.get",
                                         expected, error);
    if (result >= 0)
        result = check_known(&answer, expected, credential, ret_count, error);
    finish_answer(&answer);
    return result;
}
