#include "oidc/provider.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "oidc/token.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENT_MAX (256U << 10)
#define FORM_MAX (16U << 10)
#define URL_MAX 2000
#define KEYS_AGAIN_US SCRIM_SECOND // a token with an unknown key must not make us ask faster

struct scrim_provider {
    struct scrim_provider_setup setup;
    struct scrim_web *web;
    struct scrim_provider_places places;
    struct scrim_jwks *jwks;
    int64_t again_us; // monotonic: when keys may be fetched again for a token with an unknown one
};

// --- its description ---

static char *take_url(const json_t *document, const char *name)
{
    static const char scheme[] = "https://";
    const json_t *value = json_object_get(document, name);
    const char *text = json_string_value(value);
    if (!text || strncmp(text, scheme, sizeof scheme - 1) != 0 ||
        json_string_length(value) > URL_MAX || strlen(text) != json_string_length(value))
        return NULL;
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~' || *at == '"' || *at == '#')
            return NULL;
    return scrim_strdup(text);
}

// client_secret_basic is what holds when nothing is said (Discovery, 3).
static bool wants_basic(const json_t *document)
{
    const json_t *methods = json_object_get(document, "token_endpoint_auth_methods_supported");
    const json_t *method;
    size_t i;
    json_array_foreach(methods, i, method) if (json_is_string(method) &&
                                               strcmp(json_string_value(method),
                                                      "client_secret_basic") == 0) return true;
    return json_array_size(methods) == 0;
}

int scrim_provider_places_parse(const void *text, size_t length, const char *issuer,
                                struct scrim_provider_places *ret, struct scrim_error *error)
{
    json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, NULL);
    const char *given = json_string_value(json_object_get(document, "issuer"));
    struct scrim_provider_places places = {.authorization =
                                               take_url(document, "authorization_endpoint"),
                                           .token = take_url(document, "token_endpoint"),
                                           .keys = take_url(document, "jwks_uri"),
                                           .basic = wants_basic(document)};
    int result = SCRIM_OK;
    if (!given || strcmp(given, issuer) != 0) // Discovery, 4.3: exactly
        result =
            scrim_fail(error, SCRIM_EAUTH, "the provider calls itself %s, scrim.yaml calls it %s",
                       given ? given : "nothing", issuer);
    else if (!places.authorization || !places.token || !places.keys)
        result = scrim_fail(error, SCRIM_EFORMAT,
                            "the provider's description lacks an https address of "
                            "authorization_endpoint, token_endpoint or jwks_uri");
    json_decref(document);
    if (result < 0)
        scrim_provider_places_finish(&places);
    else
        *ret = places;
    return result;
}

void scrim_provider_places_finish(struct scrim_provider_places *places)
{
    free(places->authorization);
    free(places->token);
    free(places->keys);
    *places = (struct scrim_provider_places){0};
}

struct scrim_provider *scrim_provider_create(const struct scrim_provider_setup *setup,
                                             struct scrim_web *web)
{
    struct scrim_provider *provider = scrim_new(struct scrim_provider);
    provider->setup = *setup;
    provider->web = web;
    return provider;
}

void scrim_provider_destroy(struct scrim_provider *provider)
{
    if (!provider)
        return;
    scrim_provider_places_finish(&provider->places);
    scrim_jwks_free(provider->jwks);
    free(provider);
}

static int fetch_places(struct scrim_provider *provider, struct scrim_provider_places *ret,
                        struct scrim_error *error)
{
    const char *issuer = provider->setup.issuer;
    const size_t length = strlen(issuer);
    struct scrim_buf url, body;
    scrim_buf_init(&url, URL_MAX + 64);
    scrim_buf_init(&body, DOCUMENT_MAX);
    int result = scrim_buf_append(&url, issuer, length - (issuer[length - 1] == '/'));
    if (result >= 0)
        result = scrim_buf_append(&url, "/.well-known/openid-configuration",
                                  sizeof "/.well-known/openid-configuration");
    if (result < 0)
        result = scrim_fail(error, result, "the issuer's address is too long");
    if (result >= 0)
        result = scrim_web_get(provider->web, (const char *)url.data, &body, error);
    if (result >= 0)
        result = scrim_provider_places_parse(body.data, body.len, issuer, ret, error);
    scrim_buf_finish(&url);
    scrim_buf_finish(&body);
    return result;
}

static int fetch_keys(struct scrim_provider *provider, const char *url, struct scrim_error *error)
{
    struct scrim_buf body;
    struct scrim_jwks *jwks = NULL;
    scrim_buf_init(&body, DOCUMENT_MAX);
    int result = scrim_web_get(provider->web, url, &body, error);
    if (result >= 0)
        result = scrim_jwks_parse(body.data, body.len, &jwks, error);
    if (result >= 0 && scrim_jwks_count(jwks) == 0)
        result = scrim_fail(error, SCRIM_EUNSUPPORTED,
                            "%s: no key for RS256, ES256 or EdDSA is listed", url);
    scrim_buf_finish(&body);
    if (result < 0) {
        scrim_jwks_free(jwks);
        return result;
    }
    scrim_jwks_free(provider->jwks);
    provider->jwks = jwks;
    return result;
}

int scrim_provider_refresh(struct scrim_provider *provider, struct scrim_error *error)
{
    struct scrim_provider_places places = {0};
    int result = fetch_places(provider, &places, error);
    if (result >= 0)
        result = fetch_keys(provider, places.keys, error);
    if (result < 0) {
        scrim_provider_places_finish(&places);
        return result;
    }
    scrim_provider_places_finish(&provider->places);
    provider->places = places;
    return SCRIM_OK;
}

const char *scrim_provider_authorization(const struct scrim_provider *provider)
{
    return provider->places.authorization;
}

// --- a code for a token ---

static int append_field(struct scrim_buf *form, const char *name, const char *value)
{
    int result = scrim_buf_printf(form, "%s%s=", form->len ? "&" : "", name);
    return result < 0 ? result : scrim_web_escape(value, form);
}

static int make_form(const struct scrim_provider *provider,
                     const struct scrim_code_exchange *exchange, struct scrim_buf *form)
{
    const struct {
        const char *name, *value;
    } fields[] = {
        {"grant_type", "authorization_code"},     {"code", exchange->code},
        {"redirect_uri", exchange->redirect_uri}, {"code_verifier", exchange->verifier},
        {"client_id", provider->setup.client_id}, {"client_secret", provider->setup.client_secret}};
    // With Basic, id and secret stand in the header.
    const size_t count = sizeof fields / sizeof *fields - (provider->places.basic ? 2 : 0);
    int result = SCRIM_OK;
    for (size_t i = 0; i < count && result >= 0; i++)
        result = append_field(form, fields[i].name, fields[i].value);
    return result < 0 ? result : scrim_buf_append(form, "", 1);
}

static int post_form(struct scrim_provider *provider, const char *form, int *ret_status,
                     struct scrim_buf *ret, struct scrim_error *error)
{
    struct scrim_buf user, password;
    struct scrim_web_login login = {0};
    scrim_buf_init(&user, FORM_MAX);
    scrim_buf_init(&password, FORM_MAX);
    int result = SCRIM_OK;
    if (provider->places.basic) { // RFC 6749, 2.3.1: both encoded as in a form
        result = scrim_web_escape(provider->setup.client_id, &user) |
                 scrim_buf_append(&user, "", 1) |
                 scrim_web_escape(provider->setup.client_secret, &password) |
                 scrim_buf_append(&password, "", 1);
        login.user = (const char *)user.data;
        login.password = (const char *)password.data;
    }
    result = result < 0 ? scrim_fail(error, SCRIM_ENOSPACE, "the client's secret is too long")
                        : scrim_web_post(provider->web, provider->places.token, form, &login,
                                         ret_status, ret, error);
    scrim_buf_finish(&user);
    scrim_buf_finish_wipe(&password);
    return result;
}

// The ID token of an answer of the token endpoint (Core, 3.1.3.3); the caller's copy.
static int take_token(const struct scrim_buf *body, int status, char **ret,
                      struct scrim_error *error)
{
    json_t *answer = json_loadb((const char *)body->data, body->len, JSON_REJECT_DUPLICATES, NULL);
    const char *refused = json_string_value(json_object_get(answer, "error"));
    const char *token = json_string_value(json_object_get(answer, "id_token"));
    int result = SCRIM_OK;
    if (status != 200)
        result = scrim_fail(error, SCRIM_EAUTH, "the provider refuses the code: %.100s",
                            refused ? refused : "it does not say why");
    else if (!token)
        result = scrim_fail(error, SCRIM_EFORMAT, "the provider's answer has no ID token");
    else
        *ret = scrim_strdup(token);
    json_decref(answer);
    return result;
}

static int redeem(struct scrim_provider *provider, const struct scrim_code_exchange *exchange,
                  char **ret_token, struct scrim_error *error)
{
    struct scrim_buf form, body;
    int status = 0;
    scrim_buf_init(&form, FORM_MAX);
    scrim_buf_init(&body, DOCUMENT_MAX);
    int result = make_form(provider, exchange, &form);
    if (result < 0)
        result = scrim_fail(error, SCRIM_EINVAL, "the code is too long");
    if (result >= 0)
        result = post_form(provider, (const char *)form.data, &status, &body, error);
    if (result >= 0)
        result = take_token(&body, status, ret_token, error);
    scrim_buf_finish_wipe(&form);
    scrim_buf_finish_wipe(&body);
    return result;
}

static int verify(struct scrim_provider *provider, const char *token, const char *nonce,
                  json_t **ret_claims, struct scrim_error *error)
{
    const struct scrim_id_token_expected expected = {
        .issuer = provider->setup.issuer,
        .client_id = provider->setup.client_id,
        .nonce = nonce,
        .now_s = scrim_clock_utc_us() / SCRIM_SECOND,
    };
    int result = scrim_id_token_verify(token, provider->jwks, &expected, ret_claims, error);
    const int64_t now_us = scrim_clock_mono_us();
    if (result != SCRIM_ENOENT || now_us < provider->again_us)
        return result;
    provider->again_us = now_us + KEYS_AGAIN_US;
    result = fetch_keys(provider, provider->places.keys, error);
    return result < 0 ? result
                      : scrim_id_token_verify(token, provider->jwks, &expected, ret_claims, error);
}

int scrim_provider_exchange(struct scrim_provider *provider,
                            const struct scrim_code_exchange *exchange, json_t **ret_claims,
                            struct scrim_error *error)
{
    char *token = NULL;
    if (!provider->places.token) {
        const int result = scrim_provider_refresh(provider, error);
        if (result < 0)
            return result;
    }
    int result = redeem(provider, exchange, &token, error);
    if (result >= 0)
        result = verify(provider, token, exchange->nonce, ret_claims, error);
    if (token)
        sodium_memzero(token, strlen(token));
    free(token);
    return result;
}
