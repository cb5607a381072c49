// Masks, zones and lines of a camera, over the API.
#include "desk/api.h"

#include "base/alloc.h"
#include "desk/areas.h"
#include "desk/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX (2U * SCRIM_AREA_SET_BYTES)

static int append_list(struct scrim_buf *out, const struct scrim_area *list, size_t count,
                       const char *from, bool *first)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < count && result >= 0; i++) {
        const struct scrim_area *area = &list[i];
        result = scrim_buf_printf(out, "%s{\"kind\":\"%s\",\"name\":", *first ? "" : ",",
                                  scrim_area_kind_text(area->kind));
        if (result >= 0)
            result = area->name[0] ? scrim_buf_printf(out, "\"%s\"", area->name)
                                   : scrim_buf_append_text(out, "null");
        if (result >= 0)
            result = scrim_buf_printf(out, ",\"from\":\"%s\",\"points\":", from);
        if (result >= 0)
            result = scrim_area_format_points(area, out);
        if (result >= 0)
            result = scrim_buf_append_text(out, "}");
        *first = false;
    }
    return result;
}

// Which file it is, is for those who can mend it.
static int append_problem(struct scrim_buf *out, const char *problem, bool may_mend)
{
    if (!problem[0])
        return scrim_buf_append_text(out, "null");
    json_t *string = json_string(
        may_mend ? problem : "what was drawn cannot be read; an administrator sees why");
    char *quoted = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
    const int result = scrim_buf_append_text(out, quoted ? quoted : "\"it is damaged\"");
    free(quoted);
    json_decref(string);
    return result;
}

static int format_areas(const struct scrim_desk *desk, unsigned camera, bool may_mend,
                        struct scrim_buf *out)
{
    const struct scrim_camera_config *config = &desk->site.config->cameras[camera];
    const struct scrim_area_set *drawn = scrim_areas_drawn(desk->areas, camera);
    bool first = true;
    int result = scrim_buf_printf(out, "{\"revision\":%llu,\"applied\":%s,\"problem\":",
                                  drawn ? (unsigned long long)drawn->revision : 0ULL,
                                  scrim_areas_applied(desk->areas, camera) ? "true" : "false");
    if (result >= 0)
        result = append_problem(out, scrim_areas_problem(desk->areas, camera), may_mend);
    if (result >= 0)
        result = scrim_buf_append_text(out, ",\"areas\":[");
    if (result >= 0)
        result = append_list(out, config->areas, config->areas_count, "scrim.yaml", &first);
    if (result >= 0 && drawn)
        result = append_list(out, drawn->list, drawn->count, "desk", &first);
    return result < 0 ? result : scrim_buf_append_text(out, "]}");
}

static void reply_areas(const struct scrim_desk *desk, unsigned camera, bool may_mend, int status,
                        struct scrim_http_request *request)
{
    struct scrim_buf answer;
    scrim_buf_init(&answer, ANSWER_MAX);
    if (format_areas(desk, camera, may_mend, &answer) >= 0)
        scrim_http_reply_text(request, status, &answer);
    else
        scrim_api_refuse(request, 500, "internal", "There is no memory for the answer.");
    scrim_buf_finish(&answer);
}

static bool find_camera(const struct scrim_desk *desk, struct scrim_http_request *request,
                        unsigned *ret)
{
    if (scrim_desk_camera(desk, scrim_http_param(request, 0), ret))
        return true;
    scrim_api_refuse(request, 404, "not_found", "There is no such camera.");
    return false;
}

void scrim_api_areas(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct scrim_who who;
    const bool may_mend =
        scrim_auth_who(desk, request, &who) && scrim_who_may(&who, SCRIM_RIGHT_AREAS);
    unsigned camera;
    if (find_camera(desk, request, &camera))
        reply_areas(desk, camera, may_mend, 200, request);
}

// --- changes ---

struct change {
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    unsigned camera;
};

static void on_changed(void *context, int result, const struct scrim_error *error)
{
    struct change *change = context;
    if (result >= 0)
        reply_areas(change->desk, change->camera, true, 200, change->request);
    else
        scrim_api_refuse_words(change->request, 500, "internal", error->text);
    free(change);
}

static void refuse_change(const struct scrim_desk *desk, unsigned camera, int code,
                          struct scrim_http_request *request)
{
    static const struct scrim_http_problem busy = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Another change is being written.",
                                                   .retry_after_s = 1};
    switch (code) {
    case SCRIM_EBUSY: scrim_http_reply_problem(request, &busy); break;
    case SCRIM_EFORMAT:
        scrim_api_refuse_words(request, 409, "damaged", scrim_areas_problem(desk->areas, camera));
        break;
    case SCRIM_EEXIST:
        scrim_api_refuse(request, 409, "fixed",
                         "This area stands in scrim.yaml, and only there it can be changed or "
                         "taken away.");
        break;
    case SCRIM_ENOENT: scrim_api_refuse(request, 404, "not_found", "There is no such area."); break;
    case SCRIM_ENOSPACE:
        scrim_api_refuse(request, 409, "too_many",
                         "A camera has at most 64 masks, zones and lines together.");
        break;
    default: scrim_api_refuse(request, 500, "internal", "The change cannot be made.");
    }
}

static void change_area(struct scrim_desk *desk, struct scrim_http_request *request,
                        unsigned camera, const struct scrim_area *area)
{
    struct scrim_who who;
    if (!scrim_auth_who(desk, request, &who)) { // it ended between the question and the answer
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
        return;
    }
    const struct scrim_area_change wanted = {
        .area = area, .name = scrim_http_param(request, 1), .user = who.name};
    struct change *change = scrim_new(struct change);
    *change = (struct change){desk, request, camera};
    scrim_info(&desk->log, "%s %s area %s of camera %s", who.name, area ? "draws" : "takes away",
               wanted.name, desk->site.config->cameras[camera].id);
    const int code = scrim_areas_change(desk->areas, camera, &wanted, on_changed, change);
    if (code >= 0)
        return;
    free(change);
    refuse_change(desk, camera, code, request);
}

void scrim_api_area_put(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct scrim_area area;
    struct scrim_error error;
    unsigned camera;
    if (!find_camera(desk, request, &camera))
        return;
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
        return;
    }
    const struct scrim_buf *body = scrim_http_body(request);
    if (scrim_area_parse(scrim_http_param(request, 1), body->data, body->len, &area, &error) < 0)
        scrim_api_refuse_words(request, 400, "malformed", error.text);
    else
        change_area(desk, request, camera, &area);
}

void scrim_api_area_delete(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    unsigned camera;
    if (find_camera(desk, request, &camera))
        change_area(desk, request, camera, NULL);
}
