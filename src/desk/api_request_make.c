// POST /requests: what is asked for, found by scrim-opener, and written into the book.
#include "desk/api.h"
#include "desk/api_requests.h"
#include "desk/opener_side.h"
#include "desk/past.h"
#include "people/body.h"

#include "base/alloc.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// Bytes: a line of the log of acts holds all of it.
#define REASON_MAX 1000
#define BASIS_MAX 200
#define EXPIRES_LEAST_S 60
#define EXPIRES_S (24 * 3600)
#define VIEW_S 3600

// As the body has it.
struct asked {
    struct scrim_names cameras;
    int64_t from_ms, to_ms;
    char purpose[16], reason[REASON_MAX + 1], legal_basis[BASIS_MAX + 1];
    char incident[SCRIM_REQUEST_INCIDENT_MAX + 1], recipient[SCRIM_REQUEST_KEY_MAX + 1];
    json_t *export_to, *expires, *view;
    int64_t expires_s, view_s;
};

static void finish_asked(struct asked *asked)
{
    scrim_names_finish(&asked->cameras);
    json_decref(asked->export_to);
    json_decref(asked->expires);
    json_decref(asked->view);
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static int take_seconds(const json_t *value, const char *name, int64_t least, int64_t most,
                        int64_t usual, int64_t *ret, struct scrim_error *error)
{
    *ret = value && !json_is_null(value) ? json_integer_value(value) : usual;
    return (value && !json_is_null(value) && !json_is_integer(value)) || *ret < least || *ret > most
               ? scrim_fail(error, SCRIM_EINVAL, "%s must be %lld to %lld seconds", name,
                            (long long)least, (long long)most)
               : SCRIM_OK;
}

static int check_recipients(const struct asked *asked, struct scrim_error *error)
{
    uint8_t ignored[32];
    const char *export_to = json_string_value(asked->export_to);
    if (scrim_age_recipient_parse(asked->recipient, ignored, NULL) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "recipient must be an age1… of one's own");
    if (asked->export_to && !json_is_null(asked->export_to) &&
        (!export_to || scrim_age_recipient_parse(export_to, ignored, NULL) < 0))
        return scrim_fail(error, SCRIM_EINVAL, "export_to must be an age1…, or null");
    return SCRIM_OK;
}

static int check_asked(struct asked *asked, struct scrim_error *error)
{
    if (asked->cameras.count == 0)
        return scrim_fail(error, SCRIM_EINVAL, "cameras: of which is it?");
    if (asked->from_ms >= asked->to_ms ||
        (asked->to_ms - asked->from_ms) * 1000 > SCRIM_REQUEST_SPAN_MAX_US)
        return scrim_fail(error, SCRIM_EINVAL, "from_ms must be before to_ms, by at most 31 days");
    if (!scrim_request_purpose_valid(asked->purpose))
        return scrim_fail(error, SCRIM_EINVAL, "purpose must be one of the list");
    if (is_blank(asked->reason))
        return scrim_fail(error, SCRIM_EINVAL, "reason: why shall it be opened?");
    int result = take_seconds(asked->expires, "expires_s", EXPIRES_LEAST_S,
                              SCRIM_REQUEST_EXPIRY_MAX_US / SCRIM_SECOND, EXPIRES_S,
                              &asked->expires_s, error);
    if (result >= 0)
        result = take_seconds(asked->view, "view_s", SCRIM_REQUEST_VIEW_MIN_S,
                              SCRIM_REQUEST_VIEW_MAX_S, VIEW_S, &asked->view_s, error);
    return result < 0 ? result : check_recipients(asked, error);
}

static int parse_asked(const struct scrim_http_request *request, struct asked *ret,
                       struct scrim_error *error)
{
    static const struct scrim_body_member members[] = {
        {"cameras", SCRIM_BODY_NAMES, offsetof(struct asked, cameras), SCRIM_REQUEST_CAMERAS_MAX,
         false},
        {"from_ms", SCRIM_BODY_TIME, offsetof(struct asked, from_ms), 0, false},
        {"to_ms", SCRIM_BODY_TIME, offsetof(struct asked, to_ms), 0, false},
        {"purpose", SCRIM_BODY_TEXT, offsetof(struct asked, purpose), sizeof ret->purpose, false},
        {"reason", SCRIM_BODY_LINES, offsetof(struct asked, reason), sizeof ret->reason, false},
        {"legal_basis", SCRIM_BODY_TEXT, offsetof(struct asked, legal_basis),
         sizeof ret->legal_basis, true},
        {"incident", SCRIM_BODY_TEXT, offsetof(struct asked, incident), sizeof ret->incident, true},
        {"recipient", SCRIM_BODY_TEXT, offsetof(struct asked, recipient), sizeof ret->recipient,
         false},
        {"export_to", SCRIM_BODY_JSON, offsetof(struct asked, export_to), 0, true},
        {"expires_s", SCRIM_BODY_JSON, offsetof(struct asked, expires), 0, true},
        {"view_s", SCRIM_BODY_JSON, offsetof(struct asked, view), 0, true},
        {0},
    };
    const struct scrim_buf *body = scrim_http_body(request);
    unsigned given;
    const int result = scrim_body_parse(body->data, body->len, members, ret, &given, error);
    return result < 0 ? result : check_asked(ret, error);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

// False: not there, or not theirs to see.
static bool check_cameras(struct scrim_desk *desk, const struct scrim_http_request *request,
                          const struct scrim_names *cameras)
{
    unsigned camera;
    for (size_t i = 0; i < cameras->count; i++)
        if (!scrim_desk_camera(desk, cameras->list[i], &camera) ||
            !scrim_desk_may(desk, request, camera))
            return false;
    return true;
}

// --- asking scrim-opener, then the book ---

struct making {
    struct request_step *step;
    struct scrim_request_wish wish;
};

static void free_making(struct making *making)
{
    scrim_buf_finish(&making->wish.segments);
    free(making);
}

static void give_up(struct making *making)
{
    free(making->step);
    free_making(making);
}

static void on_found(void *context, const struct scrim_opener_told *told)
{
    struct making *making = context;
    struct scrim_http_request *request = making->step->request;
    if (told->code != SCRIM_OK) {
        request_refuse_opener(request, told->code, told->why);
        give_up(making);
        return;
    }
    scrim_buf_init(&making->wish.segments, SCRIM_SEGMENTS_JSON_MAX);
    if (scrim_buf_append(&making->wish.segments, told->bytes, told->count) < 0) {
        scrim_api_refuse(request, 413, "too_much",
                         "So many recordings are too much for one "
                         "request. Ask for a shorter time.");
        give_up(making);
    } else if (scrim_requests_make(making->step->desk->requests, &making->wish, request_step_done,
                                   making->step)) {
        free_making(making);
    } else {
        request_refuse_busy(request);
        give_up(making);
    }
}

static void describe(const struct asked *asked, const struct scrim_who *who, const char *site,
                     struct scrim_request *ret)
{
    const char *export_to = json_string_value(asked->export_to);
    snprintf(ret->site, sizeof ret->site, "%s", site);
    snprintf(ret->who, sizeof ret->who, "%s", who->name);
    ret->cameras_count = asked->cameras.count;
    for (size_t i = 0; i < asked->cameras.count; i++)
        snprintf(ret->cameras[i], sizeof ret->cameras[i], "%s", asked->cameras.list[i]);
    ret->from_us = asked->from_ms * 1000;
    ret->to_us = asked->to_ms * 1000;
    snprintf(ret->purpose, sizeof ret->purpose, "%s", asked->purpose);
    snprintf(ret->reason, sizeof ret->reason, "%s", asked->reason);
    snprintf(ret->legal_basis, sizeof ret->legal_basis, "%s", asked->legal_basis);
    snprintf(ret->incident, sizeof ret->incident, "%s", asked->incident);
    snprintf(ret->recipient, sizeof ret->recipient, "%s", asked->recipient);
    snprintf(ret->export_to, sizeof ret->export_to, "%s", export_to ? export_to : "");
    ret->view_s = (uint32_t)asked->view_s;
}

static void submit(struct scrim_desk *desk, struct scrim_http_request *request,
                   const struct asked *asked)
{
    const char *names[SCRIM_REQUEST_CAMERAS_MAX];
    struct scrim_error error = {0};
    struct scrim_who who;
    if (!scrim_auth_who(desk, request, &who)) { // it ended between the question and the answer
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
        return;
    }
    struct making *making = scrim_new(struct making);
    making->step = request_step_new(desk, request, &who, 201);
    making->wish.expires_s = asked->expires_s;
    describe(asked, &who, desk->site.config->id, &making->wish.request);
    for (size_t i = 0; i < asked->cameras.count; i++)
        names[i] = asked->cameras.list[i];
    const int result =
        scrim_opener_side_find(desk->opener, names, asked->cameras.count, asked->from_ms * 1000,
                               asked->to_ms * 1000, on_found, making, &error);
    if (result >= 0)
        return;
    request_refuse_opener(request, result, error.text);
    give_up(making);
}

void scrim_api_request_make(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct asked asked = {0};
    struct scrim_error error = {0};
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
    } else if (parse_asked(request, &asked, &error) < 0) {
        scrim_api_refuse_words(request, 400, "malformed", error.text);
    } else if (!check_cameras(desk, request, &asked.cameras)) {
        past_refuse_camera(request);
    } else {
        qsort(asked.cameras.list, asked.cameras.count, sizeof *asked.cameras.list, by_name);
        submit(desk, request, &asked);
    }
    finish_asked(&asked);
}
