// One's own codes and recovery codes, over the API.
#include "desk/api.h"

#include "desk/factors_job.h"

#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define URI_MAX 2048

static struct scrim_factors *factors_of(const struct scrim_people_job *job)
{
    return scrim_second_step_factors(job->desk->second);
}

// A right password is not held against anybody; a wrong one is.
static void reply_forgiving(struct scrim_people_job *job)
{
    scrim_throttle_succeed(job->desk->throttle, job->who.name, scrim_http_peer(job->request));
}

// --- what one has ---

static json_t *keys_json(const struct scrim_factor_key *keys, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(
            list, json_pack("{s:o,s:s,s:s,s:I,s:o}", "id", scrim_factor_key_id(&keys[i]), "name",
                            keys[i].name, "host", keys[i].credential.rp_id, "created_ms",
                            (json_int_t)(keys[i].created_us / 1000), "seen_ms",
                            keys[i].used_us ? json_integer(keys[i].used_us / 1000) : json_null()));
    return list;
}

static int work_list(struct scrim_people_job *job, struct scrim_users *users)
{
    struct scrim_factor_state state = {0};
    struct scrim_factor_key *keys = NULL;
    size_t count = 0;
    (void)users;
    int result = scrim_factors_state(factors_of(job), job->who.user_id, &state, &job->error);
    if (result >= 0)
        result = scrim_factors_keys(factors_of(job), job->who.user_id, &keys, &count, &job->error);
    if (result < 0)
        return result;
    job->answer =
        json_pack("{s:b,s:i,s:o,s:b}", "totp", state.totp, "recovery", (int)state.recovery,
                  "webauthn", keys_json(keys, count), "oidc", state.oidc);
    free(keys);
    return SCRIM_OK;
}

static void reply_list(struct scrim_people_job *job)
{
    const struct scrim_desk *desk = job->desk;
    const struct scrim_user *user = scrim_roster_user(desk->roster, job->who.user_id);
    json_object_set_new(job->answer, "password", json_boolean(user && user->has_password));
    json_object_set_new(job->answer, "required",
                        json_boolean(scrim_second_step_required(desk->second, job->who.role)));
    scrim_http_reply_json(job->request, 200, job->answer);
    job->answer = NULL;
}

void scrim_api_factors(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct scrim_factors_job),
                                                  .right = SCRIM_RIGHT_SELF,
                                                  .work = work_list,
                                                  .reply = reply_list};
    struct scrim_factors_job *job = scrim_people_job_new(context, request, &task);
    if (job)
        scrim_people_job_submit(job);
}

// --- what begins with the password ---

static const struct scrim_body_member password_only[] = {SCRIM_FACTORS_PASSWORD, {0}};

static void submit_with_password(void *context, struct scrim_http_request *request,
                                 const struct scrim_people_task *task)
{
    unsigned given = 0;
    struct scrim_factors_job *job = scrim_people_job_new(context, request, task);
    if (!job)
        return;
    if (scrim_people_body(request, password_only, job, &given) && scrim_factors_job_throttle(job))
        scrim_people_job_submit(job);
    else
        scrim_people_job_free(job);
}

static int work_totp(struct scrim_people_job *base, struct scrim_users *users)
{
    struct scrim_factors_job *job = (struct scrim_factors_job *)base;
    uint8_t secret[SCRIM_TOTP_SECRET];
    char text[SCRIM_TOTP_SECRET_TEXT];
    struct scrim_buf uri;
    scrim_buf_init(&uri, URI_MAX);
    int result = scrim_factors_job_password(job, users);
    if (result >= 0)
        result =
            scrim_factors_totp_begin(factors_of(base), base->who.user_id, secret, &base->error);
    if (result >= 0)
        result = scrim_totp_uri(base->desk->site.config->name, base->who.name, secret, &uri) |
                 scrim_buf_append(&uri, "", 1);
    if (result >= 0) {
        scrim_totp_secret_text(secret, text);
        base->answer = json_pack("{s:s,s:s}", "secret", text, "uri", (const char *)uri.data);
    }
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(text, sizeof text);
    scrim_buf_finish_wipe(&uri);
    return result;
}

static void reply_totp(struct scrim_people_job *job)
{
    reply_forgiving(job);
    scrim_http_reply_json(job->request, 200, job->answer);
    job->answer = NULL;
}

// Nothing counts yet, so it is no act.
void scrim_api_totp_begin(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct scrim_factors_job),
                                                  .right = SCRIM_RIGHT_SELF,
                                                  .work = work_totp,
                                                  .reply = reply_totp};
    submit_with_password(context, request, &task);
}

static void reply_changed(struct scrim_people_job *job)
{
    reply_forgiving(job);
    scrim_factors_job_reply(job);
}

static int work_totp_remove(struct scrim_people_job *base, struct scrim_users *users)
{
    struct scrim_factors_job *job = (struct scrim_factors_job *)base;
    int result = scrim_factors_job_password(job, users);
    if (result >= 0)
        result = scrim_factors_totp_remove(factors_of(base), base->who.user_id, &base->error);
    return scrim_factors_job_end(job, result);
}

void scrim_api_totp_remove(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct scrim_factors_job),
                                                  .right = SCRIM_RIGHT_SELF,
                                                  .act = "factor.remove-codes",
                                                  .work = work_totp_remove,
                                                  .reply = reply_changed,
                                                  .finish = scrim_factors_job_finish};
    submit_with_password(context, request, &task);
}

static int work_recovery(struct scrim_people_job *base, struct scrim_users *users)
{
    struct scrim_factors_job *job = (struct scrim_factors_job *)base;
    struct scrim_factor_state state;
    int result = scrim_factors_job_password(job, users);
    if (result >= 0)
        result = scrim_factors_state(factors_of(base), base->who.user_id, &state, &base->error);
    if (result >= 0 && !state.totp && state.keys == 0)
        result = scrim_fail(&base->error, SCRIM_ECONFLICT,
                            "there is no second step yet that recovery codes could stand for");
    if (result >= 0)
        result = scrim_factors_job_recovery(job);
    return scrim_factors_job_end(job, result);
}

void scrim_api_recovery(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct scrim_factors_job),
                                                  .right = SCRIM_RIGHT_SELF,
                                                  .act = "recovery-code.renew",
                                                  .conflict = "no_second_step",
                                                  .work = work_recovery,
                                                  .reply = reply_changed,
                                                  .finish = scrim_factors_job_finish};
    submit_with_password(context, request, &task);
}

// --- the first code, with which the secret counts ---

struct confirm_job {
    struct scrim_factors_job factors;
    char code[16];
};

static int work_confirm(struct scrim_people_job *base, struct scrim_users *users)
{
    struct confirm_job *job = (struct confirm_job *)base;
    uint32_t code;
    (void)users;
    int result = scrim_totp_code_parse(job->code, &code) ? SCRIM_OK : SCRIM_EAUTH;
    if (result >= 0)
        result = scrim_factors_totp_confirm(factors_of(base), base->who.user_id, code,
                                            scrim_clock_utc_us(), &base->error);
    if (result == SCRIM_EAUTH)
        result = scrim_fail(&base->error, SCRIM_ECONFLICT,
                            "the code is wrong; check that the clock of the phone is right");
    if (result >= 0)
        result = scrim_factors_job_recovery(&job->factors);
    return scrim_factors_job_end(&job->factors, result);
}

void scrim_api_totp_confirm(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct confirm_job),
        .right = SCRIM_RIGHT_SELF,
        .act = "factor.add-codes",
        .conflict = "code",
        .not_found = "Begin with POST /me/totp: there is no secret to confirm.",
        .work = work_confirm,
        .reply = scrim_factors_job_reply,
        .finish = scrim_factors_job_finish};
    static const struct scrim_body_member members[] = {
        {"code", SCRIM_BODY_SECRET, offsetof(struct confirm_job, code),
         sizeof((struct confirm_job *)0)->code, false},
        {0}};
    unsigned given = 0;
    struct confirm_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    if (scrim_people_body(request, members, job, &given) &&
        scrim_factors_job_throttle(&job->factors))
        scrim_people_job_submit(job);
    else
        scrim_people_job_free(job);
}
