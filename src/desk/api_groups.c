// Groups of cameras.
#include "desk/api.h"

#include "desk/api_people.h"
#include "desk/people_job.h"
#include "people/groups.h"

#include <string.h>

struct group_job {
    struct scrim_people_job base;
    char name[SCRIM_GROUP_NAME_MAX + 1], title[SCRIM_GROUP_TITLE_MAX + 1];
    struct scrim_names cameras;
};

static void finish_group(struct scrim_people_job *base)
{
    scrim_names_finish(&((struct group_job *)base)->cameras);
}

// Of the cameras those that whoever asks sees, and that there are now.
static json_t *group_json(const struct scrim_desk *desk, const struct scrim_group *group,
                          const struct scrim_camera_set *seen)
{
    json_t *cameras = json_array();
    for (size_t i = 0; i < group->cameras_count; i++) {
        unsigned camera;
        if (scrim_desk_camera(desk, group->cameras[i], &camera) &&
            scrim_camera_set_has(seen, camera))
            json_array_append_new(cameras, json_string(group->cameras[i]));
    }
    return json_pack("{s:s,s:s,s:o}", "name", group->name, "title", group->title, "cameras",
                     cameras);
}

// Whoever does not see all cameras is told of the groups that have some of theirs.
void scrim_api_groups(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct scrim_who who;
    if (!scrim_auth_who(desk, request, &who)) {
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < desk->roster->groups_count; i++) {
        json_t *group = group_json(desk, &desk->roster->groups[i], &who.cameras);
        if (who.cameras.all || json_array_size(json_object_get(group, "cameras")) > 0)
            json_array_append(list, group);
        json_decref(group);
    }
    scrim_http_reply_json(request, 200, list);
}

static const struct scrim_body_member members[] = {
    {"title", SCRIM_BODY_TEXT, offsetof(struct group_job, title), SCRIM_GROUP_TITLE_MAX + 1, false},
    {"cameras", SCRIM_BODY_NAMES, offsetof(struct group_job, cameras), SCRIM_GROUP_CAMERAS_MAX,
     false},
    {0},
};

static int work_put(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct group_job *job = (struct group_job *)base;
    return scrim_groups_put(scrim_users_db(users), job->name, job->title, &job->cameras,
                            &base->error);
}

static void reply_put(struct scrim_people_job *base)
{
    const struct group_job *job = (struct group_job *)base;
    const struct scrim_group *group = scrim_roster_group(base->desk->roster, job->name);
    const struct scrim_camera_set all = {.all = true};
    if (group)
        scrim_http_reply_json(base->request, 200, group_json(base->desk, group, &all));
    else
        scrim_http_reply_empty(base->request, 204); // gone again already
}

// What is wrong with the wish; NULL if nothing.
static const char *check(const struct scrim_desk *desk, const struct group_job *job)
{
    if (!scrim_group_name_valid(job->name))
        return "a group has a name of lower-case letters, digits and '-', at most 32";
    if (job->title[0] == '\0')
        return "\"title\" must not be empty";
    for (size_t i = 0; i < job->cameras.count; i++) {
        unsigned camera;
        if (!scrim_desk_camera(desk, job->cameras.list[i], &camera))
            return "\"cameras\" names one that there is not";
    }
    return NULL;
}

void scrim_api_group_put(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct group_job),
        .right = SCRIM_RIGHT_CAMERAS,
        .act = "group.put",
        .changes = true,
        .conflict = "too_many",
        .work = work_put,
        .reply = reply_put,
        .finish = finish_group,
    };
    unsigned given;
    struct group_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    snprintf(job->name, sizeof job->name, "%s", scrim_http_param(request, 0));
    bool fine = scrim_people_body(request, members, job, &given);
    const char *wrong = fine ? check(context, job) : NULL;
    if (fine && strlen(scrim_http_param(request, 0)) > SCRIM_GROUP_NAME_MAX)
        wrong = "a group's name has at most 32 characters";
    if (wrong) {
        scrim_people_malformed(request, wrong);
        fine = false;
    }
    if (!fine) {
        scrim_people_job_free(job);
        return;
    }
    job->base.detail = json_pack("{s:s,s:s,s:o}", "group", job->name, "title", job->title,
                                 "cameras", scrim_people_names_json(&job->cameras));
    scrim_people_job_submit(job);
}

static int work_delete(struct scrim_people_job *base, struct scrim_users *users)
{
    const struct group_job *job = (struct group_job *)base;
    return scrim_groups_delete(scrim_users_db(users), job->name, &base->error);
}

void scrim_api_group_delete(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct group_job),
        .right = SCRIM_RIGHT_CAMERAS,
        .act = "group.remove",
        .changes = true,
        .conflict = "in_use",
        .not_found = "There is no such group.",
        .work = work_delete,
        .finish = finish_group,
    };
    const char *name = scrim_http_param(request, 0);
    struct group_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    if (scrim_group_name_valid(name)) // else "": nothing is called so
        memcpy(job->name, name, strlen(name) + 1);
    job->base.detail = json_pack("{s:s}", "group", job->name);
    scrim_people_job_submit(job);
}
