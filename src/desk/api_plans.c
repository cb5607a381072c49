// Plans of the site, and where the cameras stand on them, over the API.
#include "desk/api.h"

#include "base/alloc.h"
#include "desk/auth.h"
#include "desk/plans.h"

#include <stdlib.h>
#include <string.h>

void scrim_api_plans(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    json_t *list = scrim_plans_list(desk->plans);
    if (list)
        scrim_http_reply_json(request, 200, list);
    else
        scrim_api_refuse(request, 500, "internal", "There is no memory for the answer.");
}

void scrim_api_plan_image(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    char path[SCRIM_PATH_MAX];
    enum scrim_image_kind kind;
    if (scrim_plans_image(desk->plans, scrim_http_param(request, 0), path, &kind))
        scrim_http_reply_file(request, path, scrim_image_mime(kind));
    else
        scrim_api_refuse(request, 404, "not_found", "There is no such plan.");
}

// --- changes ---

struct change {
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    json_t *answer; // once it holds; NULL: 204
    int status;     // with the answer
};

static void free_change(struct change *change)
{
    json_decref(change->answer);
    free(change);
}

static void on_changed(void *context, int result, const struct scrim_error *error)
{
    struct change *change = context;
    if (result < 0)
        scrim_api_refuse_words(change->request, 500, "internal", error->text);
    else if (change->answer)
        scrim_http_reply_json(change->request, change->status, json_incref(change->answer));
    else
        scrim_http_reply_empty(change->request, 204);
    free_change(change);
}

static void refuse_change(const struct scrim_desk *desk, struct scrim_http_request *request,
                          int code)
{
    static const struct scrim_http_problem busy = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Another change is being written.",
                                                   .retry_after_s = 1};
    switch (code) {
    case SCRIM_EBUSY: scrim_http_reply_problem(request, &busy); break;
    case SCRIM_EFORMAT:
        scrim_api_refuse_words(request, 409, "damaged", scrim_plans_problem(desk->plans));
        break;
    case SCRIM_ENOENT:
        scrim_api_refuse(request, 404, "not_found", "There is no such plan, or no such place.");
        break;
    case SCRIM_ENOSPACE:
        scrim_api_refuse(request, 409, "too_many",
                         "There are as many plans or places as the desk keeps.");
        break;
    default: scrim_api_refuse(request, 500, "internal", "The change cannot be made.");
    }
}

// False when the session ended between the question and the answer; then that is the answer.
static bool is_known(struct scrim_desk *desk, struct scrim_http_request *request,
                     struct scrim_who *ret)
{
    const bool known = scrim_auth_who(desk, request, ret);
    if (!known)
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
    return known;
}

static struct change *change_begin(struct scrim_desk *desk, struct scrim_http_request *request)
{
    struct change *change = scrim_new(struct change);
    change->desk = desk;
    change->request = request;
    return change;
}

static void change_begun(struct change *change, int code)
{
    if (code >= 0)
        return;
    refuse_change(change->desk, change->request, code);
    free_change(change);
}

// The header that a page of another site cannot send without asking first, and a first hint of
// what comes; what counts is the content.
static bool says_picture(const struct scrim_http_request *request)
{
    const char *given = scrim_http_header(request, SCRIM_HEADER_CONTENT_TYPE);
    for (unsigned kind = 0; given && kind < SCRIM_IMAGE_KINDS; kind++)
        if (strcmp(given, scrim_image_mime((enum scrim_image_kind)kind)) == 0)
            return true;
    return false;
}

void scrim_api_plan_add(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const char *name = scrim_http_query(request, "name");
    const struct scrim_buf *body = scrim_http_body(request);
    struct scrim_plan_upload upload = {.name = name, .bytes = body->data, .count = body->len};
    struct scrim_error error;
    if (!says_picture(request)) {
        scrim_api_refuse(request, 415, "malformed",
                         "The body must be image/png, image/jpeg or image/webp.");
        return;
    }
    if (!name || !scrim_plan_name_valid(name)) {
        scrim_api_refuse(request, 400, "malformed", "name must be 1 to 96 bytes of text.");
        return;
    }
    if (scrim_image_header_parse(body->data, body->len, &upload.head, &error) < 0) {
        scrim_api_refuse_words(request, 400, "picture", error.text);
        return;
    }
    struct scrim_who who;
    if (!is_known(desk, request, &who))
        return;
    char id[SCRIM_PLAN_ID_TEXT] = "";
    struct change *change = change_begin(desk, request);
    const struct scrim_plans_answer answer = {on_changed, change};
    const int code = scrim_plans_add(desk->plans, who.name, &upload, id, answer);
    if (code >= 0) { // `done` comes with the next turn of the loop
        change->status = 201;
        change->answer = json_pack("{s:s,s:s,s:i,s:i}", "id", id, "name", name, "width",
                                   (int)upload.head.width, "height", (int)upload.head.height);
    }
    change_begun(change, code);
}

void scrim_api_plan_delete(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct scrim_who who;
    if (!is_known(desk, request, &who))
        return;
    struct change *change = change_begin(desk, request);
    const struct scrim_plans_answer answer = {on_changed, change};
    change_begun(change,
                 scrim_plans_remove(desk->plans, who.name, scrim_http_param(request, 0), answer));
}

static void put_place(struct scrim_desk *desk, struct scrim_http_request *request, json_t *place)
{
    unsigned camera;
    if (!scrim_desk_camera(desk, scrim_http_param(request, 0), &camera)) {
        scrim_api_refuse(request, 404, "not_found", "There is no such camera.");
        return;
    }
    struct scrim_who who;
    if (!is_known(desk, request, &who))
        return;
    struct change *change = change_begin(desk, request);
    const struct scrim_plans_answer answer = {on_changed, change};
    change->status = 200;
    change->answer = json_incref(place);
    change_begun(change, scrim_plans_put(desk->plans, who.name, scrim_http_param(request, 0), place,
                                         answer));
}

void scrim_api_place_put(void *context, struct scrim_http_request *request)
{
    const struct scrim_buf *body = scrim_http_body(request);
    struct scrim_error error;
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
        return;
    }
    json_t *place = json_loadb((const char *)body->data, body->len, JSON_REJECT_DUPLICATES, NULL);
    if (!place)
        scrim_api_refuse(request, 400, "malformed", "The body is no JSON.");
    else if (scrim_place_check(place, &error) < 0)
        scrim_api_refuse_words(request, 400, "malformed", error.text);
    else
        put_place(context, request, place);
    json_decref(place);
}

void scrim_api_place_delete(void *context, struct scrim_http_request *request)
{
    put_place(context, request, NULL);
}
