#include "desk/sign_in.h"

#include "desk/api.h"
#include "people/session_store.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

// Printable ASCII of the header's beginning: it goes into lists, and nothing is decided by it.
static void copy_agent(const char *header, char ret[SCRIM_SESSION_AGENT])
{
    size_t length = 0;
    for (; header && *header && length < SCRIM_SESSION_AGENT - 1; header++)
        ret[length++] = *header >= ' ' && *header <= '~' ? *header : '?';
    ret[length] = '\0';
}

void scrim_sign_in_begin(struct scrim_sign_in *in, const struct scrim_http_request *request)
{
    snprintf(in->session.address, sizeof in->session.address, "%s", scrim_http_peer(request));
    copy_agent(scrim_http_header(request, SCRIM_HEADER_USER_AGENT), in->session.agent);
}

int scrim_sign_in_make(struct scrim_users *users, const struct scrim_user *user,
                       struct scrim_sign_in *in, struct scrim_error *error)
{
    struct scrim_session *session = &in->session;
    scrim_secret_make(in->token, session->hash);
    session->user_id = user->id;
    session->role = user->role;
    memcpy(session->user, user->name, sizeof session->user);
    session->created_us = session->seen_us = session->saved_us = scrim_clock_utc_us();
    const int result = scrim_session_store_add(scrim_users_db(users), session, error);
    if (result < 0 || in->roster)
        return result;
    return scrim_auth_news(users, &in->roster, error); // they may have come a moment ago
}

int scrim_sign_in_cookie(struct scrim_http_request *request, const char *token)
{
    char cookie[160];
    snprintf(cookie, sizeof cookie,
             SCRIM_DESK_COOKIE "=%s; Path=/; Secure; HttpOnly; SameSite=Strict%s", token,
             token[0] ? "" : "; Max-Age=0");
    const int result = scrim_http_add_header(request, "Set-Cookie", cookie);
    sodium_memzero(cookie, sizeof cookie);
    return result;
}

static json_t *cameras_json(const struct scrim_desk *desk, const struct scrim_camera_set *set)
{
    json_t *list = set->all ? json_null() : json_array();
    for (unsigned i = 0; !set->all && i < desk->site.config->cameras_count; i++)
        if (scrim_camera_set_has(set, i))
            json_array_append_new(list, json_string(desk->site.config->cameras[i].id));
    return list;
}

static json_t *groups_json(const struct scrim_desk *desk, int64_t user_id)
{
    const struct scrim_user *user = scrim_roster_user(desk->roster, user_id);
    json_t *list = json_array();
    for (size_t i = 0; user && i < desk->roster->groups_count; i++)
        if (scrim_group_set_has(&user->groups, i))
            json_array_append_new(list, json_string(desk->roster->groups[i].name));
    return list;
}

json_t *scrim_session_json(const struct scrim_desk *desk, const struct scrim_session *session,
                           const char *token)
{
    char csrf[SCRIM_SESSION_TOKEN_TEXT];
    scrim_session_csrf(token, csrf);
    json_t *answer = json_pack("{s:s,s:s,s:s,s:o,s:o}", "user", session->user, "role",
                               scrim_role_text(session->role), "csrf", csrf, "cameras",
                               cameras_json(desk, &session->cameras), "groups",
                               groups_json(desk, session->user_id));
    sodium_memzero(csrf, sizeof csrf);
    return answer;
}

int scrim_sign_in_enter(struct scrim_desk *desk, struct scrim_http_request *request,
                        struct scrim_sign_in *in)
{
    scrim_auth_take_roster(desk, in->roster);
    in->roster = NULL;
    const struct scrim_user *user = scrim_roster_user(desk->roster, in->session.user_id);
    if (!user || user->role != in->session.role) { // changed since the password was checked
        scrim_api_refuse(request, 401, "auth", "The name or the password is wrong.");
        return SCRIM_EAUTH;
    }
    in->session.cameras = scrim_roster_cameras(desk->roster, &user->groups);
    struct scrim_session *before = scrim_auth_session(desk, request);
    if (before)
        scrim_sessions_end(desk->sessions, before);
    scrim_sessions_add(desk->sessions, &in->session);
    scrim_info(&desk->log, "%s signed in from %s as %s", in->session.user, in->session.address,
               scrim_role_text(in->session.role));
    const int result = scrim_sign_in_cookie(request, in->token);
    if (result < 0)
        scrim_api_refuse(request, 500, "internal", "The session cannot be handed over.");
    return result;
}

void scrim_sign_in_finish(struct scrim_desk *desk, struct scrim_http_request *request,
                          struct scrim_sign_in *in)
{
    if (scrim_sign_in_enter(desk, request, in) >= 0)
        scrim_http_reply_json(request, 200, scrim_session_json(desk, &in->session, in->token));
}

void scrim_sign_in_wipe(struct scrim_sign_in *in)
{
    scrim_roster_free(in->roster);
    sodium_memzero(in, sizeof *in);
}

bool scrim_sign_in_throttle(struct scrim_desk *desk, struct scrim_http_request *request,
                            const char *user)
{
    const int64_t wait_us =
        scrim_throttle_try(desk->throttle, user, scrim_http_peer(request), scrim_clock_mono_us());
    if (wait_us <= 0)
        return true;
    const struct scrim_http_problem problem = {
        .status = 429,
        .code = "throttled",
        .text = "Too many tries. Wait a moment.",
        .retry_after_s = (int)((wait_us + SCRIM_SECOND - 1) / SCRIM_SECOND),
    };
    scrim_http_reply_problem(request, &problem);
    return false;
}
