// What is one's own: password, sessions, preferences. And the sessions of others, for who may end
// them.
#include "desk/api.h"

#include "base/alloc.h"
#include "desk/api_people.h"
#include "desk/people_job.h"
#include "desk/sign_in.h"
#include "people/preferences.h"
#include "people/session_store.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

// --- password ---

struct password_job {
    struct scrim_people_job base;
    char old[SCRIM_PASSWORD_MAX + 1], new[SCRIM_PASSWORD_MAX + 1];
};

static const struct scrim_body_member password_members[] = {
    {"old", SCRIM_BODY_SECRET, offsetof(struct password_job, old), SCRIM_PASSWORD_MAX + 1, false},
    {"new", SCRIM_BODY_SECRET, offsetof(struct password_job, new), SCRIM_PASSWORD_MAX + 1, false},
    {0},
};

static int work_password(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct password_job *job = (struct password_job *)base;
    const char *name = base->who.name;
    char hash[SCRIM_PASSWORD_HASH];
    struct scrim_user user;
    int result = scrim_users_verify(users, name, job->old, strlen(job->old), &user, &base->error);
    if (result >= 0)
        result = scrim_password_check(name, job->new, strlen(job->new), &base->error);
    if (result >= 0)
        result = scrim_password_hash(job->new, strlen(job->new), hash, &base->error);
    return result < 0 ? result
                      : scrim_users_set_password(scrim_users_db(users), user.id, hash,
                                                 base->who.hash, &base->error);
}

static void reply_password(struct scrim_people_job *base)
{
    struct scrim_desk *desk = base->desk;
    scrim_throttle_succeed(desk->throttle, base->who.name, scrim_http_peer(base->request));
    scrim_sessions_end_user(desk->sessions, base->who.user_id, base->who.hash);
    scrim_info(&desk->log, "%s has a new password; their other sessions end", base->who.name);
    scrim_http_reply_empty(base->request, 204);
}

static void failed_password(struct scrim_people_job *base)
{
    if (base->result != SCRIM_EAUTH) // no guess
        scrim_throttle_forgive(base->desk->throttle, base->who.name,
                               scrim_http_peer(base->request));
}

void scrim_api_me_password(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct password_job),
        .right = SCRIM_RIGHT_SELF,
        .act = "user.password",
        .changes = true,
        .work = work_password,
        .reply = reply_password,
        .failed = failed_password,
    };
    unsigned given;
    struct password_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    if (scrim_people_body(request, password_members, job, &given) &&
        scrim_sign_in_throttle(context, request, job->base.who.name))
        scrim_people_job_submit(job);
    else
        scrim_people_job_free(job);
}

// --- sessions ---

static json_t *session_json(const struct scrim_session *session, const struct scrim_session *own)
{
    char id[SCRIM_SESSION_ID];
    scrim_session_id(session, id);
    return json_pack("{s:s,s:o,s:o,s:s,s:s,s:b}", "id", id, "created_ms",
                     scrim_people_ms(session->created_us), "seen_ms",
                     scrim_people_ms(session->seen_us), "address", session->address, "agent",
                     session->agent, "current", session == own);
}

static void reply_sessions(struct scrim_desk *desk, struct scrim_http_request *request,
                           int64_t user_id)
{
    const struct scrim_session *own = scrim_auth_session(desk, request), *session;
    json_t *list = json_array();
    for (size_t i = 0; (session = scrim_sessions_at(desk->sessions, i)) != NULL; i++)
        if (session->user_id == user_id)
            json_array_append_new(list, session_json(session, own));
    scrim_http_reply_json(request, 200, list);
}

void scrim_api_me_sessions(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_session *session = scrim_auth_session(desk, request);
    if (session)
        reply_sessions(desk, request, session->user_id);
    else
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
}

// Sessions end on the disk first: what was ended does not come back with a restart.
struct end_job {
    struct scrim_people_job base;
    int64_t user_id;
    uint8_t hash[SCRIM_SESSION_HASH]; // of the one that ends
};

static int work_end(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct end_job *job = (struct end_job *)base;
    return scrim_session_store_drop(scrim_users_db(users), job->hash, &base->error);
}

static void reply_end(struct scrim_people_job *base)
{
    const struct end_job *job = (struct end_job *)base;
    const struct scrim_session *session;
    for (size_t i = 0; (session = scrim_sessions_at(base->desk->sessions, i)) != NULL; i++) {
        if (sodium_memcmp(session->hash, job->hash, sizeof job->hash) == 0) {
            scrim_sessions_end(base->desk->sessions, session);
            break;
        }
    }
    scrim_http_reply_empty(base->request, 204);
}

static const struct scrim_session *find_session(const struct scrim_desk *desk, int64_t user_id,
                                                const char *wanted)
{
    const struct scrim_session *session;
    char id[SCRIM_SESSION_ID];
    for (size_t i = 0; (session = scrim_sessions_at(desk->sessions, i)) != NULL; i++) {
        scrim_session_id(session, id);
        if (session->user_id == user_id && strcmp(id, wanted) == 0)
            return session;
    }
    return NULL;
}

void scrim_api_me_session_end(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct end_job),
        .right = SCRIM_RIGHT_SELF,
        .act = "session.end",
        .work = work_end,
        .reply = reply_end,
    };
    struct end_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    const struct scrim_session *session =
        find_session(context, job->base.who.user_id, scrim_http_param(request, 0));
    if (!session) {
        scrim_api_refuse(request, 404, "not_found", "There is no such session.");
        scrim_people_job_free(job);
        return;
    }
    memcpy(job->hash, session->hash, sizeof job->hash);
    job->base.detail = json_pack("{s:s}", "session", scrim_http_param(request, 0));
    scrim_people_job_submit(job);
}

static const struct scrim_user *asked_user(const struct scrim_desk *desk,
                                           struct scrim_http_request *request)
{
    const struct scrim_user *user =
        scrim_roster_user_named(desk->roster, scrim_http_param(request, 0));
    if (!user)
        scrim_api_refuse(request, 404, "not_found", "There is no such user.");
    return user;
}

void scrim_api_user_sessions(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_user *user = asked_user(desk, request);
    if (user)
        reply_sessions(desk, request, user->id);
}

static int work_end_all(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct end_job *job = (struct end_job *)base;
    return scrim_session_store_drop_user(scrim_users_db(users), job->user_id, NULL, &base->error);
}

static void reply_end_all(struct scrim_people_job *base)
{
    const struct end_job *job = (struct end_job *)base;
    scrim_sessions_end_user(base->desk->sessions, job->user_id, NULL);
    scrim_http_reply_empty(base->request, 204);
}

void scrim_api_user_sessions_end(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct end_job),
        .right = SCRIM_RIGHT_USERS,
        .act = "user.sign-out",
        .work = work_end_all,
        .reply = reply_end_all,
    };
    const struct scrim_user *user = asked_user(context, request);
    struct end_job *job = user ? scrim_people_job_new(context, request, &task) : NULL;
    if (!job)
        return;
    job->user_id = user->id;
    job->base.detail = json_pack("{s:s}", "user", user->name);
    scrim_people_job_submit(job);
}

// --- preferences ---

struct preference_job {
    struct scrim_people_job base;
    char key[33];
    char *json; // text
};

static void finish_preference(struct scrim_people_job *base)
{
    free(((struct preference_job *)base)->json);
}

static int work_get(struct scrim_people_job *base, struct scrim_users *users)
{
    struct preference_job *job = (struct preference_job *)base;
    return scrim_preference_get(scrim_users_db(users), base->who.user_id, job->key, &job->json,
                                &base->error);
}

static void reply_preference(struct scrim_people_job *base)
{
    const struct preference_job *job = (struct preference_job *)base;
    struct scrim_buf text;
    scrim_buf_init(&text, SCRIM_PREFERENCE_MAX + 1);
    if (scrim_buf_append_text(&text, job->json) >= 0)
        scrim_http_reply_text(base->request, 200, &text);
    else
        scrim_api_refuse(base->request, 500, "internal", "There is no memory for the answer.");
    scrim_buf_finish(&text);
}

static int work_put(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct preference_job *job = (struct preference_job *)base;
    return scrim_preference_put(scrim_users_db(users), base->who.user_id, job->key, job->json,
                                &base->error);
}

// The job for the key in the path; NULL, and the request is answered, when it cannot be one.
static struct preference_job *begin_preference(void *context, struct scrim_http_request *request,
                                               const struct scrim_people_task *task)
{
    const char *key = scrim_http_param(request, 0);
    if (!scrim_preference_key_valid(key)) {
        scrim_api_refuse(request, 404, "not_found",
                         "A preference has a name of lower-case letters and '-', at most 32.");
        return NULL;
    }
    struct preference_job *job = scrim_people_job_new(context, request, task);
    if (job)
        memcpy(job->key, key, strlen(key) + 1);
    return job;
}

void scrim_api_preference(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct preference_job),
        .right = SCRIM_RIGHT_SELF,
        .work = work_get,
        .reply = reply_preference,
        .finish = finish_preference,
    };
    struct preference_job *job = begin_preference(context, request, &task);
    if (job)
        scrim_people_job_submit(job);
}

// The body as compact JSON text; NULL, and the request is answered, when it is none.
static char *read_preference(struct scrim_http_request *request)
{
    const struct scrim_buf *body = scrim_http_body(request);
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
        return NULL;
    }
    json_t *value = json_loadb((const char *)body->data, body->len,
                               JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    json_decref(value);
    if (text && strlen(text) <= SCRIM_PREFERENCE_MAX)
        return text;
    if (text)
        scrim_api_refuse(request, 413, "malformed", "A preference has at most 16 KiB.");
    else
        scrim_api_refuse(request, 400, "malformed", "The body must be one JSON value.");
    free(text);
    return NULL;
}

void scrim_api_preference_put(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct preference_job),
        .right = SCRIM_RIGHT_SELF,
        .conflict = "too_many",
        .work = work_put,
        .finish = finish_preference,
    };
    struct preference_job *job = begin_preference(context, request, &task);
    if (!job)
        return;
    job->json = read_preference(request);
    if (job->json)
        scrim_people_job_submit(job);
    else
        scrim_people_job_free(job);
}
