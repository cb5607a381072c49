// GET /vault: whether there is one, who holds it, and how long approval takes.
#include "desk/api.h"
#include "desk/vault_state.h"

#include "base/alloc.h"

#include <stdlib.h>

struct vault_job {
    struct scrim_job job;
    struct scrim_vault_state *state;
    struct scrim_requests *requests;
    struct scrim_http_request *request;
    json_t *answer;
};

static json_t *latency_json(struct scrim_requests *requests)
{
    const struct scrim_request_latency latency = scrim_requests_latency(requests);
    return latency.count > 0 ? json_pack("{s:i,s:f,s:f}", "count", (int)latency.count, "median_s",
                                         latency.median_s, "p90_s", latency.p90_s)
                             : json_null();
}

static void work(struct scrim_job *base, void *context)
{
    (void)context;
    struct vault_job *job = (struct vault_job *)base;
    job->answer = scrim_vault_state_json(job->state);
    json_object_set_new(job->answer, "latency", latency_json(job->requests));
}

static void done(struct scrim_job *base)
{
    struct vault_job *job = (struct vault_job *)base;
    scrim_http_reply_json(job->request, 200, job->answer);
    free(job);
}

void scrim_api_vault(void *context, struct scrim_http_request *request)
{
    static const struct scrim_http_problem busy = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Too much waits to be read.",
                                                   .retry_after_s = 1};
    const struct scrim_desk *desk = context;
    struct vault_job *job = scrim_new(struct vault_job);
    job->job = (struct scrim_job){.work = work, .done = done};
    job->state = desk->vault;
    job->requests = desk->requests;
    job->request = request;
    if (scrim_worker_submit(desk->query, &job->job))
        return;
    scrim_http_reply_problem(request, &busy);
    free(job);
}
