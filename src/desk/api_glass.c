// Break-glass: how it stands, breaking it, its keys, its end, its review. The keeper decides; what
// is here sees to who asks, to the log of acts, and to a second step that was just taken.
#include "desk/api.h"
#include "desk/auth.h"
#include "desk/factors_job.h"
#include "desk/glass_side.h"
#include "desk/opener_side.h"
#include "desk/sign_in.h"
#include "people/body.h"

#include "age/age.h"
#include "base/alloc.h"
#include "base/base64.h"

#include <inttypes.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRESH_US (5 * 60 * SCRIM_SECOND) // a sign-in with a second step counts as one for so long
#define RECIPIENT_TEXT 80
#define NUMBER_MAX INT64_C(999999999)

// ---- How it stands.

static bool hears_reviews(const struct scrim_who *who)
{
    return scrim_who_may(who, SCRIM_RIGHT_DECIDE) || scrim_who_may(who, SCRIM_RIGHT_ACTS);
}

static bool is_named(const struct scrim_desk *desk, const struct scrim_who *who)
{
    return who->session && scrim_who_may(who, SCRIM_RIGHT_GLASS) &&
           scrim_site_may_break_glass(desk->site.config, who->name);
}

static json_int_t ms_of(const json_t *entry, const char *name)
{
    return json_integer_value(json_object_get(entry, name)) / 1000;
}

static json_t *entry_json(const json_t *entry)
{
    return json_pack("{s:O,s:O,s:O,s:I,s:I,s:O}", "number", json_object_get(entry, "number"), "who",
                     json_object_get(entry, "who"), "reason", json_object_get(entry, "reason"),
                     "since_ms", ms_of(entry, "since_us"), "until_ms", ms_of(entry, "until_us"),
                     "seen", json_object_get(entry, "seen"));
}

static json_t *reviews_json(const json_t *now, const struct scrim_who *who)
{
    const json_t *due = json_object_get(now, "due");
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(due); i++) {
        const json_t *entry = json_array_get(due, i);
        const char *by = json_string_value(json_object_get(entry, "who"));
        if (hears_reviews(who) || strcmp(by, who->name) == 0)
            json_array_append_new(list, entry_json(entry));
    }
    return list;
}

void scrim_api_glass(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_glass_config *config = desk->site.config->glass;
    const json_t *now = scrim_glass_side_now(desk->glass);
    const json_t *active = json_object_get(now, "active");
    struct scrim_who who;
    if (!scrim_auth_who(desk, request, &who)) {
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
        return;
    }
    const json_int_t next_ms = ms_of(now, "next_us");
    scrim_http_reply_json(
        request, 200,
        json_pack("{s:b,s:b,s:b,s:s?,s:o,s:o,s:o}", "on", config != NULL, "allowed",
                  is_named(desk, &who), "ready", now && scrim_opener_side_here(desk->opener),
                  "reason_shown", config ? config->reason_shown : NULL, "active",
                  active && !json_is_null(active) ? entry_json(active) : json_null(), "next_ms",
                  next_ms > scrim_clock_utc_us() / 1000 ? json_integer(next_ms) : json_null(),
                  "reviews", reviews_json(now, &who)));
}

// ---- Asking the keeper.

struct asking {
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct scrim_glass_ask ask;
    uint64_t act; // what the log calls it; 0: it is no act
};

static void free_asking(struct asking *asking)
{
    sodium_memzero(asking, sizeof *asking);
    free(asking);
}

static void fail(struct asking *asking, int status, const char *code, const char *text)
{
    if (asking->act)
        scrim_acts_tell_failed(asking->desk->acts, asking->act, text);
    scrim_api_refuse_words(asking->request, status, code, text);
    free_asking(asking);
}

static void refuse(struct asking *asking, const struct scrim_glass_answer *answer)
{
    static const struct {
        int status;
        const char *code;
    } answers[SCRIM_GLASS_OUTCOMES] = {
        [SCRIM_GLASS_OFF] = {409, "glass_off"},
        [SCRIM_GLASS_NOT_NAMED] = {403, "right"},
        [SCRIM_GLASS_UNDER_WAY] = {409, "glass_broken"},
        [SCRIM_GLASS_TOO_SOON] = {409, "glass_too_soon"},
        [SCRIM_GLASS_REVIEW_DUE] = {409, "glass_review_due"},
        [SCRIM_GLASS_OVER] = {410, "glass_over"},
        [SCRIM_GLASS_NONE] = {404, "not_found"},
        [SCRIM_GLASS_OWN] = {403, "glass_own"},
        [SCRIM_GLASS_WRONG] = {400, "malformed"},
        [SCRIM_GLASS_FAILED] = {500, "internal"},
    };
    fail(asking, answers[answer->outcome].status, answers[answer->outcome].code, answer->text);
}

static json_t *keys_json(const struct scrim_glass_answer *answer)
{
    SCRIM_AUTO(scrim_free_pointer) char *text = scrim_base64_text(answer->age, answer->age_len);
    return json_pack("{s:I,s:I,s:I,s:s}", "number", (json_int_t)answer->glass, "until_ms",
                     (json_int_t)(answer->until_us / 1000), "keys_until_ms",
                     (json_int_t)(answer->keys_until_us / 1000), "keys", text);
}

static void on_answer(void *context, const struct scrim_glass_answer *answer)
{
    struct asking *asking = context;
    if (!answer) {
        fail(asking, 503, "glass_not_ready", "The keeper does not answer.");
        return;
    }
    if (answer->outcome != SCRIM_GLASS_DONE) {
        refuse(asking, answer);
        return;
    }
    if (answer->age_len > 0)
        scrim_http_reply_json(asking->request, asking->ask.verb == SCRIM_GLASS_BREAK ? 201 : 200,
                              keys_json(answer));
    else
        scrim_http_reply_empty(asking->request, 204);
    free_asking(asking);
}

static void ask_keeper(struct asking *asking)
{
    if (!scrim_glass_side_ask(asking->desk->glass, &asking->ask, on_answer, asking))
        fail(asking, 503, "glass_not_ready", "The keeper is not running, which has the keys.");
}

static void on_written(void *context, int result, uint64_t id, const struct scrim_error *error)
{
    struct asking *asking = context;
    (void)error;
    if (result < 0) {
        fail(asking, 500, "internal", "It cannot be logged, so it is not done.");
        return;
    }
    asking->act = id;
    ask_keeper(asking);
}

// The act is on disk before the keeper is asked.
static void ask_as_act(struct asking *asking)
{
    static const char *const names[SCRIM_GLASS_VERBS] = {[SCRIM_GLASS_BREAK] = "glass.break",
                                                         [SCRIM_GLASS_END] = "glass.end",
                                                         [SCRIM_GLASS_SEEN] = "glass.see",
                                                         [SCRIM_GLASS_REVIEW] = "glass.review"};
    const struct scrim_glass_ask *ask = &asking->ask;
    char detail[64];
    snprintf(detail, sizeof detail, "{\"glass\":%" PRIu64 "}", ask->glass);
    const struct scrim_act act = {.who = ask->who,
                                  .what = names[ask->verb],
                                  .reason = ask->text[0] ? ask->text : NULL,
                                  .detail = ask->glass ? detail : NULL};
    if (scrim_acts_ask(asking->desk->acts, &act, on_written, asking) < 0)
        fail(asking, 503, "overload", "Too much waits to be logged.");
}

static struct asking *new_asking(struct scrim_desk *desk, struct scrim_http_request *request,
                                 const struct scrim_who *who, enum scrim_glass_verb verb)
{
    struct asking *asking = scrim_new(struct asking);
    asking->desk = desk;
    asking->request = request;
    asking->ask.verb = verb;
    snprintf(asking->ask.who, sizeof asking->ask.who, "%s", who->name);
    return asking;
}

// The break of the path, of which the keeper knows. 0 after an answer.
static uint64_t number_of(const struct scrim_desk *desk, struct scrim_http_request *request)
{
    char *end = NULL;
    const char *text = scrim_http_param(request, 0);
    const long long number = text[0] >= '1' && text[0] <= '9' ? strtoll(text, &end, 10) : 0;
    if (number > 0 && number <= NUMBER_MAX && *end == '\0' &&
        scrim_glass_side_entry(desk->glass, (uint64_t)number))
        return (uint64_t)number;
    scrim_api_refuse(request, 404, "not_found", "There is no such break, or it has its review.");
    return 0;
}

// ---- Breaking it.

struct break_job {
    struct scrim_people_job base;
    char reason[SCRIM_GLASS_TEXT_MAX + 1];
    char recipient[RECIPIENT_TEXT], code[16];
    unsigned given;
    bool fresh; // the session just began
};

static const struct scrim_body_member break_members[] = {
    {"reason", SCRIM_BODY_LINES, offsetof(struct break_job, reason), SCRIM_GLASS_TEXT_MAX + 1,
     false},
    {"recipient", SCRIM_BODY_TEXT, offsetof(struct break_job, recipient), RECIPIENT_TEXT, false},
    {"code", SCRIM_BODY_SECRET, offsetof(struct break_job, code), 16, true},
    {0}};

// Who has a second step takes it again: whoever finds an unlocked desk does not see originals.
static int work_break(struct scrim_people_job *base, struct scrim_users *users)
{
    struct break_job *job = (struct break_job *)base;
    struct scrim_factors *factors = scrim_second_step_factors(base->desk->second);
    struct scrim_factor_state state = {0};
    uint32_t code;
    (void)users;
    int result = scrim_factors_state(factors, base->who.user_id, &state, &base->error);
    if (result < 0 || job->fresh || (!state.totp && state.keys == 0))
        return result;
    if (!state.totp)
        return scrim_fail(&base->error, SCRIM_ECONFLICT,
                          "sign in again with your security key, then break glass within 5 "
                          "minutes");
    if (!job->code[0])
        return scrim_fail(&base->error, SCRIM_ECONFLICT, "a code of your app is needed");
    result = scrim_totp_code_parse(job->code, &code)
                 ? scrim_factors_totp_check(factors, base->who.user_id, code, scrim_clock_utc_us(),
                                            &base->error)
                 : SCRIM_EAUTH;
    return result == SCRIM_EAUTH
               ? scrim_fail(&base->error, SCRIM_ECONFLICT, "the code is wrong, or was used already")
               : result;
}

static void reply_break(struct scrim_people_job *base)
{
    const struct break_job *job = (struct break_job *)base;
    struct scrim_error error;
    struct asking *asking = new_asking(base->desk, base->request, &base->who, SCRIM_GLASS_BREAK);
    scrim_throttle_succeed(base->desk->throttle, base->who.name, scrim_http_peer(base->request));
    memcpy(asking->ask.text, job->reason, sizeof asking->ask.text);
    if (scrim_age_recipient_parse(job->recipient, asking->ask.recipient, &error) < 0)
        fail(asking, 400, "malformed", "recipient: not an age recipient (age1…).");
    else
        ask_as_act(asking);
}

static bool has_words(const char *text)
{
    return text[strspn(text, " \t\r\n")] != '\0';
}

void scrim_api_glass_break(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct break_job),
                                                  .right = SCRIM_RIGHT_GLASS,
                                                  .conflict = "second_step",
                                                  .work = work_break,
                                                  .reply = reply_break};
    struct scrim_desk *desk = context;
    struct scrim_who who;
    struct break_job *job;
    if (!desk->site.config->glass) {
        scrim_api_refuse(request, 409, "glass_off", "This site has no break-glass.");
        return;
    }
    if (!scrim_auth_who(desk, request, &who) || !is_named(desk, &who)) {
        scrim_api_refuse(request, 403, "right",
                         "scrim.yaml does not name you among those who may break glass.");
        return;
    }
    const bool fresh = scrim_clock_utc_us() - who.session->created_us < FRESH_US;
    if (!(job = scrim_people_job_new(desk, request, &task)))
        return;
    job->fresh = fresh;
    bool sound = scrim_people_body(request, break_members, job, &job->given);
    if (sound && !has_words(job->reason)) {
        scrim_api_refuse(request, 400, "malformed", "reason: why is glass broken?");
        sound = false;
    }
    if (sound && job->code[0])
        sound = scrim_sign_in_throttle(desk, request, who.name);
    if (sound)
        scrim_people_job_submit(job);
    else
        scrim_people_job_free(job);
}

// ---- While it is broken, and after.

// Its keys again, when a new quarter of an hour has begun. Part of the act that it was.
void scrim_api_glass_keys(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct scrim_who who;
    const uint64_t number = number_of(desk, request);
    if (number == 0 || !scrim_auth_who(desk, request, &who))
        return;
    struct asking *asking = new_asking(desk, request, &who, SCRIM_GLASS_KEYS);
    asking->ask.glass = number;
    ask_keeper(asking);
}

// Whoever broke it, and every keyholder and administrator: ending it takes nothing from anybody.
void scrim_api_glass_end(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const char *by = scrim_glass_side_operator(desk->glass);
    struct scrim_who who;
    const uint64_t number = number_of(desk, request);
    if (number == 0 || !scrim_auth_who(desk, request, &who))
        return;
    if ((!by || strcmp(by, who.name) != 0) && !scrim_who_may(&who, SCRIM_RIGHT_DECIDE) &&
        !scrim_who_may(&who, SCRIM_RIGHT_USERS)) {
        scrim_api_refuse(request, 403, "right", "Your role does not allow this.");
        return;
    }
    struct asking *asking = new_asking(desk, request, &who, SCRIM_GLASS_END);
    asking->ask.glass = number;
    ask_as_act(asking);
}

void scrim_api_glass_seen(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct scrim_who who;
    const uint64_t number = number_of(desk, request);
    if (number == 0 || !scrim_auth_who(desk, request, &who))
        return;
    struct asking *asking = new_asking(desk, request, &who, SCRIM_GLASS_SEEN);
    asking->ask.glass = number;
    ask_as_act(asking);
}

struct review {
    char text[SCRIM_GLASS_TEXT_MAX + 1];
};

void scrim_api_glass_review(void *context, struct scrim_http_request *request)
{
    static const struct scrim_body_member members[] = {
        {"text", SCRIM_BODY_LINES, offsetof(struct review, text), SCRIM_GLASS_TEXT_MAX + 1, false},
        {0}};
    struct scrim_desk *desk = context;
    struct scrim_who who;
    struct review body = {0};
    unsigned given = 0;
    const uint64_t number = number_of(desk, request);
    if (number == 0 || !scrim_auth_who(desk, request, &who))
        return;
    if (!hears_reviews(&who)) {
        scrim_api_refuse(request, 403, "right", "Your role does not allow this.");
        return;
    }
    if (!scrim_people_body(request, members, &body, &given))
        return;
    if (!has_words(body.text)) {
        scrim_api_refuse(request, 400, "malformed", "text: what was found?");
        return;
    }
    struct asking *asking = new_asking(desk, request, &who, SCRIM_GLASS_REVIEW);
    asking->ask.glass = number;
    memcpy(asking->ask.text, body.text, sizeof asking->ask.text);
    ask_as_act(asking);
}
