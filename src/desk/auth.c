#include "desk/auth.h"

#include "base/alloc.h"
#include "desk/api.h"
#include "people/credentials.h"
#include "people/db.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 64
#define TICK_US SCRIM_SECOND
#define SAVE_AFTER_US (300 * SCRIM_SECOND) // of use, before the database hears of it
#define BUSY_RETRY_S 2

static const struct scrim_http_problem not_signed_in = {
    .status = 401, .code = "auth", .text = "Sign in first."};
static const struct scrim_http_problem forbidden = {
    .status = 403, .code = "right", .text = "Your role does not allow this."};
static const struct scrim_http_problem wrong_origin = {
    .status = 403, .code = "origin", .text = "The page of another site may not do this."};
static const struct scrim_http_problem wrong_csrf = {
    .status = 403, .code = "csrf", .text = "The X-CSRF header is missing or wrong."};
static const struct scrim_http_problem wrong_password = {
    .status = 401, .code = "auth", .text = "The name or the password is wrong."};
static const struct scrim_http_problem overload = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Too many people sign in at once.",
                                                   .retry_after_s = BUSY_RETRY_S};
static const struct scrim_http_problem broken = {
    .status = 500, .code = "internal", .text = "The server cannot check passwords at the moment."};

struct scrim_auth {
    struct scrim_desk *desk;
    struct scrim_users *users; // auth thread
};

// --- the database's copy of the sessions ---

struct session_job {
    struct scrim_job job;
    struct scrim_log log;
    struct scrim_session session;
};

static void work_save(struct scrim_job *job, void *context)
{
    struct session_job *save = (struct session_job *)job;
    struct scrim_auth *auth = context;
    struct scrim_error error;
    if (scrim_users_save_session(auth->users, &save->session, &error) < 0)
        scrim_warn(&save->log, "a session is not kept over a restart: %s", error.text);
}

static void work_drop(struct scrim_job *job, void *context)
{
    struct session_job *drop = (struct session_job *)job;
    struct scrim_auth *auth = context;
    struct scrim_error error;
    if (scrim_users_drop_session(auth->users, drop->session.hash, &error) < 0)
        scrim_error_log(&drop->log, "a session that ended is still in the database: %s",
                        error.text);
}

static void done_session(struct scrim_job *job)
{
    free(job);
}

static void submit_session(struct scrim_desk *desk, const struct scrim_session *session,
                           void (*work)(struct scrim_job *, void *))
{
    struct session_job *job = scrim_new(struct session_job);
    job->job = (struct scrim_job){.work = work, .done = done_session};
    job->log = desk->log;
    job->session = *session;
    if (scrim_worker_submit(desk->auth, &job->job))
        return;
    scrim_warn(&desk->log, "too much to write to site.db: a session is not kept up to date there");
    free(job);
}

static void on_session_end(void *context, const struct scrim_session *session)
{
    struct scrim_desk *desk = context;
    scrim_live_end_session(desk->live, session->hash);
    submit_session(desk, session, work_drop);
}

// --- who may do what ---

struct scrim_session *scrim_auth_session(struct scrim_desk *desk,
                                         const struct scrim_http_request *request)
{
    char token[SCRIM_SESSION_TOKEN_TEXT];
    if (!scrim_http_cookie(request, SCRIM_DESK_COOKIE, token, sizeof token))
        return NULL;
    struct scrim_session *session = scrim_sessions_use(desk->sessions, token, scrim_clock_utc_us());
    sodium_memzero(token, sizeof token);
    if (session && session->seen_us - session->saved_us > SAVE_AFTER_US) {
        session->saved_us = session->seen_us;
        submit_session(desk, session, work_save);
    }
    return session;
}

static bool csrf_fits(const struct scrim_http_request *request)
{
    char token[SCRIM_SESSION_TOKEN_TEXT];
    const bool fits =
        scrim_http_cookie(request, SCRIM_DESK_COOKIE, token, sizeof token) &&
        scrim_session_csrf_check(token, scrim_http_header(request, SCRIM_HEADER_CSRF));
    sodium_memzero(token, sizeof token);
    return fits;
}

bool scrim_auth_admit(void *context, const struct scrim_http_request *request,
                      const struct scrim_http_route *route, struct scrim_http_problem *ret)
{
    struct scrim_desk *desk = context;
    const struct scrim_session *session = scrim_auth_session(desk, request);
    const enum scrim_right right = (enum scrim_right)route->right;
    const bool for_all = right == SCRIM_RIGHT_NONE, changes = route->method != SCRIM_HTTP_GET;
    if (right == SCRIM_RIGHT_METRICS &&
        scrim_metrics_token_fits(&desk->metrics_token,
                                 scrim_http_header(request, SCRIM_HEADER_AUTHORIZATION)))
        return true;
    if (changes && !scrim_http_same_origin(request))
        *ret = wrong_origin;
    else if (!for_all && !session)
        *ret = not_signed_in;
    else if (!for_all && !scrim_role_has(session->role, right))
        *ret = forbidden;
    else if (!for_all && changes && !csrf_fits(request))
        *ret = wrong_csrf;
    else
        return true;
    return false;
}

// --- users that `scrim user` changed ---

struct users_news {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_user *users;
    size_t count;
};

static void on_users(struct scrim_job *job)
{
    struct users_news *news = (struct users_news *)job;
    scrim_sessions_follow(news->desk->sessions, news->users, news->count);
    free(news->users);
    free(news);
}

static void tick(struct scrim_worker *worker, void *context)
{
    struct scrim_auth *auth = context;
    struct scrim_error error;
    bool changed = false;
    struct scrim_user *list = NULL;
    size_t count = 0;
    int result = scrim_db_changed(scrim_users_db(auth->users), &changed, &error);
    if (result >= 0 && !changed)
        return;
    if (result >= 0)
        result = scrim_users_list(auth->users, &list, &count, &error);
    if (result < 0) {
        scrim_error_log(&auth->desk->log, "%s", error.text);
        return;
    }
    struct users_news *news = scrim_new(struct users_news);
    news->job.done = on_users;
    news->desk = auth->desk;
    news->users = list;
    news->count = count;
    scrim_worker_tell(worker, &news->job);
}

// --- signing in ---

struct login_job {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct scrim_credentials given;
    char token[SCRIM_SESSION_TOKEN_TEXT];
    struct scrim_session session;
    int result;
    struct scrim_error error;
};

static void work_login(struct scrim_job *job, void *context)
{
    struct login_job *login = (struct login_job *)job;
    struct scrim_auth *auth = context;
    struct scrim_user user;
    login->result = scrim_users_verify(auth->users, login->given.name, login->given.password,
                                       login->given.password_length, &user, &login->error);
    sodium_memzero(login->given.password, sizeof login->given.password);
    if (login->result < 0)
        return;
    struct scrim_session *session = &login->session;
    scrim_secret_make(login->token, session->hash);
    session->user_id = user.id;
    session->role = user.role;
    memcpy(session->user, user.name, sizeof session->user);
    session->created_us = session->seen_us = session->saved_us = scrim_clock_utc_us();
    login->result = scrim_users_save_session(auth->users, session, &login->error);
}

static int set_cookie(struct scrim_http_request *request, const char *token)
{
    char cookie[160];
    snprintf(cookie, sizeof cookie,
             SCRIM_DESK_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s", token,
             token[0] ? "" : "; Max-Age=0");
    const int result = scrim_http_add_header(request, "Set-Cookie", cookie);
    sodium_memzero(cookie, sizeof cookie);
    return result;
}

static void reply_session(struct scrim_http_request *request, const struct scrim_session *session,
                          const char *token)
{
    char csrf[SCRIM_SESSION_TOKEN_TEXT];
    scrim_session_csrf(token, csrf);
    scrim_http_reply_json(request, 200,
                          json_pack("{s:s,s:s,s:s}", "user", session->user, "role",
                                    scrim_role_text(session->role), "csrf", csrf));
    sodium_memzero(csrf, sizeof csrf);
}

static void finish_login(struct login_job *login)
{
    struct scrim_desk *desk = login->desk;
    struct scrim_http_request *request = login->request;
    const char *peer = scrim_http_peer(request);
    if (login->result == SCRIM_EAUTH) {
        scrim_warn(&desk->log, "sign-in refused: user '%s' from %s", login->given.name, peer);
        scrim_http_reply_problem(request, &wrong_password);
        return;
    }
    if (login->result < 0) {
        scrim_error_log(&desk->log, "sign-in of '%s': %s", login->given.name, login->error.text);
        scrim_throttle_forgive(desk->throttle, login->given.name, peer);
        scrim_http_reply_problem(request, &broken);
        return;
    }
    scrim_info(&desk->log, "%s signed in from %s as %s", login->session.user, peer,
               scrim_role_text(login->session.role));
    scrim_throttle_succeed(desk->throttle, login->given.name, peer);
    struct scrim_session *before = scrim_auth_session(desk, request);
    if (before) // a session is never carried over from one sign-in to the next
        scrim_sessions_end(desk->sessions, before);
    scrim_sessions_add(desk->sessions, &login->session);
    if (set_cookie(request, login->token) < 0)
        scrim_http_reply_problem(request, &broken);
    else
        reply_session(request, &login->session, login->token);
}

static void free_login(struct login_job *login)
{
    sodium_memzero(login, sizeof *login);
    free(login);
}

static void done_login(struct scrim_job *job)
{
    struct login_job *login = (struct login_job *)job;
    finish_login(login);
    free_login(login);
}

bool scrim_auth_is_json(const struct scrim_http_request *request)
{
    static const char type[] = "application/json";
    const char *given = scrim_http_header(request, SCRIM_HEADER_CONTENT_TYPE);
    return given && strncasecmp(given, type, sizeof type - 1) == 0 &&
           strchr("; ", given[sizeof type - 1]);
}

void scrim_api_sign_in(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const char *peer = scrim_http_peer(request);
    struct login_job *login = scrim_new(struct login_job);
    login->job = (struct scrim_job){.work = work_login, .done = done_login};
    login->desk = desk;
    login->request = request;
    if (!scrim_auth_is_json(request)) {
        free_login(login);
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
        return;
    }
    const struct scrim_buf *body = scrim_http_body(request);
    if (!scrim_credentials_parse(body->data, body->len, &login->given)) {
        free_login(login);
        scrim_api_refuse(request, 400, "malformed",
                         "The body must be {\"user\":…,\"password\":…}.");
        return;
    }
    const int64_t wait_us =
        scrim_throttle_try(desk->throttle, login->given.name, peer, scrim_clock_mono_us());
    if (wait_us > 0) {
        const struct scrim_http_problem problem = {
            .status = 429,
            .code = "throttled",
            .text = "Too many tries. Wait a moment.",
            .retry_after_s = (int)((wait_us + SCRIM_SECOND - 1) / SCRIM_SECOND),
        };
        free_login(login);
        scrim_http_reply_problem(request, &problem);
        return;
    }
    if (!scrim_worker_submit(desk->auth, &login->job)) {
        scrim_throttle_forgive(desk->throttle, login->given.name, peer);
        free_login(login);
        scrim_http_reply_problem(request, &overload);
    }
}

void scrim_api_session(void *context, struct scrim_http_request *request)
{
    char token[SCRIM_SESSION_TOKEN_TEXT] = "";
    const struct scrim_session *session = scrim_auth_session(context, request);
    if (!session || !scrim_http_cookie(request, SCRIM_DESK_COOKIE, token, sizeof token))
        scrim_http_reply_problem(request, &not_signed_in);
    else
        reply_session(request, session, token);
    sodium_memzero(token, sizeof token);
}

void scrim_api_sign_out(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_session *session = scrim_auth_session(desk, request);
    if (session) {
        scrim_info(&desk->log, "%s signed out", session->user);
        scrim_sessions_end(desk->sessions, session);
    }
    if (set_cookie(request, "") < 0)
        scrim_http_reply_problem(request, &broken);
    else
        scrim_http_reply_empty(request, 204);
}

// --- life ---

static int load_sessions(struct scrim_desk *desk, struct scrim_users *users,
                         struct scrim_error *error)
{
    struct scrim_session *list = NULL;
    size_t count = 0;
    const int result = scrim_users_load_sessions(users, scrim_clock_utc_us(), &list, &count, error);
    for (size_t i = 0; i < count && result >= 0; i++)
        scrim_sessions_add(desk->sessions, &list[i]);
    free(list);
    return result;
}

int scrim_auth_start(struct scrim_desk *desk, struct scrim_users *users, struct scrim_auth **ret,
                     struct scrim_error *error)
{
    struct scrim_auth *auth = scrim_new(struct scrim_auth);
    auth->desk = desk;
    auth->users = users;
    int result = load_sessions(desk, users, error);
    const struct scrim_worker_config config = {
        .name = "auth",
        .max_jobs = JOBS_MAX,
        .context = auth,
        .tick_us = TICK_US,
        .tick = tick,
    };
    if (result >= 0)
        result = scrim_worker_start(&desk->loop, &config, &desk->auth, error);
    if (result < 0) {
        scrim_auth_finish(auth);
        return result;
    }
    scrim_sessions_on_end(desk->sessions, on_session_end, desk);
    *ret = auth;
    return SCRIM_OK;
}

void scrim_auth_finish(struct scrim_auth *auth)
{
    if (!auth)
        return;
    scrim_users_close(auth->users);
    free(auth);
}
