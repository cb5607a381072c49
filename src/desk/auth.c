#include "desk/auth.h"

#include "base/alloc.h"
#include "desk/auth_store.h"
#include "people/db.h"
#include "people/session_store.h"

#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 64
#define TICK_US SCRIM_SECOND

struct scrim_auth {
    struct scrim_desk *desk;
    struct scrim_users *users; // auth thread
};

struct scrim_users *scrim_auth_users(void *context)
{
    const struct scrim_auth *auth = context;
    return auth->users;
}

// --- the roster ---

static bool find_camera(void *context, const char *id, unsigned *ret)
{
    return scrim_desk_camera(context, id, ret);
}

// Whether a session or token that watches a camera still may.
static bool may_watch(void *context, const uint8_t hash[32], unsigned camera)
{
    struct scrim_who who;
    return scrim_auth_who_of_hash(context, hash, &who) && scrim_who_may(&who, SCRIM_RIGHT_LIVE) &&
           scrim_camera_set_has(&who.cameras, camera);
}

void scrim_auth_review(struct scrim_desk *desk)
{
    scrim_live_review(desk->live, may_watch, desk);
}

void scrim_auth_take_roster(struct scrim_desk *desk, struct scrim_roster *roster)
{
    if (!roster)
        return;
    scrim_roster_free(desk->roster);
    desk->roster = roster;
    scrim_roster_resolve(roster, find_camera, desk);
    scrim_sessions_follow(desk->sessions, roster);
    scrim_auth_review(desk);
}

int scrim_auth_news(struct scrim_users *users, struct scrim_roster **ret, struct scrim_error *error)
{
    bool changed = false;
    struct scrim_db *db = scrim_users_db(users);
    const int result = scrim_db_changed(db, &changed, error);
    *ret = NULL;
    return result < 0 || !changed ? result : scrim_roster_load(db, ret, error);
}

struct news {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_roster *roster;
};

static void on_news(struct scrim_job *job)
{
    struct news *news = (struct news *)job;
    scrim_auth_take_roster(news->desk, news->roster);
    free(news);
}

// What `scrim user` changed.
static void tick(struct scrim_worker *worker, void *context)
{
    const struct scrim_auth *auth = context;
    struct scrim_error error;
    struct scrim_roster *roster = NULL;
    if (scrim_auth_news(auth->users, &roster, &error) < 0)
        scrim_error_log(&auth->desk->log, "%s", error.text);
    if (!roster)
        return;
    struct news *news = scrim_new(struct news);
    *news = (struct news){{.done = on_news}, auth->desk, roster};
    scrim_worker_tell(worker, &news->job);
}

// --- life ---

static void on_session_end(void *context, const struct scrim_session *session)
{
    struct scrim_desk *desk = context;
    scrim_live_end_session(desk->live, session->hash);
    scrim_auth_store_drop(desk, session);
}

static int load_people(struct scrim_desk *desk, struct scrim_users *users,
                       struct scrim_error *error)
{
    struct scrim_session *list = NULL;
    size_t count = 0;
    struct scrim_roster *roster = NULL;
    struct scrim_db *db = scrim_users_db(users);
    int result = scrim_session_store_load(db, scrim_clock_utc_us(), &list, &count, error);
    for (size_t i = 0; i < count && result >= 0; i++)
        scrim_sessions_add(desk->sessions, &list[i]);
    free(list);
    if (result >= 0)
        result = scrim_roster_load(db, &roster, error);
    if (result < 0)
        return result;
    scrim_auth_take_roster(desk, roster);
    if (!scrim_roster_has_administrator(roster))
        scrim_warn(&desk->log,
                   "the site has no administrator: scrim user invite %s NAME --role "
                   "administrator prints a link for one",
                   desk->site.dir);
    return SCRIM_OK;
}

int scrim_auth_start(struct scrim_desk *desk, struct scrim_users *users, struct scrim_auth **ret,
                     struct scrim_error *error)
{
    struct scrim_auth *auth = scrim_new(struct scrim_auth);
    auth->desk = desk;
    auth->users = users;
    int result = load_people(desk, users, error);
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
