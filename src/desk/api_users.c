// Users and the invitations that become users.
#include "desk/api_people.h"

#include "base/alloc.h"
#include "desk/api.h"
#include "desk/people_job.h"
#include "desk/second_step.h"
#include "desk/sign_in.h"
#include "people/invitations.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

json_t *scrim_people_groups_json(const struct scrim_roster *roster,
                                 const struct scrim_group_set *set)
{
    json_t *list = json_array();
    for (size_t i = 0; i < roster->groups_count; i++)
        if (scrim_group_set_has(set, i))
            json_array_append_new(list, json_string(roster->groups[i].name));
    return list;
}

json_t *scrim_people_names_json(const struct scrim_names *names)
{
    json_t *list = json_array();
    for (size_t i = 0; i < names->count; i++)
        json_array_append_new(list, json_string(names->list[i]));
    return list;
}

json_t *scrim_people_ms(int64_t us)
{
    return us > 0 ? json_integer(us / 1000) : json_null();
}

// --- users ---

static int64_t seen_us(const struct scrim_desk *desk, const struct scrim_user *user)
{
    int64_t latest = user->seen_us;
    const struct scrim_session *session;
    for (size_t i = 0; (session = scrim_sessions_at(desk->sessions, i)) != NULL; i++)
        if (session->user_id == user->id && session->seen_us > latest)
            latest = session->seen_us;
    return latest;
}

static json_t *user_json(const struct scrim_desk *desk, const struct scrim_user *user)
{
    const struct scrim_factor_state state = scrim_second_step_state(desk->second, user->id);
    return json_pack("{s:s,s:s,s:o,s:o,s:o,s:{s:b,s:b,s:i,s:b}}", "name", user->name, "role",
                     scrim_role_text(user->role), "groups",
                     scrim_people_groups_json(desk->roster, &user->groups), "created_ms",
                     scrim_people_ms(user->created_us), "seen_ms",
                     scrim_people_ms(seen_us(desk, user)), "factors", "password",
                     user->has_password, "totp", state.totp, "webauthn", (int)state.keys, "oidc",
                     state.oidc);
}

void scrim_api_users(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    json_t *list = json_array();
    for (size_t i = 0; i < desk->roster->users_count; i++)
        json_array_append_new(list, user_json(desk, &desk->roster->users[i]));
    scrim_http_reply_json(request, 200, list);
}

struct user_job {
    struct scrim_people_job base;
    char name[SCRIM_USER_NAME_MAX + 1];
    char role_text[16];
    enum scrim_role role;
    struct scrim_names groups;
    unsigned given;
};

enum { GIVEN_ROLE = 1, GIVEN_GROUPS = 2 };

static const struct scrim_body_member change_members[] = {
    {"role", SCRIM_BODY_TEXT, offsetof(struct user_job, role_text), 16, true},
    {"groups", SCRIM_BODY_NAMES, offsetof(struct user_job, groups), SCRIM_GROUPS_MAX, true},
    {0},
};

static void finish_user(struct scrim_people_job *base)
{
    scrim_names_finish(&((struct user_job *)base)->groups);
}

static int work_change(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct user_job *job = (struct user_job *)base;
    const struct scrim_user_change change = {
        .role = job->given & GIVEN_ROLE ? &job->role : NULL,
        .groups = job->given & GIVEN_GROUPS ? &job->groups : NULL,
    };
    return scrim_users_change(scrim_users_db(users), job->name, &change, &base->error);
}

static void reply_user(struct scrim_people_job *base)
{
    const struct user_job *job = (struct user_job *)base;
    const struct scrim_user *user = scrim_roster_user_named(base->desk->roster, job->name);
    if (user)
        scrim_http_reply_json(base->request, 200, user_json(base->desk, user));
    else
        scrim_http_reply_empty(base->request, 204); // gone again already
}

static int work_remove(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct user_job *job = (struct user_job *)base;
    return scrim_users_remove(scrim_users_db(users), job->name, &base->error);
}

// The name in the path; "" for one that nobody can have, and so nobody has.
static void take_name(const struct scrim_http_request *request, char ret[SCRIM_USER_NAME_MAX + 1])
{
    const char *name = scrim_http_param(request, 0);
    if (scrim_user_name_valid(name))
        memcpy(ret, name, strlen(name) + 1);
}

static bool take_role(struct scrim_http_request *request, const char *text, enum scrim_role *ret)
{
    if (scrim_role_parse(text, ret))
        return true;
    scrim_people_malformed(
        request, "\"role\" must be viewer, operator, keyholder, auditor or administrator");
    return false;
}

void scrim_api_user_change(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct user_job),
        .right = SCRIM_RIGHT_USERS,
        .act = "user.change",
        .changes = true,
        .conflict = "last_administrator",
        .not_found = "There is no such user.",
        .work = work_change,
        .reply = reply_user,
        .finish = finish_user,
    };
    struct user_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    take_name(request, job->name);
    if (!scrim_people_body(request, change_members, job, &job->given) ||
        ((job->given & GIVEN_ROLE) && !take_role(request, job->role_text, &job->role))) {
        scrim_people_job_free(job);
        return;
    }
    job->base.detail = json_pack("{s:s}", "user", job->name);
    if (job->given & GIVEN_ROLE)
        json_object_set_new(job->base.detail, "role", json_string(job->role_text));
    if (job->given & GIVEN_GROUPS)
        json_object_set_new(job->base.detail, "groups", scrim_people_names_json(&job->groups));
    scrim_people_job_submit(job);
}

void scrim_api_user_remove(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct user_job),
        .right = SCRIM_RIGHT_USERS,
        .act = "user.remove",
        .changes = true,
        .conflict = "last_administrator",
        .not_found = "There is no such user.",
        .work = work_remove,
        .finish = finish_user,
    };
    struct user_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    take_name(request, job->name);
    job->base.detail = json_pack("{s:s}", "user", job->name);
    scrim_people_job_submit(job);
}

// --- invitations ---

struct invitation_job {
    struct scrim_people_job base;
    char name[SCRIM_USER_NAME_MAX + 1];
    char role_text[16];
    enum scrim_role role;
    struct scrim_names groups;
    char token[SCRIM_SECRET_TEXT], password[SCRIM_PASSWORD_MAX + 1];
    uint8_t hash[SCRIM_SECRET_HASH];
    struct scrim_invitation invitation;
    int64_t id;
    struct scrim_sign_in in;
};

static void finish_invitation(struct scrim_people_job *base)
{
    struct invitation_job *job = (struct invitation_job *)base;
    scrim_names_finish(&job->groups);
    scrim_sign_in_wipe(&job->in);
}

static json_t *invitation_json(const struct scrim_roster *roster,
                               const struct scrim_invitation *invitation)
{
    return json_pack("{s:I,s:s,s:s,s:o,s:o,s:o}", "id", (json_int_t)invitation->id, "name",
                     invitation->name, "role", scrim_role_text(invitation->role), "groups",
                     scrim_people_groups_json(roster, &invitation->groups), "created_ms",
                     scrim_people_ms(invitation->created_us), "expires_ms",
                     scrim_people_ms(invitation->expires_us));
}

void scrim_api_invitations(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    const struct scrim_roster *roster = desk->roster;
    const int64_t now_us = scrim_clock_utc_us();
    json_t *list = json_array();
    for (size_t i = 0; i < roster->invitations_count; i++)
        if (roster->invitations[i].expires_us > now_us)
            json_array_append_new(list, invitation_json(roster, &roster->invitations[i]));
    scrim_http_reply_json(request, 200, list);
}

static const struct scrim_body_member invite_members[] = {
    {"name", SCRIM_BODY_TEXT, offsetof(struct invitation_job, name), SCRIM_USER_NAME_MAX + 1,
     false},
    {"role", SCRIM_BODY_TEXT, offsetof(struct invitation_job, role_text), 16, false},
    {"groups", SCRIM_BODY_NAMES, offsetof(struct invitation_job, groups), SCRIM_GROUPS_MAX, true},
    {0},
};

static int work_invite(struct scrim_people_job *base, struct scrim_users *users)
{
    struct invitation_job *job = (struct invitation_job *)base;
    const struct scrim_invitation_wish wish = {
        .name = job->name,
        .role = job->role,
        .groups = &job->groups,
        .user_id = base->who.user_id,
    };
    return scrim_invitations_make(scrim_users_db(users), &wish, job->token, &job->invitation,
                                  &base->error);
}

static void reply_invite(struct scrim_people_job *base)
{
    struct invitation_job *job = (struct invitation_job *)base;
    const struct scrim_invitation *made = &job->invitation;
    scrim_http_reply_json(base->request, 201,
                          json_pack("{s:I,s:s,s:s,s:o,s:s,s:o,s:o}", "id", (json_int_t)made->id,
                                    "name", made->name, "role", scrim_role_text(made->role),
                                    "groups", scrim_people_names_json(&job->groups), "token",
                                    job->token, "created_ms", scrim_people_ms(made->created_us),
                                    "expires_ms", scrim_people_ms(made->expires_us)));
}

void scrim_api_invite(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct invitation_job),
        .right = SCRIM_RIGHT_USERS,
        .act = "invitation.make",
        .changes = true,
        .conflict = "too_many",
        .work = work_invite,
        .reply = reply_invite,
        .finish = finish_invitation,
    };
    unsigned given;
    struct invitation_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    bool fine = scrim_people_body(request, invite_members, job, &given);
    if (fine && !scrim_user_name_valid(job->name)) {
        scrim_people_malformed(request, "\"name\" must be lower-case letters, digits, '.', '_' and "
                                        "'-', at most 32, beginning with a letter or digit");
        fine = false;
    }
    if (!fine || !take_role(request, job->role_text, &job->role)) {
        scrim_people_job_free(job);
        return;
    }
    job->base.detail = json_pack("{s:s,s:s,s:o}", "user", job->name, "role", job->role_text,
                                 "groups", scrim_people_names_json(&job->groups));
    scrim_people_job_submit(job);
}

static int work_withdraw(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct invitation_job *job = (struct invitation_job *)base;
    return scrim_invitations_delete(scrim_users_db(users), job->id, &base->error);
}

void scrim_api_invitation_delete(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct invitation_job),
        .right = SCRIM_RIGHT_USERS,
        .act = "invitation.withdraw",
        .changes = true,
        .not_found = "There is no such invitation.",
        .work = work_withdraw,
        .finish = finish_invitation,
    };
    struct invitation_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    job->id = scrim_people_id(scrim_http_param(request, 0));
    job->base.detail = json_pack("{s:I}", "invitation", (json_int_t)job->id);
    scrim_people_job_submit(job);
}

int64_t scrim_people_id(const char *text)
{
    return strspn(text, "0123456789") == strlen(text) && strlen(text) < 18 ? strtoll(text, NULL, 10)
                                                                           : -1;
}

// --- with an invitation, and without a session ---

static const char over[] =
    "This invitation is not valid any more. Ask an administrator for a new one.";

static const struct scrim_body_member look_members[] = {
    {"token", SCRIM_BODY_SECRET, offsetof(struct invitation_job, token), SCRIM_SECRET_TEXT, false},
    {0},
};

static const struct scrim_body_member accept_members[] = {
    {"token", SCRIM_BODY_SECRET, offsetof(struct invitation_job, token), SCRIM_SECRET_TEXT, false},
    {"password", SCRIM_BODY_SECRET, offsetof(struct invitation_job, password),
     SCRIM_PASSWORD_MAX + 1, false},
    {0},
};

static int work_look(struct scrim_people_job *base, struct scrim_users *users)
{
    struct invitation_job *job = (struct invitation_job *)base;
    return scrim_invitations_look(scrim_users_db(users), job->hash, &job->invitation, &base->error);
}

static void reply_look(struct scrim_people_job *base)
{
    const struct invitation_job *job = (struct invitation_job *)base;
    scrim_throttle_succeed(base->desk->throttle, NULL, scrim_http_peer(base->request));
    scrim_http_reply_json(base->request, 200,
                          json_pack("{s:s,s:s,s:s}", "name", job->invitation.name, "role",
                                    scrim_role_text(job->invitation.role), "site",
                                    scrim_desk_site_name(base->desk)));
}

static int work_accept(struct scrim_people_job *base, struct scrim_users *users)
{
    struct invitation_job *job = (struct invitation_job *)base;
    struct scrim_user user;
    int result = scrim_invitations_accept(scrim_users_db(users), job->hash, job->password,
                                          strlen(job->password), &user, &base->error);
    sodium_memzero(job->password, sizeof job->password);
    if (result < 0)
        return result;
    // The user is there whatever comes now: without a session they sign in with their password.
    memcpy(job->name, user.name, sizeof job->name);
    result = scrim_roster_load(scrim_users_db(users), &job->in.roster, &base->error);
    return result < 0 ? result : scrim_sign_in_make(users, &user, &job->in, &base->error);
}

static void reply_accept(struct scrim_people_job *base)
{
    struct invitation_job *job = (struct invitation_job *)base;
    const struct scrim_act act = {.who = job->name, .what = "invitation.accept", .detail = NULL};
    scrim_acts_add(base->desk->acts, &act);
    scrim_throttle_succeed(base->desk->throttle, NULL, scrim_http_peer(base->request));
    scrim_sign_in_finish(base->desk, base->request, &job->in);
}

// A password that was too easy is no guess at the token.
static void failed_accept(struct scrim_people_job *base)
{
    if (base->result != SCRIM_ENOENT)
        scrim_throttle_forgive(base->desk->throttle, NULL, scrim_http_peer(base->request));
}

// Submits the job unless the body is wrong, too many were tried, or the token cannot be one.
static void ask_with_token(struct invitation_job *job, const struct scrim_body_member *members)
{
    unsigned given;
    struct scrim_http_request *request = job->base.request;
    if (!scrim_people_body(request, members, job, &given) ||
        !scrim_sign_in_throttle(job->base.desk, request, NULL)) {
        scrim_people_job_free(job);
    } else if (!scrim_secret_hash(job->token, job->hash)) {
        scrim_api_refuse(request, 404, "not_found", over);
        scrim_people_job_free(job);
    } else {
        scrim_people_job_submit(job);
    }
}

void scrim_api_invitation_look(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct invitation_job),
        .not_found = over,
        .work = work_look,
        .reply = reply_look,
        .failed = failed_accept,
        .finish = finish_invitation,
    };
    ask_with_token(scrim_people_job_new(context, request, &task), look_members);
}

void scrim_api_invitation_accept(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct invitation_job),
        .not_found = over,
        .work = work_accept,
        .reply = reply_accept,
        .failed = failed_accept,
        .finish = finish_invitation,
    };
    struct invitation_job *job = scrim_people_job_new(context, request, &task);
    scrim_sign_in_begin(&job->in, request);
    ask_with_token(job, accept_members);
}
