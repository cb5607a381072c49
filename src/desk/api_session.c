// Signing in and out with a name and a password, and which other ways in there are.
#include "desk/api.h"

#include "base/alloc.h"
#include "desk/second_step.h"
#include "desk/sign_in.h"
#include "people/credentials.h"

#include <sodium.h>
#include <stdlib.h>

static const struct scrim_http_problem wrong_password = {
    .status = 401, .code = "auth", .text = "The name or the password is wrong."};
static const struct scrim_http_problem overload = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Too many people sign in at once.",
                                                   .retry_after_s = 2};
static const struct scrim_http_problem broken = {
    .status = 500, .code = "internal", .text = "The server cannot check passwords at the moment."};

struct login_job {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct scrim_credentials given;
    struct scrim_second_need need; // when the password was right
    struct scrim_sign_in in;
    int result;
    struct scrim_error error;
};

static void work_login(struct scrim_job *job, void *context)
{
    struct login_job *login = (struct login_job *)job;
    struct scrim_users *users = scrim_auth_users(context);
    struct scrim_user user;
    login->result = scrim_users_verify(users, login->given.name, login->given.password,
                                       login->given.password_length, &user, &login->error);
    sodium_memzero(login->given.password, sizeof login->given.password);
    if (login->result >= 0)
        login->result =
            scrim_second_step_look(login->desk->second, &user, &login->need, &login->error);
    if (login->result >= 0 && !login->need.wanted)
        login->result = scrim_sign_in_make(users, &user, &login->in, &login->error);
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
    scrim_throttle_succeed(desk->throttle, login->given.name, peer);
    if (login->need.wanted)
        scrim_second_step_ask(desk, request, &login->need);
    else
        scrim_sign_in_finish(desk, request, &login->in);
}

static void free_login(struct login_job *login)
{
    scrim_sign_in_wipe(&login->in);
    scrim_second_need_finish(&login->need);
    sodium_memzero(login, sizeof *login);
    free(login);
}

static void done_login(struct scrim_job *job)
{
    struct login_job *login = (struct login_job *)job;
    finish_login(login);
    free_login(login);
}

void scrim_api_sign_in(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_buf *body = scrim_http_body(request);
    struct login_job *login = scrim_new(struct login_job);
    login->job = (struct scrim_job){.work = work_login, .done = done_login};
    login->desk = desk;
    login->request = request;
    scrim_sign_in_begin(&login->in, request);
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
    } else if (!scrim_credentials_parse(body->data, body->len, &login->given)) {
        scrim_api_refuse(request, 400, "malformed",
                         "The body must be {\"user\":…,\"password\":…}.");
    } else if (scrim_sign_in_throttle(desk, request, login->given.name)) {
        if (scrim_worker_submit(desk->auth, &login->job))
            return;
        scrim_throttle_forgive(desk->throttle, login->given.name, scrim_http_peer(request));
        scrim_http_reply_problem(request, &overload);
    }
    free_login(login);
}

void scrim_api_session(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    char token[SCRIM_SESSION_TOKEN_TEXT] = "";
    const struct scrim_session *session = scrim_auth_session(desk, request);
    if (!session || !scrim_http_cookie(request, SCRIM_DESK_COOKIE, token, sizeof token))
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
    else
        scrim_http_reply_json(request, 200, scrim_session_json(desk, session, token));
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
    if (scrim_sign_in_cookie(request, "") < 0)
        scrim_http_reply_problem(request, &broken);
    else
        scrim_http_reply_empty(request, 204);
}

void scrim_api_ways(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    const struct scrim_oidc_config *oidc = desk->site.config->oidc;
    scrim_http_reply_json(request, 200,
                          json_pack("{s:o,s:b}", "oidc",
                                    oidc ? json_pack("{s:s}", "name", oidc->name) : json_null(),
                                    "first_run", !scrim_roster_has_administrator(desk->roster)));
}
