// What is done with a request over the API: decisions, reports, opening, the end.
#include "desk/api.h"
#include "desk/api_requests.h"
#include "desk/opener_side.h"
#include "desk/request_export.h"
#include "people/body.h"

#include "base/alloc.h"
#include "base/base64.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REASON_MAX 500
#define HOUR_KEYS_MAX (4U << 20) // of 16 cameras and 31 days, with room

// --- decisions ---

void scrim_api_request_decide(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_buf *body = scrim_http_body(request);
    struct request_look looked;
    struct scrim_buf bytes;
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
        return;
    }
    if (!request_look(desk, request, false, &looked))
        return;
    struct request_step *step = request_step_new(desk, request, &looked.who, 201);
    scrim_buf_init(&bytes, SCRIM_DECISION_MAX);
    if (scrim_buf_append(&bytes, body->data, body->len) >= 0 &&
        scrim_requests_decide(desk->requests, looked.number, &bytes, looked.who.name,
                              request_step_done, step))
        return;
    scrim_buf_finish(&bytes);
    free(step);
    request_refuse_busy(request);
}

struct bad_report {
    json_t *holder;
    char vault[2 * SCRIM_VAULT_ID + 1]; // "": the request is about one
};

// As the path of a decision names it.
static bool name_holder(const struct bad_report *report, char ret[32])
{
    const json_int_t holder = json_integer_value(report->holder);
    if (holder < 1 || holder > SCRIM_VAULT_HOLDERS_MAX)
        return false;
    snprintf(ret, 32, "%.8s%s%d", report->vault, report->vault[0] ? "-" : "", (int)holder);
    return true;
}

struct finding {
    const char *name;
    struct scrim_request_decided found; // without its reason
};

static void find_named(void *context, const struct scrim_request_entry *entry)
{
    struct finding *finding = context;
    for (size_t i = 0; i < entry->decisions_count; i++) {
        if (request_decision_named(&entry->decisions[i], finding->name)) {
            finding->found = entry->decisions[i];
            finding->found.reason = NULL;
        }
    }
}

void scrim_api_request_bad(void *context, struct scrim_http_request *request)
{
    static const struct scrim_body_member members[] = {
        {"holder", SCRIM_BODY_JSON, offsetof(struct bad_report, holder), 0, false},
        {"vault", SCRIM_BODY_TEXT, offsetof(struct bad_report, vault), 2 * SCRIM_VAULT_ID + 1,
         true},
        {0},
    };
    struct scrim_desk *desk = context;
    const struct scrim_buf *body = scrim_http_body(request);
    struct bad_report report = {0};
    char name[32];
    struct finding finding = {.name = name};
    struct request_look looked;
    struct scrim_error error;
    unsigned given;
    if (!request_look(desk, request, true, &looked))
        return;
    const int result = scrim_body_parse(body->data, body->len, members, &report, &given, &error);
    const bool named = result >= 0 && name_holder(&report, name);
    json_decref(report.holder);
    if (!named) {
        scrim_api_refuse_words(request, 400, "malformed",
                               result < 0 ? error.text : "holder must be a holder's number.");
        return;
    }
    scrim_requests_see(desk->requests, looked.number, find_named, &finding);
    if (finding.found.holder == 0) {
        scrim_api_refuse(request, 404, "not_found", "This holder has not decided.");
        return;
    }
    struct request_step *step = request_step_new(desk, request, &looked.who, 200);
    if (scrim_requests_bad(desk->requests, looked.number, finding.found.vault, finding.found.holder,
                           looked.who.name, request_step_done, step))
        return;
    free(step);
    request_refuse_busy(request);
}

// --- the end ---

static void end(struct scrim_desk *desk, struct scrim_http_request *request,
                enum scrim_request_state state, const char *reason)
{
    struct request_look looked;
    if (!request_look(desk, request, true, &looked))
        return;
    struct request_step *step = request_step_new(desk, request, &looked.who, 200);
    if (scrim_requests_end(desk->requests, looked.number, state, looked.who.name, reason,
                           request_step_done, step))
        return;
    free(step);
    request_refuse_busy(request);
}

void scrim_api_request_withdraw(void *context, struct scrim_http_request *request)
{
    struct withdrawal {
        char reason[REASON_MAX + 1];
    } withdrawal = {0};
    static const struct scrim_body_member members[] = {
        {"reason", SCRIM_BODY_LINES, offsetof(struct withdrawal, reason), REASON_MAX + 1, false},
        {0},
    };
    const struct scrim_buf *body = scrim_http_body(request);
    struct scrim_error error;
    struct request_look looked;
    unsigned given;
    if (!request_look(context, request, true, &looked))
        return;
    if (scrim_body_parse(body->data, body->len, members, &withdrawal, &given, &error) < 0)
        scrim_api_refuse_words(request, 400, "malformed", error.text);
    else if (withdrawal.reason[strspn(withdrawal.reason, " \t\r\n")] == '\0')
        scrim_api_refuse(request, 400, "malformed", "reason: why is it withdrawn?");
    else
        end(context, request, SCRIM_REQUEST_WITHDRAWN, withdrawal.reason);
}

void scrim_api_request_end(void *context, struct scrim_http_request *request)
{
    end(context, request, SCRIM_REQUEST_ENDED, NULL);
}

// --- opening: the act, then scrim-opener, then the book ---

struct opening {
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    uint64_t number, act;
    int64_t until_us;
    struct scrim_buf keys;
};

static void free_opening(struct opening *opening)
{
    scrim_buf_finish(&opening->keys);
    free(opening);
}

static void on_noted(void *context, const struct scrim_request_told *told)
{
    struct opening *opening = context;
    struct scrim_buf text;
    scrim_buf_init(&text, 2 * HOUR_KEYS_MAX);
    if (told->status != 0)
        request_refuse(opening->request, told);
    else if (scrim_base64_append(&text, opening->keys.data, opening->keys.len) < 0 ||
             scrim_buf_append_u8(&text, 0) < 0)
        scrim_api_refuse(opening->request, 500, "internal", "There is no memory for the answer.");
    else
        scrim_http_reply_json(opening->request, 200,
                              json_pack("{s:s,s:I}", "hour_keys", (const char *)text.data,
                                        "until_ms", (json_int_t)(opening->until_us / 1000)));
    scrim_buf_finish(&text);
    free_opening(opening);
}

static void on_opened(void *context, const struct scrim_opener_told *told)
{
    struct opening *opening = context;
    struct scrim_desk *desk = opening->desk;
    if (told->code != SCRIM_OK) {
        scrim_acts_tell_failed(desk->acts, opening->act, told->why);
        request_refuse_opener(opening->request, told->code, told->why);
        free_opening(opening);
        return;
    }
    opening->until_us = told->until_us;
    scrim_buf_init(&opening->keys, HOUR_KEYS_MAX);
    if (scrim_buf_append(&opening->keys, told->bytes, told->count) >= 0 &&
        scrim_requests_opened(desk->requests, opening->number, opening->act, told->until_us,
                              on_noted, opening))
        return;
    request_refuse_busy(opening->request); // it is open; asking once more gives the same
    free_opening(opening);
}

static void on_logged(void *context, int result, uint64_t act, const struct scrim_error *error)
{
    struct opening *opening = context;
    struct scrim_error why;
    opening->act = act;
    if (result < 0) {
        scrim_api_refuse_words(opening->request, 500, "internal", error->text);
        free_opening(opening);
        return;
    }
    result =
        scrim_opener_side_open(opening->desk->opener, opening->number, on_opened, opening, &why);
    if (result >= 0)
        return;
    scrim_acts_tell_failed(opening->desk->acts, act, why.text);
    request_refuse_opener(opening->request, result, why.text);
    free_opening(opening);
}

static void ask_to_open(struct scrim_desk *desk, struct scrim_http_request *request,
                        const struct request_look *looked)
{
    char detail[sizeof looked->cameras + 64];
    struct opening *opening = scrim_new(struct opening);
    opening->desk = desk;
    opening->request = request;
    opening->number = looked->number;
    snprintf(detail, sizeof detail, "{\"number\":%" PRIu64 ",\"cameras\":[%s]}", looked->number,
             looked->cameras);
    const struct scrim_act act = {
        .who = looked->who.name, .what = "request.open", .detail = detail};
    if (scrim_acts_ask(desk->acts, &act, on_logged, opening) >= 0)
        return;
    request_refuse_busy(request);
    free_opening(opening);
}

void scrim_api_request_open(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct request_look looked;
    if (!request_look(desk, request, true, &looked))
        return;
    if (looked.state == SCRIM_REQUEST_APPROVED || looked.state == SCRIM_REQUEST_OPEN)
        ask_to_open(desk, request, &looked);
    else if (looked.state == SCRIM_REQUEST_WAITING)
        scrim_api_refuse(request, 409, "quorum", "Not enough holders have approved yet.");
    else
        scrim_api_refuse(request, 409, "over", "The request is over.");
}

// --- sealed segments ---

struct fetch {
    struct scrim_http_request *request;
    bool tail;
};

static void on_segment(void *context, const struct scrim_opener_told *told)
{
    struct fetch *fetch = context;
    struct scrim_opener_told mine = *told;
    int *wanted = fetch->tail ? &mine.tail_fd : &mine.fd;
    int *other = fetch->tail ? &mine.fd : &mine.tail_fd;
    if (told->code != SCRIM_OK)
        request_refuse_opener(fetch->request, told->code, told->why);
    else if (*wanted < 0)
        scrim_api_refuse(fetch->request, 404, "not_found", "This segment has no tail.");
    else
        scrim_http_reply_descriptor(fetch->request, *wanted, "application/octet-stream",
                                    fetch->tail ? 0 : told->file_bytes);
    if (told->code == SCRIM_OK)
        scrim_close_fd(other);
    free(fetch);
}

static void fetch(struct scrim_desk *desk, struct scrim_http_request *request, bool tail)
{
    struct request_look looked;
    struct scrim_error error;
    uint64_t index;
    if (!request_look_open(desk, request, &looked))
        return;
    if (!request_param(request, 1, 0, UINT32_MAX, &index) || index >= looked.segments) {
        scrim_api_refuse(request, 404, "not_found", "The request has no such segment.");
        return;
    }
    struct fetch *waiting = scrim_new(struct fetch);
    waiting->request = request;
    waiting->tail = tail;
    const int result = scrim_opener_side_segment(desk->opener, looked.number, (uint32_t)index,
                                                 on_segment, waiting, &error);
    if (result >= 0)
        return;
    request_refuse_opener(request, result, error.text);
    free(waiting);
}

void scrim_api_request_segment(void *context, struct scrim_http_request *request)
{
    fetch(context, request, false);
}

void scrim_api_request_tail(void *context, struct scrim_http_request *request)
{
    fetch(context, request, true);
}
