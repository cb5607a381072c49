// One's own security keys, over the API.
#include "desk/api.h"

#include "base/alloc.h"
#include "desk/api_people.h"
#include "desk/factors_job.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 300000 // as long as the challenge is good

struct key_job {
    struct scrim_factors_job factors;
    struct scrim_factor_key key;
    struct scrim_factor_key *have; // those registered already; owned
    size_t have_count;
    json_t *credential;
    struct scrim_second_expected expected;
};

static struct scrim_factors *factors_of(const struct scrim_people_job *job)
{
    return scrim_second_step_factors(job->desk->second);
}

static void finish_key(struct scrim_people_job *base)
{
    struct key_job *job = (struct key_job *)base;
    free(job->have);
    json_decref(job->credential);
    scrim_factors_job_finish(base);
}

// --- a challenge ---

static int work_begin(struct scrim_people_job *base, struct scrim_users *users)
{
    struct key_job *job = (struct key_job *)base;
    const int result = scrim_factors_job_password(&job->factors, users);
    return result < 0 ? result
                      : scrim_factors_keys(factors_of(base), base->who.user_id, &job->have,
                                           &job->have_count, &base->error);
}

// PublicKeyCredentialCreationOptionsJSON (WebAuthn level 3, 5.1).
static json_t *creation_options(const struct key_job *job,
                                const uint8_t challenge[SCRIM_WEBAUTHN_CHALLENGE],
                                const char *rp_id)
{
    static const int algs[] = {-7, -8, -257}; // ES256, EdDSA, RS256
    const struct scrim_people_job *base = &job->factors.base;
    char handle[24]; // not the name: keys show it to whoever holds them
    snprintf(handle, sizeof handle, "%" PRId64, base->who.user_id);
    json_t *params = json_array(), *exclude = json_array();
    for (size_t i = 0; i < sizeof algs / sizeof *algs; i++)
        json_array_append_new(params, json_pack("{s:s,s:i}", "type", "public-key", "alg", algs[i]));
    for (size_t i = 0; i < job->have_count; i++)
        json_array_append_new(exclude,
                              json_pack("{s:s,s:o}", "type", "public-key", "id",
                                        scrim_second_step_bytes(job->have[i].credential.id,
                                                                job->have[i].credential.id_len)));
    return json_pack("{s:{s:s,s:s},s:{s:o,s:s,s:s},s:o,s:o,s:i,s:o,s:s,s:{s:s,s:s}}", "rp", "id",
                     rp_id, "name", base->desk->site.config->name, "user", "id",
                     scrim_second_step_bytes(handle, strlen(handle)), "name", base->who.name,
                     "displayName", base->who.name, "challenge",
                     scrim_second_step_bytes(challenge, SCRIM_WEBAUTHN_CHALLENGE),
                     "pubKeyCredParams", params, "timeout", TIMEOUT_MS, "excludeCredentials",
                     exclude, "attestation", "none", "authenticatorSelection", "residentKey",
                     "discouraged", "userVerification", "discouraged");
}

static void reply_begin(struct scrim_people_job *base)
{
    struct key_job *job = (struct key_job *)base;
    uint8_t challenge[SCRIM_WEBAUTHN_CHALLENGE];
    char origin[SCRIM_WEBAUTHN_HOST_MAX + 16], rp_id[SCRIM_WEBAUTHN_HOST_MAX + 1];
    const char *host = scrim_http_header(base->request, SCRIM_HEADER_HOST);
    scrim_throttle_succeed(base->desk->throttle, base->who.name, scrim_http_peer(base->request));
    if (!scrim_second_step_challenge(base->desk->second, base->request, base->who.hash,
                                     challenge) ||
        !scrim_webauthn_host(host, origin, rp_id)) {
        scrim_api_refuse(base->request, 409, "host",
                         "Security keys belong to a name. Open the desk by its name, not by an "
                         "address in digits.");
        return;
    }
    scrim_http_reply_json(base->request, 200, creation_options(job, challenge, rp_id));
}

void scrim_api_key_begin(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct key_job),
                                                  .right = SCRIM_RIGHT_SELF,
                                                  .work = work_begin,
                                                  .reply = reply_begin,
                                                  .finish = finish_key};
    static const struct scrim_body_member members[] = {SCRIM_FACTORS_PASSWORD, {0}};
    unsigned given = 0;
    struct key_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    if (scrim_people_body(request, members, job, &given) &&
        scrim_factors_job_throttle(&job->factors))
        scrim_people_job_submit(job);
    else
        scrim_people_job_free(job);
}

// --- its answer ---

static int work_add(struct scrim_people_job *base, struct scrim_users *users)
{
    struct key_job *job = (struct key_job *)base;
    struct scrim_factor_state state = {0};
    SCRIM_AUTO(scrim_free_pointer) char *text = json_dumps(job->credential, JSON_COMPACT);
    (void)users;
    if (!text)
        return scrim_fail(&base->error, SCRIM_EINVAL, "\"credential\" must be an object");
    int result = scrim_webauthn_register(text, strlen(text), &job->expected.is,
                                         &job->key.credential, &base->error);
    if (result == SCRIM_EAUTH || result == SCRIM_EFORMAT || result == SCRIM_EUNSUPPORTED)
        result = SCRIM_ECONFLICT; // with the sentence that is there
    job->key.created_us = scrim_clock_utc_us();
    if (result >= 0)
        result = scrim_factors_state(factors_of(base), base->who.user_id, &state, &base->error);
    if (result >= 0)
        result =
            scrim_factors_key_add(factors_of(base), base->who.user_id, &job->key, &base->error);
    if (result == SCRIM_EEXIST)
        result = scrim_fail(&base->error, SCRIM_EEXIST, "this security key is registered already");
    if (result == SCRIM_ENOSPACE)
        result = SCRIM_ECONFLICT;
    if (result < 0)
        return result;
    base->answer =
        json_pack("{s:o,s:s}", "id", scrim_factor_key_id(&job->key), "name", job->key.name);
    base->status = 201;
    if (state.recovery == 0)
        result = scrim_factors_job_recovery(&job->factors);
    return scrim_factors_job_end(&job->factors, result);
}

void scrim_api_key_add(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct key_job),
                                                  .right = SCRIM_RIGHT_SELF,
                                                  .act = "factor.add-key",
                                                  .conflict = "security_key",
                                                  .work = work_add,
                                                  .reply = scrim_factors_job_reply,
                                                  .finish = finish_key};
    static const struct scrim_body_member members[] = {
        {"name", SCRIM_BODY_TEXT, offsetof(struct key_job, key.name), SCRIM_FACTOR_NAME_MAX + 1,
         false},
        {"credential", SCRIM_BODY_JSON, offsetof(struct key_job, credential), 0, false},
        {0}};
    struct scrim_desk *desk = context;
    unsigned given = 0;
    struct key_job *job = scrim_people_job_new(desk, request, &task);
    if (!job)
        return;
    if (!scrim_people_body(request, members, job, &given)) {
        scrim_people_job_free(job);
        return;
    }
    if (job->key.name[0] == '\0') {
        scrim_people_malformed(request, "\"name\" must not be empty");
        scrim_people_job_free(job);
        return;
    }
    if (!scrim_second_step_redeem(desk->second, request, job->factors.base.who.hash,
                                  &job->expected)) {
        scrim_api_refuse(request, 409, "security_key",
                         "This took too long. Begin again with the security key.");
        scrim_people_job_free(job);
        return;
    }
    job->factors.base.detail = json_pack("{s:s}", "name", job->key.name);
    scrim_people_job_submit(job);
}

// --- away with one ---

static int work_remove(struct scrim_people_job *base, struct scrim_users *users)
{
    struct key_job *job = (struct key_job *)base;
    (void)users;
    return scrim_factors_job_end(
        &job->factors,
        scrim_factors_key_remove(factors_of(base), base->who.user_id, job->key.id, &base->error));
}

void scrim_api_key_remove(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct key_job),
                                                  .right = SCRIM_RIGHT_SELF,
                                                  .act = "factor.remove-key",
                                                  .not_found = "There is no such security key.",
                                                  .work = work_remove,
                                                  .reply = scrim_factors_job_reply,
                                                  .finish = finish_key};
    struct key_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    job->key.id = scrim_people_id(scrim_http_param(request, 0));
    job->factors.base.detail = json_pack("{s:I}", "key", (json_int_t)job->key.id);
    scrim_people_job_submit(job);
}
