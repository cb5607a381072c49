#include "desk/second_step.h"

#include "base/alloc.h"
#include "desk/api.h"
#include "desk/sign_in.h"
#include "people/body.h"

#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICKETS_MAX 256
#define TICKET_US (180 * SCRIM_SECOND)
#define TRIES 5
#define CHALLENGES_MAX 64
#define CHALLENGE_US (300 * SCRIM_SECOND)

struct ticket {
    uint8_t hash[SCRIM_SECRET_HASH];
    struct scrim_user user;
    char address[SCRIM_SESSION_ADDRESS];
    int64_t until_us; // monotonic; 0: this place is free
    unsigned tries;
    bool has_challenge; // still to be answered
    struct scrim_second_expected expected;
};

struct challenge {
    uint8_t session[SCRIM_SESSION_HASH], bytes[SCRIM_WEBAUTHN_CHALLENGE];
    int64_t until_us; // monotonic; 0: this place is free
};

struct scrim_second_step {
    struct scrim_factors *factors; // thread of desk->auth
    struct scrim_factor_news news; // from here on: the loop's
    struct ticket tickets[TICKETS_MAX];
    struct challenge challenges[CHALLENGES_MAX];
};

int scrim_second_step_open(const char *dir, struct scrim_second_step **ret,
                           struct scrim_error *error)
{
    struct scrim_second_step *second = scrim_new(struct scrim_second_step);
    int result = scrim_factors_open(dir, &second->factors, error);
    if (result >= 0)
        result = scrim_factors_news(second->factors, &second->news, error);
    if (result < 0) {
        scrim_second_step_close(second);
        return result;
    }
    *ret = second;
    return SCRIM_OK;
}

void scrim_second_step_close(struct scrim_second_step *second)
{
    if (!second)
        return;
    scrim_factors_close(second->factors);
    scrim_factor_news_finish(&second->news);
    sodium_memzero(second, sizeof *second);
    free(second);
}

struct scrim_factors *scrim_second_step_factors(struct scrim_second_step *second)
{
    return second->factors;
}

json_t *scrim_second_step_bytes(const void *bytes, size_t count)
{
    const size_t size = sodium_base64_encoded_len(count, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = scrim_new_bytes(size);
    sodium_bin2base64(text, size, bytes, count, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    json_t *value = json_string(text);
    free(text);
    return value;
}

static bool expect(const struct scrim_http_request *request,
                   const uint8_t challenge[SCRIM_WEBAUTHN_CHALLENGE],
                   struct scrim_second_expected *ret)
{
    const char *host = scrim_http_header(request, SCRIM_HEADER_HOST);
    if (!host || !scrim_webauthn_host(host, ret->origin, ret->rp_id))
        return false;
    memcpy(ret->is.challenge, challenge, SCRIM_WEBAUTHN_CHALLENGE);
    ret->is.origin = ret->origin;
    ret->is.rp_id = ret->rp_id;
    return true;
}

// --- what is known of everybody ---

void scrim_second_step_take(struct scrim_second_step *second, struct scrim_factor_news *news)
{
    scrim_factor_news_finish(&second->news);
    second->news = *news;
    *news = (struct scrim_factor_news){0};
}

static const struct scrim_factor_entry *find_entry(const struct scrim_second_step *second,
                                                   int64_t user_id)
{
    for (size_t i = 0; i < second->news.count; i++)
        if (second->news.list[i].user_id == user_id)
            return &second->news.list[i];
    return NULL;
}

struct scrim_factor_state scrim_second_step_state(const struct scrim_second_step *second,
                                                  int64_t user_id)
{
    const struct scrim_factor_entry *entry = find_entry(second, user_id);
    return entry ? entry->state : (struct scrim_factor_state){0};
}

bool scrim_second_step_required(const struct scrim_second_step *second, enum scrim_role role)
{
    return (second->news.required & 1U << role) != 0;
}

unsigned scrim_second_step_roles(const struct scrim_second_step *second)
{
    return second->news.required;
}

bool scrim_second_step_owed(const struct scrim_second_step *second, int64_t user_id,
                            enum scrim_role role)
{
    if (!scrim_second_step_required(second, role))
        return false;
    const struct scrim_factor_entry *entry = find_entry(second, user_id);
    return !entry || (!entry->state.totp && entry->state.keys == 0 &&
                      (entry->password || !entry->state.oidc));
}

// --- challenges for new keys ---

bool scrim_second_step_challenge(struct scrim_second_step *second,
                                 const struct scrim_http_request *request,
                                 const uint8_t session[SCRIM_SESSION_HASH],
                                 uint8_t ret[SCRIM_WEBAUTHN_CHALLENGE])
{
    struct scrim_second_expected expected;
    struct challenge *place = &second->challenges[0];
    for (size_t i = 0; i < CHALLENGES_MAX; i++) {
        struct challenge *at = &second->challenges[i];
        if (memcmp(at->session, session, sizeof at->session) == 0) {
            place = at;
            break;
        }
        if (at->until_us < place->until_us) // the oldest goes
            place = at;
    }
    randombytes_buf(place->bytes, sizeof place->bytes);
    memcpy(place->session, session, sizeof place->session);
    place->until_us = scrim_clock_mono_us() + CHALLENGE_US;
    memcpy(ret, place->bytes, sizeof place->bytes);
    return expect(request, ret, &expected);
}

bool scrim_second_step_redeem(struct scrim_second_step *second,
                              const struct scrim_http_request *request,
                              const uint8_t session[SCRIM_SESSION_HASH],
                              struct scrim_second_expected *ret)
{
    for (size_t i = 0; i < CHALLENGES_MAX; i++) {
        struct challenge *at = &second->challenges[i];
        if (memcmp(at->session, session, sizeof at->session) != 0)
            continue;
        const bool fresh = at->until_us > scrim_clock_mono_us();
        const bool fine = fresh && expect(request, at->bytes, ret);
        sodium_memzero(at, sizeof *at);
        return fine;
    }
    return false;
}

// --- a ticket ---

int scrim_second_step_look(struct scrim_second_step *second, const struct scrim_user *user,
                           struct scrim_second_need *ret, struct scrim_error *error)
{
    *ret = (struct scrim_second_need){.user = *user};
    int result = scrim_factors_state(second->factors, user->id, &ret->state, error);
    ret->wanted = result >= 0 && (ret->state.totp || ret->state.keys > 0);
    if (ret->wanted && ret->state.keys > 0)
        result = scrim_factors_keys(second->factors, user->id, &ret->keys, &ret->keys_count, error);
    return result;
}

void scrim_second_need_finish(struct scrim_second_need *need)
{
    free(need->keys);
    need->keys = NULL;
}

static struct ticket *new_ticket(struct scrim_second_step *second)
{
    struct ticket *oldest = &second->tickets[0];
    for (size_t i = 1; i < TICKETS_MAX; i++)
        if (second->tickets[i].until_us < oldest->until_us)
            oldest = &second->tickets[i];
    *oldest = (struct ticket){.until_us = scrim_clock_mono_us() + TICKET_US};
    return oldest;
}

// PublicKeyCredentialRequestOptionsJSON (WebAuthn level 3, 5.1), NULL if there is no key for the
// host that was asked.
static json_t *request_options(struct ticket *ticket, const struct scrim_http_request *request,
                               const struct scrim_second_need *need)
{
    uint8_t challenge[SCRIM_WEBAUTHN_CHALLENGE];
    randombytes_buf(challenge, sizeof challenge);
    if (!expect(request, challenge, &ticket->expected))
        return NULL;
    json_t *keys = json_array();
    for (size_t i = 0; i < need->keys_count; i++) {
        const struct scrim_webauthn_credential *credential = &need->keys[i].credential;
        if (strcmp(credential->rp_id, ticket->expected.rp_id) == 0)
            json_array_append_new(
                keys, json_pack("{s:s,s:o}", "type", "public-key", "id",
                                scrim_second_step_bytes(credential->id, credential->id_len)));
    }
    if (json_array_size(keys) == 0) {
        json_decref(keys);
        return NULL;
    }
    ticket->has_challenge = true;
    return json_pack("{s:o,s:i,s:s,s:o,s:s}", "challenge",
                     scrim_second_step_bytes(challenge, sizeof challenge), "timeout", 120000,
                     "rpId", ticket->expected.rp_id, "allowCredentials", keys, "userVerification",
                     "discouraged");
}

void scrim_second_step_ask(struct scrim_desk *desk, struct scrim_http_request *request,
                           const struct scrim_second_need *need)
{
    char text[SCRIM_SECRET_TEXT];
    struct ticket *ticket = new_ticket(desk->second);
    json_t *ways = json_array();
    scrim_secret_make(text, ticket->hash);
    ticket->user = need->user;
    snprintf(ticket->address, sizeof ticket->address, "%s", scrim_http_peer(request));
    json_t *options = request_options(ticket, request, need);
    if (need->state.totp)
        json_array_append_new(ways, json_string("totp"));
    if (options)
        json_array_append_new(ways, json_string("webauthn"));
    if (need->state.recovery > 0)
        json_array_append_new(ways, json_string("recovery"));
    scrim_http_reply_json(request, 202,
                          json_pack("{s:s,s:o,s:o}", "ticket", text, "ways", ways, "webauthn",
                                    options ? options : json_null()));
    sodium_memzero(text, sizeof text);
}

// --- what is given for it ---

struct body {
    char ticket[SCRIM_SECRET_TEXT + 1], totp[16], recovery[64];
    json_t *webauthn;
};

enum { GIVEN_TICKET = 1, GIVEN_TOTP = 2, GIVEN_RECOVERY = 4, GIVEN_WEBAUTHN = 8 };

static const struct scrim_body_member members[] = {
    {"ticket", SCRIM_BODY_SECRET, offsetof(struct body, ticket), sizeof((struct body *)0)->ticket,
     false},
    {"totp", SCRIM_BODY_SECRET, offsetof(struct body, totp), sizeof((struct body *)0)->totp, true},
    {"recovery", SCRIM_BODY_SECRET, offsetof(struct body, recovery),
     sizeof((struct body *)0)->recovery, true},
    {"webauthn", SCRIM_BODY_JSON, offsetof(struct body, webauthn), 0, true},
    {0}};

struct step_job {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct body body;
    unsigned given;
    struct scrim_user user;
    char throttled[SCRIM_USER_NAME_MAX + 3]; // what the tries of this step are counted under
    struct scrim_second_expected expected;
    struct scrim_sign_in in;
    struct scrim_factor_news news;
    int result;
    struct scrim_error error;
};

static int check_key(struct step_job *step, struct scrim_factors *factors,
                     struct scrim_error *error)
{
    SCRIM_AUTO(scrim_free_pointer) char *text = json_dumps(step->body.webauthn, JSON_COMPACT);
    SCRIM_AUTO(scrim_free_pointer) struct scrim_factor_key *keys = NULL;
    uint8_t id[SCRIM_WEBAUTHN_ID_MAX];
    size_t id_len = 0, count = 0;
    uint32_t counter = 0;
    if (!text)
        return scrim_fail(error, SCRIM_EFORMAT, "the answer of the security key is malformed");
    int result = scrim_webauthn_answer_id(text, strlen(text), id, &id_len, error);
    if (result >= 0)
        result = scrim_factors_keys(factors, step->user.id, &keys, &count, error);
    if (result < 0)
        return result;
    for (size_t i = 0; i < count; i++) {
        const struct scrim_webauthn_credential *credential = &keys[i].credential;
        if (credential->id_len != id_len || memcmp(credential->id, id, id_len) != 0)
            continue;
        result = scrim_webauthn_verify(text, strlen(text), &step->expected.is, credential, &counter,
                                       error);
        return result < 0 ? result
                          : scrim_factors_key_used(factors, &keys[i], counter, scrim_clock_utc_us(),
                                                   error);
    }
    return scrim_fail(error, SCRIM_EAUTH, "this security key is not registered here");
}

static int check_factor(struct step_job *step, struct scrim_factors *factors,
                        struct scrim_error *error)
{
    uint32_t code;
    if (step->given & GIVEN_WEBAUTHN)
        return check_key(step, factors, error);
    if (step->given & GIVEN_RECOVERY)
        return scrim_factors_recovery_use(factors, step->user.id, step->body.recovery, error);
    if (!scrim_totp_code_parse(step->body.totp, &code))
        return scrim_fail(error, SCRIM_EAUTH, "the code is not six digits");
    return scrim_factors_totp_check(factors, step->user.id, code, scrim_clock_utc_us(), error);
}

static void work_step(struct scrim_job *job, void *context)
{
    struct step_job *step = (struct step_job *)job;
    struct scrim_factors *factors = step->desk->second->factors;
    step->result = check_factor(step, factors, &step->error);
    if (step->result >= 0)
        step->result =
            scrim_sign_in_make(scrim_auth_users(context), &step->user, &step->in, &step->error);
    if (step->result >= 0)
        step->result = scrim_factors_news(factors, &step->news, &step->error);
}

static struct ticket *find_ticket(struct scrim_second_step *second, const char *text,
                                  const char *address)
{
    uint8_t hash[SCRIM_SECRET_HASH];
    if (!scrim_secret_hash(text, hash))
        return NULL;
    for (size_t i = 0; i < TICKETS_MAX; i++) {
        struct ticket *ticket = &second->tickets[i];
        if (ticket->until_us > scrim_clock_mono_us() &&
            sodium_memcmp(ticket->hash, hash, sizeof hash) == 0 &&
            strcmp(ticket->address, address) == 0)
            return ticket;
    }
    return NULL;
}

static void refuse(struct step_job *step)
{
    const struct scrim_desk *desk = step->desk;
    const char *peer = scrim_http_peer(step->request);
    if (step->result == SCRIM_EAUTH || step->result == SCRIM_EFORMAT) {
        scrim_warn(&desk->log, "second step refused: user '%s' from %s: %s", step->user.name, peer,
                   step->error.text);
        scrim_api_refuse(step->request, 401, "second_step",
                         step->given & GIVEN_WEBAUTHN ? "The security key was not accepted."
                                                      : "The code is wrong, or was used already.");
        return;
    }
    scrim_error_log(&desk->log, "second step of '%s': %s", step->user.name, step->error.text);
    scrim_throttle_forgive(desk->throttle, step->throttled, peer);
    scrim_api_refuse(step->request, 500, "internal",
                     "The server cannot check codes at the moment.");
}

static void admit_user(struct step_job *step)
{
    struct scrim_desk *desk = step->desk;
    struct ticket *ticket =
        find_ticket(desk->second, step->body.ticket, scrim_http_peer(step->request));
    scrim_second_step_take(desk->second, &step->news);
    if (!ticket) { // another answer with the same ticket came first
        scrim_api_refuse(step->request, 401, "ticket", "Sign in again.");
        return;
    }
    sodium_memzero(ticket, sizeof *ticket);
    scrim_throttle_succeed(desk->throttle, step->throttled, scrim_http_peer(step->request));
    if (step->given & GIVEN_RECOVERY)
        scrim_acts_add(desk->acts,
                       &(struct scrim_act){.who = step->user.name, .what = "recovery-code.use"});
    scrim_sign_in_finish(desk, step->request, &step->in);
}

static void free_step(struct step_job *step)
{
    json_decref(step->body.webauthn);
    scrim_sign_in_wipe(&step->in);
    scrim_factor_news_finish(&step->news);
    sodium_memzero(step, sizeof *step);
    free(step);
}

static void done_step(struct scrim_job *job)
{
    struct step_job *step = (struct step_job *)job;
    if (step->result < 0)
        refuse(step);
    else
        admit_user(step);
    free_step(step);
}

// Fills the job from the request; false when it is answered already.
static bool take_body(struct step_job *step)
{
    const struct scrim_buf *body = scrim_http_body(step->request);
    if (!scrim_auth_is_json(step->request)) {
        scrim_api_refuse(step->request, 415, "malformed", "The body must be application/json.");
        return false;
    }
    const unsigned all = GIVEN_TOTP | GIVEN_RECOVERY | GIVEN_WEBAUTHN;
    if (scrim_body_parse(body->data, body->len, members, &step->body, &step->given, &step->error) <
            0 ||
        __builtin_popcount(step->given & all) != 1) {
        scrim_api_refuse(step->request, 400, "malformed",
                         "The body must be {\"ticket\":…} with one of totp, recovery, webauthn.");
        return false;
    }
    return true;
}

// The ticket's part: a try, and the challenge, which is answered once.
static bool take_ticket(struct step_job *step)
{
    struct ticket *ticket =
        find_ticket(step->desk->second, step->body.ticket, scrim_http_peer(step->request));
    const bool key = step->given & GIVEN_WEBAUTHN;
    if (!ticket || (key && !ticket->has_challenge)) {
        scrim_api_refuse(step->request, 401, "ticket",
                         "This sign-in took too long. Begin again with the password.");
        return false;
    }
    step->user = ticket->user;
    snprintf(step->throttled, sizeof step->throttled, "2 %s", ticket->user.name);
    if (!scrim_sign_in_throttle(step->desk, step->request, step->throttled))
        return false;
    step->expected = ticket->expected;
    step->expected.is.origin = step->expected.origin;
    step->expected.is.rp_id = step->expected.rp_id;
    ticket->has_challenge = ticket->has_challenge && !key;
    if (++ticket->tries > TRIES) {
        sodium_memzero(ticket, sizeof *ticket);
        scrim_api_refuse(step->request, 401, "ticket", "Too many tries. Begin again.");
        return false;
    }
    return true;
}

void scrim_api_second_step(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct step_job *step = scrim_new(struct step_job);
    step->job = (struct scrim_job){.work = work_step, .done = done_step};
    step->desk = desk;
    step->request = request;
    scrim_sign_in_begin(&step->in, request);
    if (take_body(step) && take_ticket(step)) {
        if (scrim_worker_submit(desk->auth, &step->job))
            return;
        scrim_throttle_forgive(desk->throttle, step->throttled, scrim_http_peer(request));
        scrim_api_refuse(request, 503, "overload", "Too many people sign in at once.");
    }
    free_step(step);
}
