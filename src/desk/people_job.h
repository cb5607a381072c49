// A request about people: what it asks for is done with site.db on the thread of desk->auth, as an
// act in the log, and answered on the loop's.
//
// What was true when the request came in may have changed while it waited: the right of whoever
// asks is looked up again before the work.
#pragma once

#include "desk/auth.h"

struct scrim_people_job;

struct scrim_people_task {
    size_t size;            // of the caller's struct, whose first member is the job
    enum scrim_right right; // needed still when it is worked; NONE where nobody is signed in
    const char *act;        // what the log of acts calls it; NULL: no act
    bool changes;           // the roster
    const char *conflict;   // code of the 409 for SCRIM_ECONFLICT
    const char *not_found;  // sentence of the 404 for SCRIM_ENOENT
    // On the auth thread; 0, or why not.
    int (*work)(struct scrim_people_job *job, struct scrim_users *users);
    void (*reply)(struct scrim_people_job *job);  // on the loop's, after success; NULL: 204
    void (*failed)(struct scrim_people_job *job); // on the loop's, before the answer; may be NULL
    void (*finish)(
        struct scrim_people_job *job); // frees what the caller's struct holds; may be NULL
};

struct scrim_people_job {
    struct scrim_job job;
    const struct scrim_people_task *task;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    struct scrim_who who; // without the session, which may end
    json_t *detail;       // of the act; the caller fills it, without secrets
    const char *reason;
    int status;     // of the answer: 200
    json_t *answer; // NULL: none, and status 204
    int result;
    struct scrim_error error;
    struct scrim_roster *roster; // after a change
};

// The job of a request, zeroed but for what is known: nobody's when the session just ended, then
// the request is answered and it returns NULL.
void *scrim_people_job_new(struct scrim_desk *desk, struct scrim_http_request *request,
                           const struct scrim_people_task *task);
// Takes the job over; answers at once if too many wait.
void scrim_people_job_submit(void *job);
// For a job that is not submitted: the request was answered.
void scrim_people_job_free(void *job);

struct scrim_body_member;
// The body of the request into the caller's struct. False: it was answered, with 400 or 415.
SCRIM_MUST_CHECK bool scrim_people_body(struct scrim_http_request *request,
                                        const struct scrim_body_member *members, void *ret,
                                        unsigned *ret_given);
// 400 with a sentence that names what is wrong.
void scrim_people_malformed(struct scrim_http_request *request, const char *text);
