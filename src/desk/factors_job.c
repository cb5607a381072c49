#include "desk/factors_job.h"

#include "desk/sign_in.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

int scrim_factors_job_password(struct scrim_factors_job *job, struct scrim_users *users)
{
    struct scrim_user user;
    const int result = scrim_users_verify(users, job->base.who.name, job->password,
                                          strlen(job->password), &user, &job->base.error);
    sodium_memzero(job->password, sizeof job->password);
    return result;
}

int scrim_factors_job_end(struct scrim_factors_job *job, int result)
{
    struct scrim_factors *factors = scrim_second_step_factors(job->base.desk->second);
    return result < 0 ? result : scrim_factors_news(factors, &job->news, &job->base.error);
}

int scrim_factors_job_recovery(struct scrim_factors_job *job)
{
    struct scrim_factors *factors = scrim_second_step_factors(job->base.desk->second);
    struct scrim_recovery_set set;
    const int result =
        scrim_factors_recovery_renew(factors, job->base.who.user_id, &set, &job->base.error);
    if (result < 0)
        return result;
    json_t *list = json_array();
    for (size_t i = 0; i < SCRIM_RECOVERY_CODES; i++)
        json_array_append_new(list, json_string(set.codes[i]));
    sodium_memzero(&set, sizeof set);
    if (!job->base.answer)
        job->base.answer = json_object();
    json_object_set_new(job->base.answer, "recovery", list);
    return result;
}

void scrim_factors_job_reply(struct scrim_people_job *base)
{
    struct scrim_factors_job *job = (struct scrim_factors_job *)base;
    scrim_second_step_take(base->desk->second, &job->news);
    if (!base->answer) {
        scrim_http_reply_empty(base->request, 204);
        return;
    }
    scrim_http_reply_json(base->request, base->status, base->answer);
    base->answer = NULL;
}

void scrim_factors_job_finish(struct scrim_people_job *base)
{
    struct scrim_factors_job *job = (struct scrim_factors_job *)base;
    scrim_factor_news_finish(&job->news);
}

bool scrim_factors_job_throttle(struct scrim_factors_job *job)
{
    return scrim_sign_in_throttle(job->base.desk, job->base.request, job->base.who.name);
}

json_t *scrim_factor_key_id(const struct scrim_factor_key *key)
{
    return json_sprintf("%" PRId64, key->id);
}
