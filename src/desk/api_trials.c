// Live tests of cameras' addresses, over the API.
#include "desk/api.h"

#include "desk/auth.h"
#include "desk/trials.h"

#include <stdlib.h>

static void log_act(struct scrim_desk *desk, const char *who, const struct scrim_trial_wish *wish)
{
    json_t *detail = json_pack("{s:s}", "url", wish->url);
    char *text = detail ? json_dumps(detail, JSON_COMPACT) : NULL;
    scrim_acts_add(desk->acts,
                   &(struct scrim_act){.who = who, .what = "camera.try", .detail = text});
    free(text);
    json_decref(detail);
}

static void begin(struct scrim_desk *desk, struct scrim_http_request *request,
                  struct scrim_trial_wish *wish)
{
    static const struct scrim_http_problem busy = {
        .status = 429,
        .code = "busy",
        .text = "Two addresses are being tested already. Wait until one of them is done.",
        .retry_after_s = SCRIM_TRIAL_SECONDS};
    struct scrim_who who;
    char id[SCRIM_TRIAL_ID];
    if (!scrim_auth_who(desk, request, &who)) { // it ended between the question and the answer
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
        return;
    }
    switch (scrim_trials_begin(desk->trials, wish, id)) {
    case SCRIM_OK:
        log_act(desk, who.name, wish);
        scrim_http_reply_json(request, 202, json_pack("{s:s}", "id", id));
        break;
    case SCRIM_EBUSY: scrim_http_reply_problem(request, &busy); break;
    default:
        scrim_api_refuse(request, 503, "no_recorder",
                         "The recorder is not running, which would test the address.");
    }
}

void scrim_api_trial_begin(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_buf *body = scrim_http_body(request);
    struct scrim_trial_wish wish;
    struct scrim_error error;
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
        return;
    }
    if (scrim_trial_wish_read(body->data, body->len, &wish, &error) < 0) {
        scrim_api_refuse_words(request, 400, "malformed", error.text);
        return;
    }
    begin(desk, request, &wish);
    scrim_trial_wish_wipe(&wish);
}

void scrim_api_trial(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    json_t *trial = scrim_trials_json(desk->trials, scrim_http_param(request, 0));
    if (trial)
        scrim_http_reply_json(request, 200, trial);
    else
        scrim_api_refuse(request, 404, "not_found",
                         "There is no such test (any more): they are kept for five minutes.");
}
