// Requests: lists, one of them, and its documents.
#include "desk/api_requests.h"

#include "desk/api.h"
#include "desk/past.h"

#include "base/alloc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_MAX 500

// --- answers ---

void request_refuse(struct scrim_http_request *request, const struct scrim_request_told *told)
{
    scrim_api_refuse_words(request, told->status, told->code, told->text);
}

void request_refuse_busy(struct scrim_http_request *request)
{
    static const struct scrim_http_problem busy = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Too much waits to be written.",
                                                   .retry_after_s = 1};
    scrim_http_reply_problem(request, &busy);
}

void request_refuse_opener(struct scrim_http_request *request, int code, const char *why)
{
    static const struct {
        int code, status;
        const char *name;
    } table[] = {
        {SCRIM_ENOENT, 409, "empty"},     {SCRIM_EEND, 410, "shredded"},
        {SCRIM_EAUTH, 409, "altered"},    {SCRIM_EACCESS, 409, "quorum"},
        {SCRIM_ETIMEOUT, 409, "over"},    {SCRIM_ECANCEL, 409, "over"},
        {SCRIM_EBUSY, 503, "overload"},   {SCRIM_ENETWORK, 503, "no_opener"},
        {SCRIM_EINVAL, 400, "malformed"},
    };
    char words[512];
    snprintf(words, sizeof words, "%s%s", why, why[0] && why[strlen(why) - 1] == '.' ? "" : ".");
    words[0] = (char)toupper((unsigned char)words[0]);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (table[i].code == code) {
            scrim_api_refuse_words(request, table[i].status, table[i].name, words);
            return;
        }
    }
    scrim_api_refuse_words(request, 500, "internal", words);
}

struct shown {
    const struct scrim_desk *desk;
    const struct scrim_who *who;
    int64_t now_us;
    json_t *json;
};

static void show(void *context, const struct scrim_request_entry *entry)
{
    struct shown *shown = context;
    if (request_visible(shown->desk, shown->who, entry))
        shown->json = request_json(shown->desk, shown->who, entry, shown->now_us);
}

struct request_step *request_step_new(struct scrim_desk *desk, struct scrim_http_request *request,
                                      const struct scrim_who *who, int status)
{
    struct request_step *step = scrim_new(struct request_step);
    *step = (struct request_step){.desk = desk, .request = request, .who = *who, .status = status};
    return step;
}

void request_step_done(void *context, const struct scrim_request_told *told)
{
    struct request_step *step = context;
    struct shown shown = {
        .desk = step->desk, .who = &step->who, .now_us = scrim_requests_now(step->desk->requests)};
    if (told->status == 0)
        scrim_requests_see(step->desk->requests, told->number, show, &shown);
    if (told->status != 0)
        request_refuse(step->request, told);
    else if (shown.json)
        scrim_http_reply_json(step->request, step->status, shown.json);
    else // done, and not theirs to see any more
        scrim_http_reply_empty(step->request, 204);
    free(step);
}

// --- looking ---

bool request_param(const struct scrim_http_request *request, size_t index, uint64_t least,
                   uint64_t most, uint64_t *ret)
{
    int64_t number;
    if (!past_parse_number(scrim_http_param(request, index), (int64_t)least, (int64_t)most,
                           &number))
        return false;
    *ret = (uint64_t)number;
    return true;
}

struct looking {
    const struct scrim_desk *desk;
    struct request_look *look;
    bool visible;
};

static void look(void *context, const struct scrim_request_entry *entry)
{
    struct looking *looking = context;
    struct request_look *ret = looking->look;
    const struct scrim_request *request = &entry->request;
    size_t used = 0;
    looking->visible = request_visible(looking->desk, &ret->who, entry);
    ret->own = request_is_own(&ret->who, entry);
    ret->state = scrim_request_state(entry, scrim_requests_now(looking->desk->requests));
    ret->segments = request->segments;
    for (size_t i = 0; i < request->cameras_count && used < sizeof ret->cameras; i++)
        used += (size_t)snprintf(ret->cameras + used, sizeof ret->cameras - used, "%s\"%s\"",
                                 i ? "," : "", request->cameras[i]);
}

bool request_look(struct scrim_desk *desk, struct scrim_http_request *request, bool own,
                  struct request_look *ret)
{
    struct looking looking = {.desk = desk, .look = ret};
    *ret = (struct request_look){0};
    if (!scrim_auth_who(desk, request, &ret->who)) {
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
        return false;
    }
    ret->who.session = NULL;
    if (!request_param(request, 0, 1, SCRIM_REQUEST_NUMBER_MAX, &ret->number) ||
        !scrim_requests_see(desk->requests, ret->number, look, &looking) || !looking.visible) {
        scrim_api_refuse(request, 404, "not_found", "There is no such request.");
        return false;
    }
    if (own && !ret->own)
        scrim_api_refuse(request, 403, "not_yours", "Only who made the request may do that.");
    return !own || ret->own;
}

bool request_look_open(struct scrim_desk *desk, struct scrim_http_request *request,
                       struct request_look *ret)
{
    if (!request_look(desk, request, true, ret))
        return false;
    if (ret->state != SCRIM_REQUEST_OPEN)
        scrim_api_refuse(request, 409, "not_open", "The request is not open.");
    return ret->state == SCRIM_REQUEST_OPEN;
}

// --- the list, and one ---

struct listing {
    const struct scrim_desk *desk;
    struct scrim_who who;
    const char *states; // of the query; NULL: all
    int64_t before;     // 0: all
    int64_t now_us;
    json_t *list;
};

static void list_one(void *context, const struct scrim_request_entry *entry)
{
    struct listing *listing = context;
    const char *state = scrim_request_state_text(scrim_request_state(entry, listing->now_us));
    if (json_array_size(listing->list) < LIST_MAX && past_list_has(listing->states, state) &&
        (listing->before == 0 || entry->request.number < (uint64_t)listing->before) &&
        request_visible(listing->desk, &listing->who, entry))
        json_array_append_new(listing->list,
                              request_json(listing->desk, &listing->who, entry, listing->now_us));
}

void scrim_api_requests(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const char *before = scrim_http_query(request, "before");
    struct listing listing = {.desk = desk, .states = scrim_http_query(request, "state")};
    if (before && !past_parse_number(before, 1, SCRIM_REQUEST_NUMBER_MAX, &listing.before)) {
        scrim_api_refuse(request, 400, "malformed", "before must be the number of a request.");
        return;
    }
    if (!scrim_auth_who(desk, request, &listing.who)) {
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
        return;
    }
    listing.now_us = scrim_requests_now(desk->requests);
    listing.list = json_array();
    scrim_requests_each(desk->requests, list_one, &listing);
    scrim_http_reply_json(request, 200, listing.list);
}

void scrim_api_request(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct request_look looked;
    if (!request_look(desk, request, false, &looked))
        return;
    const struct scrim_request_told told = {.number = looked.number};
    request_step_done(request_step_new(desk, request, &looked.who, 200), &told);
}

// --- documents ---

static void reply_document(struct scrim_desk *desk, struct scrim_http_request *request,
                           const struct request_look *looked, const char *file)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_requests_path(desk->requests, looked->number, file, path) < 0)
        scrim_api_refuse(request, 500, "internal", "The path is too long.");
    else
        scrim_http_reply_file(request, path, "application/octet-stream");
}

void scrim_api_request_document(void *context, struct scrim_http_request *request)
{
    struct request_look looked;
    if (request_look(context, request, false, &looked))
        reply_document(context, request, &looked, "request.json");
}

void scrim_api_request_segments(void *context, struct scrim_http_request *request)
{
    struct request_look looked;
    if (request_look(context, request, false, &looked))
        reply_document(context, request, &looked, "segments.json");
}

struct wanted_decision {
    const char *name; // "3", or "0a1b2c3d-3" where a request is about several vaults
    char file[64];    // "": there is none
};

static void find_decision(void *context, const struct scrim_request_entry *entry)
{
    struct wanted_decision *wanted = context;
    for (size_t i = 0; i < entry->decisions_count && !wanted->file[0]; i++)
        if (request_decision_named(&entry->decisions[i], wanted->name))
            scrim_request_file_of("decision", entry->decisions[i].vault, entry->decisions[i].holder,
                                  wanted->file);
}

void scrim_api_request_decision(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct wanted_decision wanted = {.name = scrim_http_param(request, 1)};
    struct request_look looked;
    if (!request_look(desk, request, true, &looked))
        return;
    scrim_requests_see(desk->requests, looked.number, find_decision, &wanted);
    if (wanted.file[0])
        reply_document(desk, request, &looked, wanted.file);
    else
        scrim_api_refuse(request, 404, "not_found", "This holder has not decided.");
}
