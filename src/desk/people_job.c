#include "desk/people_job.h"

#include "base/alloc.h"
#include "desk/api.h"
#include "people/db.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

// --- on the auth thread ---

static int begin_act(struct scrim_people_job *job, uint64_t *ret_id)
{
    char *detail = job->detail ? json_dumps(job->detail, JSON_COMPACT) : NULL;
    const struct scrim_act act = {
        .who = job->who.name, .what = job->task->act, .reason = job->reason, .detail = detail};
    const int result = scrim_acts_begin(job->desk->acts, &act, ret_id, &job->error);
    free(detail);
    return result;
}

static int perform(struct scrim_people_job *job, struct scrim_users *users)
{
    const struct scrim_people_task *task = job->task;
    struct scrim_db *db = scrim_users_db(users);
    uint64_t act = 0;
    int result = SCRIM_OK;
    if (task->right != SCRIM_RIGHT_NONE)
        result = scrim_users_require(db, job->who.user_id, task->right, &job->error);
    if (result >= 0 && task->act)
        result = begin_act(job, &act);
    if (result < 0)
        return result;
    result = task->work(job, users);
    if (result < 0 && task->act)
        scrim_acts_failed(job->desk->acts, act, job->error.text);
    if (result >= 0 && task->changes) {
        // It is done; if it cannot be read back now, the next look at the database does it.
        struct scrim_error error;
        if (!job->roster && scrim_roster_load(db, &job->roster, &error) < 0) {
            scrim_error_log(&job->desk->log, "what changed of people is not seen yet: %s",
                            error.text);
            db->data_version = -1;
        }
    }
    return result;
}

static void work(struct scrim_job *base, void *context)
{
    struct scrim_people_job *job = (struct scrim_people_job *)base;
    job->result = perform(job, scrim_auth_users(context));
}

// --- on the loop's ---

void scrim_people_malformed(struct scrim_http_request *request, const char *text)
{
    char sentence[sizeof((struct scrim_error *)0)->text + 2];
    snprintf(sentence, sizeof sentence, "%s.", text);
    sentence[0] = (char)toupper((unsigned char)sentence[0]);
    scrim_api_refuse_words(request, 400, "malformed", sentence);
}

static void refuse(const struct scrim_people_job *job)
{
    const struct scrim_people_task *task = job->task;
    struct scrim_http_request *request = job->request;
    char sentence[sizeof job->error.text + 2];
    snprintf(sentence, sizeof sentence, "%s.", job->error.text);
    sentence[0] = (char)toupper((unsigned char)sentence[0]);
    switch (job->result) {
    case SCRIM_EINVAL: scrim_api_refuse_words(request, 400, "malformed", sentence); break;
    case SCRIM_EACCESS: scrim_api_refuse_words(request, 403, "right", sentence); break;
    case SCRIM_EEXIST: scrim_api_refuse_words(request, 409, "exists", sentence); break;
    case SCRIM_ENOENT:
        scrim_api_refuse(request, 404, "not_found",
                         task->not_found ? task->not_found : "There is nothing of this name.");
        break;
    case SCRIM_ECONFLICT:
        scrim_api_refuse_words(request, 409, task->conflict ? task->conflict : "conflict",
                               sentence);
        break;
    case SCRIM_EAUTH: scrim_api_refuse(request, 403, "password", "The password is wrong."); break;
    default:
        scrim_error_log(&job->desk->log, "%s: %s", task->act ? task->act : "people",
                        job->error.text);
        scrim_api_refuse(request, 500, "internal", "It cannot be done at the moment.");
    }
}

void scrim_people_job_free(void *pointer)
{
    struct scrim_people_job *job = pointer;
    if (job->task->finish)
        job->task->finish(job);
    json_decref(job->detail);
    json_decref(job->answer);
    scrim_roster_free(job->roster);
    sodium_memzero(job, job->task->size); // it may hold a password
    free(job);
}

static void done(struct scrim_job *base)
{
    struct scrim_people_job *job = (struct scrim_people_job *)base;
    scrim_auth_take_roster(job->desk, job->roster);
    job->roster = NULL;
    if (job->result < 0) {
        if (job->task->failed)
            job->task->failed(job);
        refuse(job);
    } else if (job->task->reply) {
        job->task->reply(job);
    } else if (job->answer) {
        scrim_http_reply_json(job->request, job->status, job->answer);
        job->answer = NULL;
    } else {
        scrim_http_reply_empty(job->request, 204);
    }
    scrim_people_job_free(job);
}

void *scrim_people_job_new(struct scrim_desk *desk, struct scrim_http_request *request,
                           const struct scrim_people_task *task)
{
    struct scrim_who who = {0};
    if (task->right != SCRIM_RIGHT_NONE && !scrim_auth_who(desk, request, &who)) {
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
        return NULL;
    }
    struct scrim_people_job *job = scrim_new_bytes(task->size);
    *job = (struct scrim_people_job){
        .job = {.work = work, .done = done},
        .task = task,
        .desk = desk,
        .request = request,
        .who = who,
        .status = 200,
    };
    job->who.session = NULL;
    return job;
}

void scrim_people_job_submit(void *pointer)
{
    static const struct scrim_http_problem overload = {.status = 503,
                                                       .code = "overload",
                                                       .text = "Too much is being changed at once.",
                                                       .retry_after_s = 1};
    struct scrim_people_job *job = pointer;
    if (scrim_worker_submit(job->desk->auth, &job->job))
        return;
    scrim_http_reply_problem(job->request, &overload);
    scrim_people_job_free(job);
}

bool scrim_people_body(struct scrim_http_request *request, const struct scrim_body_member *members,
                       void *ret, unsigned *ret_given)
{
    struct scrim_error error;
    const struct scrim_buf *body = scrim_http_body(request);
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
        return false;
    }
    const int parsed = scrim_body_parse(body->data, body->len, members, ret, ret_given, &error);
    if (parsed == SCRIM_EINVAL)
        scrim_people_malformed(request, error.text);
    else if (parsed < 0)
        scrim_api_refuse(request, 500, "internal", "There is no memory for the body.");
    return parsed >= 0;
}
