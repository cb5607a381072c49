// Who asks, and whether they may: the one place that decides it.
#include "desk/auth_store.h"

#include "desk/second_step.h"
#include "people/tokens.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const struct scrim_http_problem not_signed_in = {
    .status = 401, .code = "auth", .text = "Sign in first."};
static const struct scrim_http_problem bad_token = {
    .status = 401, .code = "auth", .text = "The token is wrong, or over."};
static const struct scrim_http_problem forbidden = {
    .status = 403, .code = "right", .text = "Your role does not allow this."};
static const struct scrim_http_problem forbidden_token = {
    .status = 403, .code = "right", .text = "This token does not allow it."};
static const struct scrim_http_problem wrong_origin = {
    .status = 403, .code = "origin", .text = "The page of another site may not do this."};
static const struct scrim_http_problem wrong_csrf = {
    .status = 403, .code = "csrf", .text = "The X-CSRF header is missing or wrong."};
static const struct scrim_http_problem second_step = {
    .status = 403,
    .code = "second_step_required",
    .text = "Your role needs a second step. Set one up under your account first."};
static const struct scrim_http_problem no_camera = {
    .status = 404, .code = "not_found", .text = "There is no such camera."};

bool scrim_who_may(const struct scrim_who *who, enum scrim_right right)
{
    return (who->rights & SCRIM_RIGHT_BIT(right)) != 0;
}

// --- tokens ---

// The token that the request shows, NULL without one: then its cookie counts.
static const char *shown_token(const struct scrim_http_request *request)
{
    static const char scheme[] = "Bearer " SCRIM_TOKEN_PREFIX;
    const char *header = scrim_http_header(request, SCRIM_HEADER_AUTHORIZATION);
    return header && strncasecmp(header, scheme, sizeof scheme - 1) == 0
               ? header + sizeof scheme - 1
               : NULL;
}

static struct scrim_token *find_token(const struct scrim_desk *desk,
                                      const uint8_t hash[SCRIM_SECRET_HASH], int64_t now_us)
{
    struct scrim_roster *roster = desk->roster;
    struct scrim_token *found = NULL;
    for (size_t i = 0; i < roster->tokens_count; i++)
        if (sodium_memcmp(roster->tokens[i].hash, hash, SCRIM_SECRET_HASH) == 0)
            found = &roster->tokens[i];
    return found && found->expires_us > now_us ? found : NULL;
}

// False when its maker is gone.
static bool who_of_token(const struct scrim_desk *desk, const struct scrim_token *token,
                         struct scrim_who *ret)
{
    const struct scrim_user *maker = scrim_roster_user(desk->roster, token->user_id);
    if (!maker)
        return false;
    const struct scrim_camera_set own = scrim_roster_cameras(desk->roster, &token->groups);
    const struct scrim_camera_set makers = scrim_roster_cameras(desk->roster, &maker->groups);
    *ret = (struct scrim_who){
        .user_id = maker->id,
        .role = maker->role,
        .rights = (token->rights | SCRIM_RIGHT_BIT(SCRIM_RIGHT_SESSION)) &
                  scrim_token_rights_of(maker->role),
        .cameras = scrim_camera_set_meet(&own, &makers),
    };
    snprintf(ret->name, sizeof ret->name, "token %s", token->name);
    memcpy(ret->hash, token->hash, sizeof ret->hash);
    return true;
}

// --- sessions ---

struct scrim_session *scrim_auth_session(struct scrim_desk *desk,
                                         const struct scrim_http_request *request)
{
    char token[SCRIM_SESSION_TOKEN_TEXT];
    if (shown_token(request) || !scrim_http_cookie(request, SCRIM_DESK_COOKIE, token, sizeof token))
        return NULL;
    struct scrim_session *session = scrim_sessions_use(desk->sessions, token, scrim_clock_utc_us());
    sodium_memzero(token, sizeof token);
    if (session)
        scrim_auth_store_touch(desk, session);
    return session;
}

static void who_of_session(const struct scrim_session *session, struct scrim_who *ret)
{
    *ret = (struct scrim_who){
        .user_id = session->user_id,
        .role = session->role,
        .rights = scrim_role_rights(session->role),
        .cameras = session->cameras,
        .session = session,
    };
    memcpy(ret->name, session->user, sizeof session->user);
    memcpy(ret->hash, session->hash, sizeof ret->hash);
}

// --- both ---

bool scrim_auth_who(struct scrim_desk *desk, const struct scrim_http_request *request,
                    struct scrim_who *ret)
{
    const char *secret = shown_token(request);
    if (!secret) {
        const struct scrim_session *session = scrim_auth_session(desk, request);
        if (session)
            who_of_session(session, ret);
        return session != NULL;
    }
    const int64_t now_us = scrim_clock_utc_us();
    uint8_t hash[SCRIM_SECRET_HASH];
    struct scrim_token *token =
        scrim_secret_hash(secret, hash) ? find_token(desk, hash, now_us) : NULL;
    if (!token || !who_of_token(desk, token, ret))
        return false;
    scrim_auth_store_used(desk, token, now_us);
    return true;
}

bool scrim_auth_who_of_hash(struct scrim_desk *desk, const uint8_t hash[SCRIM_SECRET_HASH],
                            struct scrim_who *ret)
{
    const struct scrim_session *session;
    for (size_t i = 0; (session = scrim_sessions_at(desk->sessions, i)) != NULL; i++) {
        if (sodium_memcmp(session->hash, hash, sizeof session->hash) == 0) {
            who_of_session(session, ret);
            return true;
        }
    }
    const struct scrim_token *token = find_token(desk, hash, scrim_clock_utc_us());
    return token && who_of_token(desk, token, ret);
}

bool scrim_desk_may(struct scrim_desk *desk, const struct scrim_http_request *request,
                    unsigned camera)
{
    struct scrim_who who;
    return scrim_auth_who(desk, request, &who) && scrim_camera_set_has(&who.cameras, camera);
}

// --- entering a route ---

static bool csrf_fits(const struct scrim_http_request *request)
{
    char token[SCRIM_SESSION_TOKEN_TEXT];
    const bool fits =
        scrim_http_cookie(request, SCRIM_DESK_COOKIE, token, sizeof token) &&
        scrim_session_csrf_check(token, scrim_http_header(request, SCRIM_HEADER_CSRF));
    sodium_memzero(token, sizeof token);
    return fits;
}

// Which of the parameters of a pattern is the camera; -1: none.
static int camera_param(const char *pattern)
{
    static const char name[] = "{camera}";
    int place = 0;
    for (; (pattern = strchr(pattern, '{')) != NULL; pattern++, place++)
        if (strncmp(pattern, name, sizeof name - 1) == 0)
            return place;
    return -1;
}

// A camera that one does not see is one that there is not; handlers say the same of those.
static bool sees_camera(const struct scrim_desk *desk, const struct scrim_http_request *request,
                        const struct scrim_http_route *route, const struct scrim_who *who)
{
    const int place = camera_param(route->pattern);
    unsigned camera;
    return place < 0 || who->cameras.all ||
           (scrim_desk_camera(desk, scrim_http_param(request, (size_t)place), &camera) &&
            scrim_camera_set_has(&who->cameras, camera));
}

bool scrim_auth_admit(void *context, const struct scrim_http_request *request,
                      const struct scrim_http_route *route, struct scrim_http_problem *ret)
{
    struct scrim_desk *desk = context;
    struct scrim_who who = {0};
    const enum scrim_right right = (enum scrim_right)route->right;
    const bool for_all = right == SCRIM_RIGHT_NONE, changes = route->method != SCRIM_HTTP_GET;
    if (right == SCRIM_RIGHT_METRICS &&
        scrim_metrics_token_fits(&desk->metrics_token,
                                 scrim_http_header(request, SCRIM_HEADER_AUTHORIZATION)))
        return true;
    const bool known = scrim_auth_who(desk, request, &who);
    const bool from_here = !changes || scrim_http_same_origin(request);
    if (for_all && from_here)
        return true;
    if (!from_here)
        *ret = wrong_origin;
    else if (!known)
        *ret = shown_token(request) ? bad_token : not_signed_in;
    else if (!scrim_who_may(&who, right))
        *ret = who.session ? forbidden : forbidden_token;
    else if (changes && who.session && !csrf_fits(request))
        *ret = wrong_csrf;
    else if (right != SCRIM_RIGHT_SELF &&
             scrim_second_step_owed(desk->second, who.user_id, who.role))
        *ret = second_step;
    else if (!sees_camera(desk, request, route, &who))
        *ret = no_camera;
    else
        return true;
    return false;
}

bool scrim_auth_is_json(const struct scrim_http_request *request)
{
    static const char type[] = "application/json";
    const char *given = scrim_http_header(request, SCRIM_HEADER_CONTENT_TYPE);
    return given && strncasecmp(given, type, sizeof type - 1) == 0 &&
           strchr("; ", given[sizeof type - 1]);
}
