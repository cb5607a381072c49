// The site: what scrim.yaml calls it, and what administrators say of it over the desk.
#include "desk/api.h"

#include "desk/api_people.h"
#include "desk/glass_side.h"
#include "desk/people_job.h"
#include "people/db.h"
#include "people/settings.h"

const char *scrim_desk_site_name(const struct scrim_desk *desk)
{
    const char *said = desk->roster->site.name;
    return said[0] ? said : desk->site.config->name;
}

static json_t *site_json(const struct scrim_desk *desk)
{
    const struct scrim_site_words *said = &desk->roster->site;
    const char *zone = said->time_zone[0]    ? said->time_zone
                       : desk->local_zone[0] ? desk->local_zone
                                             : "UTC";
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "id", desk->site.config->id, "name",
                     scrim_desk_site_name(desk), "time_zone", zone, "controller", said->controller,
                     "contact", said->contact, "address", said->address, "version", SCRIM_VERSION,
                     "now_ms", (json_int_t)(scrim_clock_utc_us() / 1000), "glass",
                     (json_int_t)scrim_glass_side_revision(desk->glass));
}

void scrim_api_site(void *context, struct scrim_http_request *request)
{
    scrim_http_reply_json(request, 200, site_json(context));
}

struct site_job {
    struct scrim_people_job base;
    struct scrim_site_words words;
    unsigned given;
};

#define MEMBER(name, type)                                  \
    {                                                       \
#name, type, offsetof(struct site_job, words.name), \
            sizeof((struct site_job *)0)->words.name, true  \
    }
static const struct scrim_body_member members[] = {
    MEMBER(name, SCRIM_BODY_TEXT),        MEMBER(time_zone, SCRIM_BODY_TEXT),
    MEMBER(controller, SCRIM_BODY_LINES), MEMBER(contact, SCRIM_BODY_LINES),
    MEMBER(address, SCRIM_BODY_LINES),    {0},
};
#undef MEMBER

static const char *value_of(const struct site_job *job, size_t member)
{
    return (const char *)job + members[member].offset;
}

static int set_all(const struct site_job *job, struct scrim_db *db, struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; result >= 0 && members[i].name; i++)
        if (job->given & 1U << i)
            result = scrim_settings_set(db, members[i].name, value_of(job, i), error);
    return result;
}

static int work_change(struct scrim_people_job *base, struct scrim_users *users)
{
    struct scrim_db *db = scrim_users_db(users);
    const int begun = scrim_db_begin(db, &base->error);
    return begun < 0
               ? begun
               : scrim_db_end(db, set_all((struct site_job *)base, db, &base->error), &base->error);
}

static void reply_change(struct scrim_people_job *base)
{
    scrim_http_reply_json(base->request, 200, site_json(base->desk));
}

void scrim_api_site_change(void *context, struct scrim_http_request *request)
{
    static const struct scrim_people_task task = {
        .size = sizeof(struct site_job),
        .right = SCRIM_RIGHT_CAMERAS,
        .act = "site.change",
        .changes = true,
        .work = work_change,
        .reply = reply_change,
    };
    const struct scrim_desk *desk = context;
    struct site_job *job = scrim_people_job_new(context, request, &task);
    if (!job)
        return;
    bool fine = scrim_people_body(request, members, job, &job->given);
    if (fine && job->words.time_zone[0] && !scrim_zones_have(desk->zones, job->words.time_zone)) {
        scrim_people_malformed(
            request, "\"time_zone\" must be one of the time zone database, as Europe/Berlin");
        fine = false;
    }
    if (!fine) {
        scrim_people_job_free(job);
        return;
    }
    job->base.detail = json_object();
    for (size_t i = 0; members[i].name; i++)
        if (job->given & 1U << i)
            json_object_set_new(job->base.detail, members[i].name, json_string(value_of(job, i)));
    scrim_people_job_submit(job);
}
