// GET /acts: the log of who did what.
#include "desk/api.h"
#include "desk/past.h"

#include "base/alloc.h"

#include <stdlib.h>

#define LIMIT 100
#define LIMIT_MAX 1000
#define ID_MAX_VALUE INT64_C(999999999999999)

struct acts_job {
    struct scrim_job job;
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    int64_t before, limit;
    json_t *list;
    int result;
    struct scrim_error error;
};

static void work_list(struct scrim_job *base, void *context)
{
    (void)context;
    struct acts_job *job = (struct acts_job *)base;
    job->result = scrim_acts_list(job->desk->acts, (uint64_t)job->before, (size_t)job->limit,
                                  &job->list, &job->error);
}

static void done_list(struct scrim_job *base)
{
    struct acts_job *job = (struct acts_job *)base;
    if (job->result >= 0) {
        scrim_http_reply_json(job->request, 200, job->list);
    } else {
        scrim_error_log(&job->desk->log, "the log of acts: %s", job->error.text);
        if (job->result == SCRIM_EAUTH)
            scrim_api_refuse(job->request, 500, "damaged",
                             "The log of acts was changed from outside: run scrim check.");
        else
            scrim_api_refuse(job->request, 500, "internal", "The log of acts cannot be read.");
    }
    free(job);
}

void scrim_api_acts(void *context, struct scrim_http_request *request)
{
    static const struct scrim_http_problem busy = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Too much waits to be read.",
                                                   .retry_after_s = 1};
    struct scrim_desk *desk = context;
    const char *before = scrim_http_query(request, "before");
    const char *limit = scrim_http_query(request, "limit");
    struct acts_job *job = scrim_new(struct acts_job);
    job->job = (struct scrim_job){.work = work_list, .done = done_list};
    job->desk = desk;
    job->request = request;
    job->limit = LIMIT;
    if ((before && !past_parse_number(before, 1, ID_MAX_VALUE, &job->before)) ||
        (limit && !past_parse_number(limit, 1, LIMIT_MAX, &job->limit)))
        scrim_api_refuse(request, 400, "malformed",
                         "before must be the number of an act, limit one from 1 to 1000.");
    else if (!scrim_worker_submit(desk->query, &job->job))
        scrim_http_reply_problem(request, &busy);
    else
        return;
    free(job);
}
