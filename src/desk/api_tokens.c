// Tokens for programs.
#include "desk/api.h"

#include "desk/api_people.h"
#include "desk/people_job.h"
#include "people/tokens.h"

#include <string.h>

struct token_job {
    struct scrim_people_job base;
    char name[SCRIM_TOKEN_NAME_MAX + 1];
    struct scrim_names right_names, groups;
    unsigned rights;
    int64_t expires_ms, id;
    char secret[SCRIM_SECRET_TEXT];
};

static void finish_token(struct scrim_people_job *base)
{
    struct token_job *job = (struct token_job *)base;
    scrim_names_finish(&job->right_names);
    scrim_names_finish(&job->groups);
}

static json_t *rights_json(unsigned rights)
{
    json_t *list = json_array();
    for (int i = 0; i < SCRIM_RIGHT_COUNT; i++)
        if (rights & SCRIM_RIGHT_BIT(i))
            json_array_append_new(list, json_string(scrim_right_text((enum scrim_right)i)));
    return list;
}

static json_t *token_json(const struct scrim_roster *roster, const struct scrim_token *token)
{
    const struct scrim_user *maker = scrim_roster_user(roster, token->user_id);
    return json_pack(
        "{s:I,s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "id", (json_int_t)token->id, "name", token->name,
        "user", maker ? maker->name : "", "rights", rights_json(token->rights), "groups",
        scrim_people_groups_json(roster, &token->groups), "created_ms",
        scrim_people_ms(token->created_us), "expires_ms", scrim_people_ms(token->expires_us),
        "used_ms", scrim_people_ms(token->used_us));
}

void scrim_api_tokens(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    const struct scrim_roster *roster = desk->roster;
    json_t *list = json_array();
    for (size_t i = 0; i < roster->tokens_count; i++)
        json_array_append_new(list, token_json(roster, &roster->tokens[i]));
    scrim_http_reply_json(request, 200, list);
}

static const struct scrim_body_member members[] = {
    {"name", SCRIM_BODY_TEXT, offsetof(struct token_job, name), SCRIM_TOKEN_NAME_MAX + 1, false},
    {"rights", SCRIM_BODY_NAMES, offsetof(struct token_job, right_names), SCRIM_RIGHT_COUNT, false},
    {"groups", SCRIM_BODY_NAMES, offsetof(struct token_job, groups), SCRIM_GROUPS_MAX, true},
    {"expires_ms", SCRIM_BODY_TIME, offsetof(struct token_job, expires_ms), 0, false},
    {0},
};

// What is wrong with the wish; NULL if nothing.
static const char *check(struct token_job *job)
{
    const int64_t now_us = scrim_clock_utc_us(), expires_us = job->expires_ms * 1000;
    for (size_t i = 0; i < job->right_names.count; i++) {
        enum scrim_right right;
        if (!scrim_right_parse(job->right_names.list[i], &right))
            return "there is no such right";
        job->rights |= SCRIM_RIGHT_BIT(right);
    }
    if (job->name[0] == '\0')
        return "\"name\" must say what the token is for";
    if (job->rights == 0)
        return "a token without rights opens nothing";
    if (job->rights & ~scrim_token_rights_of(job->base.who.role))
        return "a token cannot have a right that its maker has not, nor \"self\" or \"users\"";
    if (job->groups.count > 0 && (job->rights & SCRIM_RIGHT_BIT(SCRIM_RIGHT_CAMERAS)))
        return "a token that may change cameras and groups cannot be kept to some of them";
    if (expires_us <= now_us || expires_us > now_us + SCRIM_TOKEN_LIFE_US)
        return "\"expires_ms\" must lie ahead, by two years at most";
    return NULL;
}

static int work_make(struct scrim_people_job *base, struct scrim_users *users)
{
    struct token_job *job = (struct token_job *)base;
    const struct scrim_token_wish wish = {
        .name = job->name,
        .user_id = base->who.user_id,
        .rights = job->rights,
        .groups = &job->groups,
        .expires_us = job->expires_ms * 1000,
    };
    return scrim_tokens_make(scrim_users_db(users), &wish, job->secret, &job->id, &base->error);
}

static void reply_make(struct scrim_people_job *base)
{
    const struct token_job *job = (struct token_job *)base;
    char text[sizeof SCRIM_TOKEN_PREFIX + SCRIM_SECRET_TEXT];
    snprintf(text, sizeof text, SCRIM_TOKEN_PREFIX "%s", job->secret);
    scrim_http_reply_json(base->request, 201,
                          json_pack("{s:I,s:s,s:s,s:o,s:o,s:I,s:s}", "id", (json_int_t)job->id,
                                    "name", job->name, "user", base->who.name, "rights",
                                    rights_json(job->rights), "groups",
                                    scrim_people_names_json(&job->groups), "expires_ms",
                                    (json_int_t)job->expires_ms, "token", text));
}

void scrim_api_token_make(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct token_job),
        .right = SCRIM_RIGHT_USERS,
        .act = "token.make",
        .changes = true,
        .conflict = "too_many",
        .work = work_make,
        .reply = reply_make,
        .finish = finish_token,
    };
    unsigned given;
    struct token_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    bool fine = scrim_people_body(request, members, job, &given);
    const char *wrong = fine ? check(job) : NULL;
    if (wrong) {
        scrim_people_malformed(request, wrong);
        fine = false;
    }
    if (!fine) {
        scrim_people_job_free(job);
        return;
    }
    job->base.detail = json_pack(
        "{s:s,s:o,s:o,s:I}", "token", job->name, "rights", rights_json(job->rights), "groups",
        scrim_people_names_json(&job->groups), "expires_ms", (json_int_t)job->expires_ms);
    scrim_people_job_submit(job);
}

static int work_delete(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct token_job *job = (struct token_job *)base;
    return scrim_tokens_delete(scrim_users_db(users), job->id, &base->error);
}

void scrim_api_token_delete(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct token_job),
        .right = SCRIM_RIGHT_USERS,
        .act = "token.revoke",
        .changes = true,
        .not_found = "There is no such token.",
        .work = work_delete,
        .finish = finish_token,
    };
    struct token_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    job->id = scrim_people_id(scrim_http_param(request, 0));
    job->base.detail = json_pack("{s:I}", "token", (json_int_t)job->id);
    scrim_people_job_submit(job);
}
