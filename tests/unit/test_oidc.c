// ID tokens, keys and descriptions of a provider. The keys of these tests are made here; a real
// provider is in tests/integration.
#include "oidc/provider.h"
#include "oidc/token.h"
#include "test.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <sodium.h>

#define NOW 1700000000
#define TOKEN_MAX 8192

struct rig {
    EVP_PKEY *key;
    const char *alg;
    struct scrim_jwks *jwks;
    struct scrim_id_token_expected expected;
};

static void encode(const void *bytes, size_t count, char ret[TOKEN_MAX])
{
    sodium_bin2base64(ret, TOKEN_MAX, bytes, count, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static json_t *number_of(EVP_PKEY *key, const char *name)
{
    BIGNUM *value = NULL;
    uint8_t bytes[1024];
    char text[TOKEN_MAX];
    EVP_PKEY_get_bn_param(key, name, &value);
    encode(bytes, (size_t)BN_bn2bin(value, bytes), text);
    BN_free(value);
    return json_string(text);
}

static json_t *public_jwk(EVP_PKEY *key)
{
    uint8_t point[65];
    char x[TOKEN_MAX], y[TOKEN_MAX];
    size_t length = sizeof point;
    if (EVP_PKEY_is_a(key, "RSA"))
        return json_pack("{s:s,s:o,s:o}", "kty", "RSA", "n", number_of(key, "n"), "e",
                         number_of(key, "e"));
    if (EVP_PKEY_is_a(key, "ED25519")) {
        EVP_PKEY_get_raw_public_key(key, point, &length);
        encode(point, 32, x);
        return json_pack("{s:s,s:s,s:s}", "kty", "OKP", "crv", "Ed25519", "x", x);
    }
    EVP_PKEY_get_octet_string_param(key, "pub", point, sizeof point, &length);
    encode(point + 1, 32, x);
    encode(point + 33, 32, y);
    return json_pack("{s:s,s:s,s:s,s:s}", "kty", "EC", "crv", "P-256", "x", x, "y", y);
}

static void begin(struct rig *rig, const char *alg)
{
    struct scrim_error error;
    *rig = (struct rig){.alg = alg, .expected = {"https://idp.example", "scrim", "the nonce", NOW}};
    rig->key = strcmp(alg, "RS256") == 0   ? EVP_RSA_gen(2048)
               : strcmp(alg, "ES256") == 0 ? EVP_EC_gen("P-256")
                                           : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    json_t *key = public_jwk(rig->key);
    json_object_set_new(key, "kid", json_string("one"));
    json_t *set = json_pack("{s:[o]}", "keys", key);
    char *text = json_dumps(set, 0);
    CHECK(scrim_jwks_parse(text, strlen(text), &rig->jwks, &error) >= 0);
    free(text);
    json_decref(set);
}

static void finish(struct rig *rig)
{
    EVP_PKEY_free(rig->key);
    scrim_jwks_free(rig->jwks);
}

static size_t raw_signature(uint8_t *signature, size_t length)
{
    const unsigned char *at = signature;
    ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &at, (long)length);
    BN_bn2binpad(ECDSA_SIG_get0_r(numbers), signature, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(numbers), signature + 32, 32);
    ECDSA_SIG_free(numbers);
    return 64;
}

static void append(char token[TOKEN_MAX], const void *bytes, size_t count)
{
    const size_t length = strlen(token);
    char part[TOKEN_MAX];
    encode(bytes, count, part);
    snprintf(token + length, TOKEN_MAX - length, "%s%s", length ? "." : "", part);
}

static void sign(const struct rig *rig, const char *header, const json_t *claims,
                 char ret[TOKEN_MAX])
{
    uint8_t signature[1024];
    size_t length = sizeof signature;
    char *payload = json_dumps(claims, JSON_COMPACT);
    ret[0] = '\0';
    append(ret, header, strlen(header));
    append(ret, payload, strlen(payload));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, NULL, strcmp(rig->alg, "EdDSA") == 0 ? NULL : EVP_sha256(), NULL,
                       rig->key);
    CHECK(EVP_DigestSign(context, signature, &length, (const uint8_t *)ret, strlen(ret)) == 1);
    EVP_MD_CTX_free(context);
    if (strcmp(rig->alg, "ES256") == 0)
        length = raw_signature(signature, length);
    append(ret, signature, length);
    free(payload);
}

static json_t *right_claims(void)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:i,s:i}", "iss", "https://idp.example", "aud", "scrim",
                     "sub", "olga", "nonce", "the nonce", "iat", NOW - 1, "exp", NOW + 300);
}

// Signs these claims (taken over) and says what becomes of them.
static int judge(const struct rig *rig, const char *header, json_t *claims)
{
    char token[TOKEN_MAX];
    struct scrim_error error;
    json_t *verified = NULL;
    sign(rig, header, claims, token);
    const int result = scrim_id_token_verify(token, rig->jwks, &rig->expected, &verified, &error);
    CHECK((result >= 0) == (verified != NULL));
    json_decref(verified);
    json_decref(claims);
    return result;
}

static void right_tokens(void)
{
    static const char *const algs[] = {"RS256", "ES256", "EdDSA"};
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++) {
        struct rig rig;
        char header[64];
        begin(&rig, algs[i]);
        snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"one\"}", algs[i]);
        CHECK_INT(judge(&rig, header, right_claims()), SCRIM_OK);
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", algs[i]);
        CHECK_INT(judge(&rig, header, right_claims()), SCRIM_OK);
        snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"two\"}", algs[i]);
        CHECK_INT(judge(&rig, header, right_claims()), SCRIM_ENOENT);
        finish(&rig);
    }
}

static void wrong_headers(void)
{
    static const struct {
        const char *header;
        int result;
    } cases[] = {{"{\"alg\":\"none\"}", SCRIM_EAUTH},
                 {"{\"alg\":\"None\"}", SCRIM_EAUTH},
                 {"{\"alg\":\"HS256\"}", SCRIM_EAUTH},
                 {"{\"alg\":\"RS256\"}", SCRIM_ENOENT}, // a key of another kind
                 {"{\"alg\":\"ES256\",\"crit\":[\"b64\"]}", SCRIM_EAUTH},
                 {"{\"alg\":\"ES256\",\"kid\":7}", SCRIM_EFORMAT},
                 {"{\"alg\":\"ES256\",\"alg\":\"none\"}", SCRIM_EFORMAT},
                 {"{}", SCRIM_EFORMAT},
                 {"[]", SCRIM_EFORMAT},
                 {"", SCRIM_EFORMAT}};
    struct rig rig;
    begin(&rig, "ES256");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_INT(judge(&rig, cases[i].header, right_claims()), cases[i].result);
    finish(&rig);
}

static void wrong_claims(void)
{
    static const struct {
        const char *name, *value; // of one claim; NULL: it is missing
        int result;
    } cases[] = {{"iss", "\"https://evil.example\"", SCRIM_EAUTH},
                 {"iss", NULL, SCRIM_EAUTH},
                 {"iss", "\"https://idp.example/\"", SCRIM_EAUTH},
                 {"aud", "\"somebody\"", SCRIM_EAUTH},
                 {"aud", "[\"somebody\"]", SCRIM_EAUTH},
                 {"aud", "[]", SCRIM_EAUTH},
                 {"aud", NULL, SCRIM_EAUTH},
                 {"aud", "[\"scrim\",\"somebody\"]", SCRIM_EAUTH}, // without azp
                 {"aud", "[\"scrim\"]", SCRIM_OK},
                 {"azp", "\"somebody\"", SCRIM_EAUTH},
                 {"azp", "\"scrim\"", SCRIM_OK},
                 {"nonce", "\"another\"", SCRIM_EAUTH},
                 {"nonce", "\"the nonce\\u0000\"", SCRIM_EFORMAT}, // jansson takes no NUL
                 {"nonce", NULL, SCRIM_EAUTH},
                 {"exp", "1699999939", SCRIM_EAUTH},
                 {"exp", "1699999941", SCRIM_OK}, // clocks differ a little
                 {"exp", "\"2000000000\"", SCRIM_EFORMAT},
                 {"exp", NULL, SCRIM_EFORMAT},
                 {"iat", "1700000061", SCRIM_EAUTH},
                 {"iat", "1699999399", SCRIM_EAUTH},
                 {"iat", NULL, SCRIM_EFORMAT},
                 {"sub", "\"\"", SCRIM_EFORMAT},
                 {"sub", "7", SCRIM_EFORMAT},
                 {"sub", NULL, SCRIM_EFORMAT}};
    struct rig rig;
    begin(&rig, "ES256");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *claims = right_claims();
        json_object_del(claims, cases[i].name);
        if (cases[i].value)
            json_object_set_new(claims, cases[i].name,
                                json_loads(cases[i].value, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
        printf("  %s %s\n", cases[i].name, cases[i].value ? cases[i].value : "missing");
        CHECK_INT(judge(&rig, "{\"alg\":\"ES256\"}", claims), cases[i].result);
    }
    finish(&rig);
}

// Every character of a token matters.
static void altered_tokens(void)
{
    struct rig rig;
    struct scrim_error error;
    char token[TOKEN_MAX];
    json_t *claims = right_claims(), *verified = NULL;
    begin(&rig, "EdDSA");
    sign(&rig, "{\"alg\":\"EdDSA\"}", claims, token);
    const size_t length = strlen(token);
    for (size_t i = 0; i < length; i++) {
        const char before = token[i];
        token[i] = before == 'A' ? 'B' : 'A';
        CHECK(scrim_id_token_verify(token, rig.jwks, &rig.expected, &verified, &error) < 0);
        token[i] = before;
    }
    for (size_t i = 0; i < length; i++) {
        const char before = token[i];
        token[i] = '\0';
        CHECK(scrim_id_token_verify(token, rig.jwks, &rig.expected, &verified, &error) < 0);
        token[i] = before;
    }
    json_decref(claims);
    finish(&rig);
}

static void key_sets(void)
{
    static const struct {
        const char *text;
        int count; // negative: an error
    } cases[] = {{"{\"keys\":[]}", 0},
                 {"{}", SCRIM_EFORMAT},
                 {"[]", SCRIM_EFORMAT},
                 {"", SCRIM_EFORMAT},
                 {"{\"keys\":[7,null,{}]}", 0},
                 {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}", 0},
                 {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", 0}, // too small
                 {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}", 0},
                 {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                  "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
                  1}, // RFC 8037, A.2
                 {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"enc\",\"x\":"
                  "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
                  0},
                 {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"alg\":\"ES256\",\"x\":"
                  "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}",
                  0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_jwks *jwks = NULL;
        struct scrim_error error;
        const int result = scrim_jwks_parse(cases[i].text, strlen(cases[i].text), &jwks, &error);
        CHECK_INT(result < 0 ? result : (int)scrim_jwks_count(jwks), cases[i].count);
        scrim_jwks_free(jwks);
    }
}

static void descriptions(void)
{
    static const struct {
        const char *text;
        int result;
    } cases[] = {
        {"{\"issuer\":\"https://idp.example\",\"authorization_endpoint\":\"https://a/\","
         "\"token_endpoint\":\"https://t/\",\"jwks_uri\":\"https://k/\"}",
         SCRIM_OK},
        {"{\"issuer\":\"https://idp.example/\",\"authorization_endpoint\":\"https://a/\","
         "\"token_endpoint\":\"https://t/\",\"jwks_uri\":\"https://k/\"}",
         SCRIM_EAUTH},
        {"{\"issuer\":\"https://idp.example\",\"authorization_endpoint\":\"http://a/\","
         "\"token_endpoint\":\"https://t/\",\"jwks_uri\":\"https://k/\"}",
         SCRIM_EFORMAT},
        {"{\"issuer\":\"https://idp.example\",\"authorization_endpoint\":\"https://a/\\r\\nX: y\","
         "\"token_endpoint\":\"https://t/\",\"jwks_uri\":\"https://k/\"}",
         SCRIM_EFORMAT},
        {"{\"issuer\":\"https://idp.example\",\"token_endpoint\":\"https://t/\"}", SCRIM_EFORMAT},
        {"{}", SCRIM_EAUTH},
        {"", SCRIM_EAUTH}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scrim_provider_places places = {0};
        struct scrim_error error;
        const int result = scrim_provider_places_parse(cases[i].text, strlen(cases[i].text),
                                                       "https://idp.example", &places, &error);
        CHECK_INT(result, cases[i].result);
        CHECK_INT(places.basic, cases[i].result == SCRIM_OK);
        scrim_provider_places_finish(&places);
    }
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(argc, argv,
                    (struct test[]){{"tokens: RS256, ES256 and EdDSA", right_tokens},
                                    {"tokens: headers that are refused", wrong_headers},
                                    {"tokens: claims that are refused", wrong_claims},
                                    {"tokens: every character matters", altered_tokens},
                                    {"keys", key_sets},
                                    {"descriptions", descriptions},
                                    {0}});
}
