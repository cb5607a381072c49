#include "desk/api.h"

const struct scrim_http_route scrim_api_routes[] = {
    {.method = SCRIM_HTTP_POST,
     .pattern = "/api/v1/session",
     .right = SCRIM_RIGHT_NONE,
     .handler = scrim_api_sign_in,
     .about = "sign in"},
    {.method = SCRIM_HTTP_GET,
     .pattern = "/api/v1/session",
     .right = SCRIM_RIGHT_SESSION,
     .handler = scrim_api_session,
     .about = "who is signed in"},
    {.method = SCRIM_HTTP_DELETE,
     .pattern = "/api/v1/session",
     .right = SCRIM_RIGHT_SESSION,
     .handler = scrim_api_sign_out,
     .about = "sign out"},
    {.method = SCRIM_HTTP_GET,
     .pattern = "/api/v1/site",
     .right = SCRIM_RIGHT_SESSION,
     .handler = scrim_api_site,
     .about = "the site's name, and its clock"},
    {.method = SCRIM_HTTP_GET,
     .pattern = "/api/v1/health",
     .right = SCRIM_RIGHT_SESSION,
     .handler = scrim_api_health,
     .about = "which programs are connected, room on the disk"},
    {.method = SCRIM_HTTP_GET,
     .pattern = "/api/v1/cameras",
     .right = SCRIM_RIGHT_SESSION,
     .handler = scrim_api_cameras,
     .about = "all cameras and their state"},
    {.method = SCRIM_HTTP_GET,
     .pattern = "/api/v1/cameras/{camera}/timeline",
     .right = SCRIM_RIGHT_PAST,
     .handler = scrim_api_timeline,
     .about = "what was recorded, what was not, and why"},
    {.method = SCRIM_HTTP_GET,
     .pattern = "/api/v1/cameras/{camera}/recordings",
     .right = SCRIM_RIGHT_PAST,
     .handler = scrim_api_recordings,
     .about = "list of redacted files"},
    {.method = SCRIM_HTTP_GET,
     .pattern = "/api/v1/cameras/{camera}/recordings/{day}/{file}",
     .right = SCRIM_RIGHT_PAST,
     .handler = scrim_api_recording,
     .about = "one redacted file, in whole or by Range"},
    {.method = SCRIM_HTTP_GET,
     .pattern = "/api/v1/cameras/{camera}/live",
     .right = SCRIM_RIGHT_LIVE,
     .endpoint = &scrim_api_live,
     .about = "WebSocket: the redacted picture of now"},
};

const size_t scrim_api_routes_count = sizeof scrim_api_routes / sizeof *scrim_api_routes;

void scrim_api_refuse(struct scrim_http_request *request, int status, const char *code,
                      const char *text)
{
    const struct scrim_http_problem problem = {.status = status, .code = code, .text = text};
    scrim_http_reply_problem(request, &problem);
}
