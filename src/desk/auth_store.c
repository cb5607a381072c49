#include "desk/auth_store.h"

#include "base/alloc.h"
#include "people/session_store.h"
#include "people/tokens.h"

#include <stdlib.h>

#define SAVE_SESSION_US (300 * SCRIM_SECOND) // of use, before the database hears of it
#define SAVE_TOKEN_US (60 * SCRIM_SECOND)

struct note {
    struct scrim_job job;
    struct scrim_log log;
    struct scrim_session session;
    int64_t token_id, token_used_us;
};

static void work_touch(struct scrim_job *job, void *context)
{
    struct note *note = (struct note *)job;
    struct scrim_error error;
    struct scrim_db *db = scrim_users_db(scrim_auth_users(context));
    if (scrim_session_store_touch(db, &note->session, &error) < 0)
        scrim_warn(&note->log, "a session may end sooner at a restart: %s", error.text);
}

static void work_drop(struct scrim_job *job, void *context)
{
    struct note *note = (struct note *)job;
    struct scrim_error error;
    struct scrim_db *db = scrim_users_db(scrim_auth_users(context));
    if (scrim_session_store_drop(db, note->session.hash, &error) < 0)
        scrim_error_log(&note->log, "a session that ended is still in the database: %s",
                        error.text);
}

static void work_used(struct scrim_job *job, void *context)
{
    struct note *note = (struct note *)job;
    struct scrim_error error;
    struct scrim_db *db = scrim_users_db(scrim_auth_users(context));
    if (scrim_tokens_touch(db, note->token_id, note->token_used_us, &error) < 0)
        scrim_warn(&note->log, "when a token was used is not noted: %s", error.text);
}

static void done(struct scrim_job *job)
{
    free(job);
}

static struct note *make_note(const struct scrim_desk *desk,
                              void (*work)(struct scrim_job *, void *))
{
    struct note *note = scrim_new(struct note);
    note->job = (struct scrim_job){.work = work, .done = done};
    note->log = desk->log;
    return note;
}

static void submit(const struct scrim_desk *desk, struct note *note)
{
    if (scrim_worker_submit(desk->auth, &note->job))
        return;
    scrim_warn(&desk->log, "too much to write to site.db: the use of a session is not noted");
    free(note);
}

void scrim_auth_store_touch(struct scrim_desk *desk, struct scrim_session *session)
{
    if (session->seen_us - session->saved_us <= SAVE_SESSION_US)
        return;
    session->saved_us = session->seen_us;
    struct note *note = make_note(desk, work_touch);
    note->session = *session;
    submit(desk, note);
}

void scrim_auth_store_drop(struct scrim_desk *desk, const struct scrim_session *session)
{
    struct note *note = make_note(desk, work_drop);
    note->session = *session;
    submit(desk, note);
}

void scrim_auth_store_used(struct scrim_desk *desk, struct scrim_token *token, int64_t now_us)
{
    if (now_us - token->used_us < SAVE_TOKEN_US)
        return;
    token->used_us = now_us;
    struct note *note = make_note(desk, work_used);
    note->token_id = token->id;
    note->token_used_us = now_us;
    submit(desk, note);
}
