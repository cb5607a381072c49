// Which roles must have a second step, and taking somebody's away who has lost it: for
// administrators.
#include "desk/api.h"

#include "desk/factors_job.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

struct policy_job {
    struct scrim_factors_job factors;
    struct scrim_names names;
    unsigned roles; // bits
};

struct lost_job {
    struct scrim_factors_job factors;
    int64_t user_id;
};

static json_t *roles_json(unsigned roles)
{
    json_t *list = json_array();
    for (unsigned role = 0; role < SCRIM_ROLE_COUNT; role++)
        if (roles & 1U << role)
            json_array_append_new(list, json_string(scrim_role_text((enum scrim_role)role)));
    return json_pack("{s:o}", "roles", list);
}

void scrim_api_policy(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    scrim_http_reply_json(request, 200, roles_json(scrim_second_step_roles(desk->second)));
}

static int work_policy(struct scrim_people_job *base, struct scrim_users *users)
{
    struct policy_job *job = (struct policy_job *)base;
    struct scrim_factors *factors = scrim_second_step_factors(base->desk->second);
    (void)users;
    base->answer = roles_json(job->roles);
    return scrim_factors_job_end(&job->factors,
                                 scrim_factors_require(factors, job->roles, &base->error));
}

static void finish_policy(struct scrim_people_job *base)
{
    struct policy_job *job = (struct policy_job *)base;
    scrim_names_finish(&job->names);
    scrim_factors_job_finish(base);
}

static bool take_roles(struct scrim_http_request *request, struct policy_job *job)
{
    for (size_t i = 0; i < job->names.count; i++) {
        enum scrim_role role;
        if (!scrim_role_parse(job->names.list[i], &role)) {
            scrim_people_malformed(request, "\"roles\" names a role that there is not");
            return false;
        }
        job->roles |= 1U << role;
    }
    job->factors.base.detail = roles_json(job->roles);
    return true;
}

void scrim_api_policy_set(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct policy_job),
                                                  .right = SCRIM_RIGHT_USERS,
                                                  .act = "second-step.require",
                                                  .work = work_policy,
                                                  .reply = scrim_factors_job_reply,
                                                  .finish = finish_policy};
    static const struct scrim_body_member members[] = {
        {"roles", SCRIM_BODY_NAMES, offsetof(struct policy_job, names), SCRIM_ROLE_COUNT, false},
        {0}};
    unsigned given = 0;
    struct policy_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    if (scrim_people_body(request, members, job, &given) && take_roles(request, job))
        scrim_people_job_submit(job);
    else
        scrim_people_job_free(job);
}

// --- a lost factor ---

static int work_lost(struct scrim_people_job *base, struct scrim_users *users)
{
    struct lost_job *job = (struct lost_job *)base;
    struct scrim_factors *factors = scrim_second_step_factors(base->desk->second);
    (void)users;
    return scrim_factors_job_end(&job->factors,
                                 scrim_factors_clear(factors, job->user_id, &base->error));
}

// Whoever found the phone may be signed in with it.
static void reply_lost(struct scrim_people_job *base)
{
    const struct lost_job *job = (struct lost_job *)base;
    scrim_sessions_end_user(base->desk->sessions, job->user_id, NULL);
    scrim_factors_job_reply(base);
}

void scrim_api_factors_remove(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {.size = sizeof(struct lost_job),
                                                  .right = SCRIM_RIGHT_USERS,
                                                  .act = "factor.remove-all",
                                                  .work = work_lost,
                                                  .reply = reply_lost,
                                                  .finish = scrim_factors_job_finish};
    const struct scrim_desk *desk = context;
    const char *name = scrim_http_param(request, 0);
    const struct scrim_user *user = scrim_roster_user_named(desk->roster, name);
    if (!user) {
        scrim_api_refuse(request, 404, "not_found", "There is no such user.");
        return;
    }
    struct lost_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    job->user_id = user->id;
    job->factors.base.detail = json_pack("{s:s}", "user", name);
    scrim_people_job_submit(job);
}
