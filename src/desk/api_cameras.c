// Cameras that administrators add, change and take away. What scrim.yaml has is shown, and stays as
// it is.
#include "desk/api.h"

#include "base/alloc.h"
#include "desk/auth.h"
#include "desk/cameras.h"

#include <stdlib.h>
#include <string.h>

struct waiting {
    struct scrim_desk *desk;
    struct scrim_http_request *request;
    char id[SCRIM_CAMERA_ID_MAX + 1];
};

static void refuse_field(struct scrim_http_request *request, const char *field, const char *text)
{
    json_t *answer = json_pack("{s:{s:s,s:s,s:o}}", "error", "code", "malformed", "text", text,
                               "field", field[0] ? json_string(field) : json_null());
    if (answer)
        scrim_http_reply_json(request, 400, answer);
    else
        scrim_api_refuse(request, 500, "internal", "There is no memory for the answer.");
}

static void on_done(void *context, const struct scrim_cameras_outcome *outcome)
{
    struct waiting *waiting = context;
    const struct scrim_camera_config *camera =
        scrim_cameras_find(waiting->desk->cameras, waiting->id);
    if (outcome->code[0])
        scrim_api_refuse_words(waiting->request, outcome->status, outcome->code, outcome->text);
    else if (camera)
        scrim_http_reply_json(waiting->request, outcome->status, scrim_camera_config_json(camera));
    else
        scrim_http_reply_empty(waiting->request, 204);
    free(waiting);
}

// Takes `wish` over.
static void change(struct scrim_desk *desk, struct scrim_http_request *request, const char *id,
                   struct scrim_camera_wish *wish, bool is_new)
{
    static const struct scrim_http_problem busy = {.status = 503,
                                                   .code = "overload",
                                                   .text = "Another camera is being changed.",
                                                   .retry_after_s = 1};
    struct scrim_who who;
    const bool known = scrim_auth_who(desk, request, &who);
    struct waiting *waiting = scrim_new(struct waiting);
    *waiting = (struct waiting){.desk = desk, .request = request};
    memcpy(waiting->id, id, strlen(id) + 1); // it is valid: at most 31 characters
    const struct scrim_cameras_change wanted = {
        .id = id, .who = known ? who.name : "", .wish = wish, .is_new = is_new};
    int result = known ? SCRIM_OK : SCRIM_EAUTH;
    if (result >= 0)
        result = scrim_cameras_change(desk->cameras, &wanted, on_done, waiting);
    if (result >= 0)
        return;
    free(waiting);
    if (known)
        scrim_http_reply_problem(request, &busy);
    else // it ended between the question and the answer
        scrim_api_refuse(request, 401, "auth", "Sign in first.");
}

// False, and the request is answered, if the body cannot be such a camera.
static bool read_wish(struct scrim_http_request *request, const struct scrim_camera_config *before,
                      struct scrim_camera_wish *ret)
{
    const struct scrim_buf *body = scrim_http_body(request);
    char field[SCRIM_CAMERA_FIELD];
    struct scrim_error error;
    if (!scrim_auth_is_json(request)) {
        scrim_api_refuse(request, 415, "malformed", "The body must be application/json.");
        return false;
    }
    if (scrim_camera_wish_parse(before, body->data, body->len, ret, field, &error) >= 0)
        return true;
    refuse_field(request, field, error.text);
    return false;
}

void scrim_api_camera_add(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    struct scrim_camera_wish wish = {0};
    char id[SCRIM_CAMERA_ID_MAX + 1];
    if (!read_wish(request, NULL, &wish))
        return;
    memcpy(id, wish.camera->id, strlen(wish.camera->id) + 1);
    if (scrim_cameras_find(desk->cameras, id))
        scrim_api_refuse(request, 409, "exists", "There is a camera with this id already.");
    else
        change(desk, request, id, &wish, true);
    scrim_camera_wish_finish(&wish);
}

// The camera of the path, if it may be changed; NULL, and the request is answered, if not.
static const struct scrim_camera_config *changeable(const struct scrim_desk *desk,
                                                    struct scrim_http_request *request)
{
    const struct scrim_camera_config *camera =
        scrim_cameras_find(desk->cameras, scrim_http_param(request, 0));
    if (camera && camera->added)
        return camera;
    if (camera)
        scrim_api_refuse(request, 409, "fixed",
                         "This camera stands in scrim.yaml, and only there it can be changed or "
                         "taken away.");
    else
        scrim_api_refuse(request, 404, "not_found", "There is no such camera.");
    return NULL;
}

void scrim_api_camera_change(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_camera_config *before = changeable(desk, request);
    struct scrim_camera_wish wish = {0};
    char id[SCRIM_CAMERA_ID_MAX + 1];
    if (!before || !read_wish(request, before, &wish))
        return;
    memcpy(id, wish.camera->id, strlen(wish.camera->id) + 1);
    change(desk, request, id, &wish, false);
    scrim_camera_wish_finish(&wish);
}

void scrim_api_camera_remove(void *context, struct scrim_http_request *request)
{
    struct scrim_desk *desk = context;
    const struct scrim_camera_config *before = changeable(desk, request);
    char id[SCRIM_CAMERA_ID_MAX + 1];
    if (!before)
        return;
    memcpy(id, before->id, strlen(before->id) + 1);
    change(desk, request, id, NULL, false);
}

void scrim_api_camera_config(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    const struct scrim_camera_config *camera =
        scrim_cameras_find(desk->cameras, scrim_http_param(request, 0));
    if (camera)
        scrim_http_reply_json(request, 200, scrim_camera_config_json(camera));
    else
        scrim_api_refuse(request, 404, "not_found", "There is no such camera.");
}
