// What a break of glass shows: the sealed segments of a camera, as they lie on the disk, also the
// one that grows and its tail. scrim-opener sees to which, and until when; the desk to whom.
#include "desk/api.h"
#include "desk/auth.h"
#include "desk/glass_side.h"
#include "desk/opener_side.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SEALED_MIME "application/octet-stream"

struct wanted {
    struct scrim_http_request *request;
    bool tail;
};

static void refuse(struct scrim_http_request *request, int code, const char *why)
{
    switch (code) {
    case SCRIM_ENOENT: scrim_api_refuse_words(request, 404, "not_found", why); break;
    case SCRIM_ETIMEOUT: scrim_api_refuse_words(request, 410, "glass_over", why); break;
    case SCRIM_EBUSY:
    case SCRIM_ENETWORK: scrim_api_refuse_words(request, 503, "glass_not_ready", why); break;
    default: scrim_api_refuse_words(request, 500, "internal", why);
    }
}

// Only whoever broke it looks, and only while it is broken.
static bool is_theirs(struct scrim_desk *desk, struct scrim_http_request *request)
{
    const char *by = scrim_glass_side_operator(desk->glass);
    struct scrim_who who;
    if (by && scrim_auth_who(desk, request, &who) && who.session && strcmp(by, who.name) == 0)
        return true;
    scrim_api_refuse(request, 410, "glass_over", "You have broken no glass, or it is over.");
    return false;
}

// ---- Which there are.

// What scrim-opener says, in the API's own words.
static json_t *list_json(const struct scrim_opener_told *told)
{
    json_t *said = json_loadb(told->bytes, told->count, JSON_REJECT_DUPLICATES, NULL);
    const json_t *segments = json_object_get(said, "segments");
    json_t *list = json_is_array(segments) ? json_array() : NULL;
    for (size_t i = 0; list && i < json_array_size(segments); i++) {
        const char *name;
        json_int_t start_us, end_us, bytes;
        if (json_unpack(json_array_get(segments, i), "{s:s,s:I,s:I,s:I}", "name", &name, "start_us",
                        &start_us, "end_us", &end_us, "bytes", &bytes) < 0) {
            json_decref(list);
            list = NULL;
            break;
        }
        json_array_append_new(list, json_pack("{s:s,s:I,s:o,s:I}", "name", name, "start_ms",
                                              start_us / 1000, "end_ms",
                                              end_us ? json_integer(end_us / 1000) : json_null(),
                                              "bytes", bytes));
    }
    json_decref(said);
    return list;
}

static void on_list(void *context, const struct scrim_opener_told *told)
{
    struct wanted *wanted = context;
    json_t *list = told->code < 0 ? NULL : list_json(told);
    if (list)
        scrim_http_reply_json(wanted->request, 200, list);
    else
        refuse(wanted->request, told->code < 0 ? told->code : SCRIM_EINTERNAL,
               told->code < 0 ? told->why : "The answer of scrim-opener cannot be read.");
    free(wanted);
}

void scrim_api_glass_segments(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct scrim_error error;
    if (!is_theirs(desk, request))
        return;
    struct wanted *wanted = scrim_new(struct wanted);
    wanted->request = request;
    const int asked = scrim_opener_side_glass_list(desk->opener, scrim_http_param(request, 0),
                                                   on_list, wanted, &error);
    if (asked >= 0)
        return;
    refuse(request, asked, error.text);
    free(wanted);
}

// ---- One of them.

static void on_segment(void *context, const struct scrim_opener_told *told)
{
    struct wanted *wanted = context;
    const int chosen = wanted->tail ? told->tail_fd : told->fd;
    const int other = wanted->tail ? told->fd : told->tail_fd;
    if (other >= 0)
        close(other);
    if (told->code < 0)
        refuse(wanted->request, told->code, told->why);
    else if (chosen < 0)
        scrim_api_refuse(wanted->request, 404, "not_found", "It has no tail.");
    else
        scrim_http_reply_descriptor(wanted->request, chosen, SEALED_MIME, 0);
    free(wanted);
}

static void send_segment(struct scrim_desk *desk, struct scrim_http_request *request, bool tail)
{
    struct scrim_error error;
    if (!is_theirs(desk, request))
        return;
    struct wanted *wanted = scrim_new(struct wanted);
    wanted->request = request;
    wanted->tail = tail;
    const int asked =
        scrim_opener_side_glass_segment(desk->opener, scrim_http_param(request, 0),
                                        scrim_http_param(request, 1), on_segment, wanted, &error);
    if (asked >= 0)
        return;
    refuse(request, asked, error.text);
    free(wanted);
}

void scrim_api_glass_segment(void *context, struct scrim_http_request *request)
{
    send_segment(context, request, false);
}

void scrim_api_glass_tail(void *context, struct scrim_http_request *request)
{
    send_segment(context, request, true);
}
