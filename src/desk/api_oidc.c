// Signing in at a provider (OpenID Connect Core 1.0, 3.1; PKCE: RFC 7636). The browser is sent
// there with a random state, which only the browser that began may bring back: a cookie binds the
// two, so nobody can be signed in with somebody else's account by a link (RFC 6749, 10.12).
#include "desk/api.h"

#include "base/alloc.h"
#include "desk/oidc_side.h"
#include "desk/second_step.h"
#include "desk/sign_in.h"
#include "people/invitations.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COOKIE "__Host-scrim-oidc"
#define CALLBACK "/api/v1/session/oidc/callback"
#define BEGUN_MAX 256
#define BEGUN_US (600 * SCRIM_SECOND)
#define REDIRECT_MAX 300
#define LOCATION_MAX 4096
#define CODE_MAX 2000

// A sign-in that has left for the provider.
struct begun {
    uint8_t state[SCRIM_SECRET_HASH], browser[SCRIM_SECRET_HASH]; // hashes
    char verifier[SCRIM_SECRET_TEXT], nonce[SCRIM_SECRET_TEXT];
    char redirect_uri[REDIRECT_MAX];
    uint8_t invitation[SCRIM_SECRET_HASH];
    bool invited;
    int64_t until_us; // monotonic; 0: this place is free
};

struct scrim_oidc_begun {
    struct begun list[BEGUN_MAX];
};

struct scrim_oidc_begun *scrim_oidc_begun_create(void)
{
    return scrim_new(struct scrim_oidc_begun);
}

void scrim_oidc_begun_destroy(struct scrim_oidc_begun *begun)
{
    if (begun)
        sodium_memzero(begun, sizeof *begun);
    free(begun);
}

// Back to the page, which says what `code` stands for; NULL: signed in.
static void go_back(struct scrim_http_request *request, const char *code)
{
    char location[64];
    snprintf(location, sizeof location, "/%s%s", code ? "?sign-in=" : "", code ? code : "");
    if (scrim_http_add_header(request, "Location", location) < 0 ||
        scrim_http_add_header(request, "Set-Cookie",
                              COOKIE "=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0") < 0)
        scrim_api_refuse(request, 500, "internal", "There is no memory for the answer.");
    else
        scrim_http_reply_empty(request, 303);
}

// --- there ---

static bool make_redirect(const struct scrim_http_request *request, char ret[REDIRECT_MAX])
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
    const char *host = scrim_http_header(request, SCRIM_HEADER_HOST);
    return host && host[0] && strspn(host, letters) == strlen(host) &&
           snprintf(ret, REDIRECT_MAX, "https://%s" CALLBACK, host) < REDIRECT_MAX;
}

static struct begun *new_begun(struct scrim_oidc_begun *all)
{
    struct begun *oldest = &all->list[0];
    for (size_t i = 1; i < BEGUN_MAX; i++)
        if (all->list[i].until_us < oldest->until_us)
            oldest = &all->list[i];
    *oldest = (struct begun){.until_us = scrim_clock_mono_us() + BEGUN_US};
    return oldest;
}

static int append_escaped(struct scrim_buf *ret, const char *text)
{
    static const char plain[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    int result = SCRIM_OK;
    for (; *text && result >= 0; text++)
        result = strchr(plain, *text) ? scrim_buf_append(ret, text, 1)
                                      : scrim_buf_printf(ret, "%%%02X", (unsigned char)*text);
    return result;
}

static int make_location(const struct begun *begun, const char *endpoint, const char *client_id,
                         const char *state, struct scrim_buf *ret)
{
    uint8_t hash[32];
    char challenge[SCRIM_SECRET_TEXT];
    crypto_hash_sha256(hash, (const uint8_t *)begun->verifier, strlen(begun->verifier));
    sodium_bin2base64(challenge, sizeof challenge, hash, sizeof hash,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    int result = scrim_buf_printf(ret,
                                  "%s%cresponse_type=code&scope=openid%%20profile"
                                  "&code_challenge_method=S256&code_challenge=%s&state=%s&nonce=%s"
                                  "&client_id=",
                                  endpoint, strchr(endpoint, '?') ? '&' : '?', challenge, state,
                                  begun->nonce);
    if (result >= 0)
        result = append_escaped(ret, client_id);
    if (result >= 0)
        result = scrim_buf_append_text(ret, "&redirect_uri=");
    if (result >= 0)
        result = append_escaped(ret, begun->redirect_uri);
    return result < 0 ? result : scrim_buf_append(ret, "", 1);
}

static int send_there(struct scrim_desk *desk, struct scrim_http_request *request,
                      struct begun *begun, const char *endpoint)
{
    char state[SCRIM_SECRET_TEXT], browser[SCRIM_SECRET_TEXT], cookie[160];
    uint8_t unused[SCRIM_SECRET_HASH];
    struct scrim_buf location;
    scrim_buf_init(&location, LOCATION_MAX);
    scrim_secret_make(state, begun->state);
    scrim_secret_make(browser, begun->browser);
    scrim_secret_make(begun->verifier, unused);
    scrim_secret_make(begun->nonce, unused);
    // Lax: it must come along when the provider sends the browser back.
    snprintf(cookie, sizeof cookie,
             COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=%d", browser,
             (int)(BEGUN_US / SCRIM_SECOND));
    int result =
        make_location(begun, endpoint, desk->site.config->oidc->client_id, state, &location);
    if (result >= 0)
        result = scrim_http_add_header(request, "Location", (const char *)location.data);
    if (result >= 0)
        result = scrim_http_add_header(request, "Set-Cookie", cookie);
    sodium_memzero(cookie, sizeof cookie);
    scrim_buf_finish(&location);
    return result;
}

void scrim_api_oidc_begin(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const char *invitation = scrim_http_query(request, "invitation");
    const char *why = NULL, *endpoint = NULL;
    struct begun wanted = {0};
    if (!desk->oidc) {
        scrim_api_refuse(request, 404, "not_found", "There is no provider to sign in with.");
        return;
    }
    wanted.invited = invitation != NULL;
    if (!make_redirect(request, wanted.redirect_uri) ||
        (invitation && !scrim_secret_hash(invitation, wanted.invitation))) {
        scrim_api_refuse(request, 400, "malformed", "The host or the invitation is malformed.");
        return;
    }
    endpoint = scrim_oidc_side_authorization(desk->oidc, &why);
    if (!endpoint) {
        scrim_warn(&desk->log, "nobody can sign in with the provider: %s", why);
        go_back(request, "provider_down");
        return;
    }
    if (!scrim_sign_in_throttle(desk, request, NULL))
        return;
    scrim_throttle_forgive(desk->throttle, NULL, scrim_http_peer(request));
    struct begun *begun = new_begun(desk->oidc_begun);
    wanted.until_us = begun->until_us;
    *begun = wanted;
    if (send_there(desk, request, begun, endpoint) < 0)
        scrim_api_refuse(request, 500, "internal", "There is no memory for the answer.");
    else
        scrim_http_reply_empty(request, 302);
}

// --- and back ---

struct back {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct begun begun;
    char issuer[SCRIM_OIDC_ISSUER_MAX + 1], subject[SCRIM_OIDC_SUBJECT_TEXT];
    struct scrim_sign_in in;
    struct scrim_factor_news news;
    int result;
    struct scrim_error error;
};

static void free_back(struct back *back)
{
    scrim_sign_in_wipe(&back->in);
    scrim_factor_news_finish(&back->news);
    sodium_memzero(back, sizeof *back);
    free(back);
}

// What the page says for it: a code of text/*/entry.ts.
static const char *code_of(int result)
{
    switch (result) {
    case SCRIM_ENOENT: return "not_invited";
    case SCRIM_EEXIST: return "taken";
    default: return "internal";
    }
}

static int find_user(struct back *back, struct scrim_users *users, struct scrim_user *ret)
{
    struct scrim_factors *factors = scrim_second_step_factors(back->desk->second);
    if (back->begun.invited)
        return scrim_invitations_accept_account(scrim_users_db(users), back->begun.invitation,
                                                back->issuer, back->subject, ret, &back->error);
    return scrim_factors_oidc_find(factors, back->issuer, back->subject, ret, &back->error);
}

static void work_back(struct scrim_job *job, void *context)
{
    struct back *back = (struct back *)job;
    struct scrim_users *users = scrim_auth_users(context);
    struct scrim_user user = {0};
    back->result = find_user(back, users, &user);
    if (back->result >= 0 && back->begun.invited)
        back->result = scrim_roster_load(scrim_users_db(users), &back->in.roster, &back->error);
    if (back->result >= 0)
        back->result = scrim_sign_in_make(users, &user, &back->in, &back->error);
    if (back->result >= 0)
        back->result = scrim_factors_news(scrim_second_step_factors(back->desk->second),
                                          &back->news, &back->error);
}

static void done_back(struct scrim_job *job)
{
    struct back *back = (struct back *)job;
    struct scrim_desk *desk = back->desk;
    if (back->result < 0) {
        scrim_warn(&desk->log, "sign-in with the provider refused: subject '%s' from %s: %s",
                   back->subject, scrim_http_peer(back->request), back->error.text);
        go_back(back->request, code_of(back->result));
    } else {
        scrim_second_step_take(desk->second, &back->news);
        scrim_throttle_succeed(desk->throttle, NULL, scrim_http_peer(back->request));
        if (back->begun.invited)
            scrim_acts_add(desk->acts, &(struct scrim_act){.who = back->in.session.user,
                                                           .what = "invitation.accept",
                                                           .detail = "{\"with\":\"provider\"}"});
        if (scrim_sign_in_enter(desk, back->request, &back->in) >= 0)
            go_back(back->request, NULL);
    }
    free_back(back);
}

// Whether scrim.yaml lets this account in: a claim that is one of the values, or a list with one.
static bool is_admitted(const struct scrim_oidc_admit *admit, const json_t *claims)
{
    const json_t *claim = admit ? json_object_get(claims, admit->claim) : NULL, *entry;
    size_t i;
    for (unsigned k = 0; admit && k < admit->values_count; k++) {
        const char *text = json_string_value(claim);
        if (text && strcmp(text, admit->values[k]) == 0)
            return true;
        json_array_foreach(claim, i, entry) if (json_is_string(entry) &&
                                                strcmp(json_string_value(entry),
                                                       admit->values[k]) == 0) return true;
    }
    return !admit;
}

static void on_answered(void *context, const json_t *claims, const char *why)
{
    struct back *back = context;
    const struct scrim_desk *desk = back->desk;
    const char *subject = json_string_value(json_object_get(claims, "sub"));
    const char *code = NULL;
    if (!claims || !subject || strlen(subject) >= sizeof back->subject) {
        scrim_warn(&desk->log, "sign-in with the provider failed: %s",
                   claims ? "it names nobody" : why);
        code = "provider_refused";
    } else if (!is_admitted(desk->site.config->oidc->admit, claims)) {
        scrim_warn(&desk->log,
                   "sign-in with the provider refused: '%s' is not among those that "
                   "scrim.yaml admits",
                   subject);
        code = "not_admitted";
    } else {
        snprintf(back->subject, sizeof back->subject, "%s", subject);
        snprintf(back->issuer, sizeof back->issuer, "%s", desk->site.config->oidc->issuer);
        if (scrim_worker_submit(desk->auth, &back->job))
            return;
        code = "overload";
    }
    go_back(back->request, code);
    free_back(back);
}

// Takes what has begun out of the list, once: the state must be known, and the browser the one that
// left with it.
static bool redeem(struct scrim_desk *desk, const struct scrim_http_request *request,
                   struct begun *ret)
{
    char cookie[SCRIM_SECRET_TEXT];
    const char *text = scrim_http_query(request, "state");
    uint8_t state[SCRIM_SECRET_HASH], browser[SCRIM_SECRET_HASH];
    if (!text || !scrim_secret_hash(text, state) ||
        !scrim_http_cookie(request, COOKIE, cookie, sizeof cookie) ||
        !scrim_secret_hash(cookie, browser))
        return false;
    for (size_t i = 0; i < BEGUN_MAX; i++) {
        struct begun *at = &desk->oidc_begun->list[i];
        if (at->until_us <= scrim_clock_mono_us() ||
            sodium_memcmp(at->state, state, sizeof state) != 0)
            continue;
        *ret = *at;
        sodium_memzero(at, sizeof *at);
        return sodium_memcmp(ret->browser, browser, sizeof browser) == 0;
    }
    return false;
}

// RFC 9207: an issuer that names itself must be ours.
static bool issuer_fits(const struct scrim_desk *desk, const struct scrim_http_request *request)
{
    const char *issuer = scrim_http_query(request, "iss");
    return !issuer || strcmp(issuer, desk->site.config->oidc->issuer) == 0;
}

void scrim_api_oidc_back(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const char *code = scrim_http_query(request, "code");
    if (!desk->oidc) {
        scrim_api_refuse(request, 404, "not_found", "There is no provider to sign in with.");
        return;
    }
    if (!scrim_sign_in_throttle(desk, request, NULL))
        return;
    struct back *back = scrim_new(struct back);
    back->job = (struct scrim_job){.work = work_back, .done = done_back};
    back->desk = desk;
    back->request = request;
    scrim_sign_in_begin(&back->in, request);
    const char *refused = NULL;
    if (!redeem(desk, request, &back->begun) || !issuer_fits(desk, request))
        refused = "state";
    else if (!code || strlen(code) > CODE_MAX)
        refused = "provider_refused"; // such as error=access_denied
    else if (!scrim_oidc_side_ask(desk->oidc,
                                  &(struct scrim_oidc_question){
                                      .code = code,
                                      .verifier = back->begun.verifier,
                                      .redirect_uri = back->begun.redirect_uri,
                                      .nonce = back->begun.nonce,
                                  },
                                  on_answered, back))
        refused = "provider_down";
    if (!refused)
        return;
    scrim_warn(&desk->log, "a sign-in with the provider comes back and is refused: %s", refused);
    go_back(request, refused);
    free_back(back);
}
