// The API's description of itself.
#include "desk/api.h"

#include "desk/openapi.h"

#define DOCUMENT_MAX (1U << 20)

void scrim_api_openapi(void *context, struct scrim_http_request *request)
{
    const struct scrim_desk *desk = context;
    struct scrim_buf document;
    struct scrim_error error;
    scrim_buf_init(&document, DOCUMENT_MAX);
    if (scrim_openapi_write(scrim_api_routes, scrim_api_routes_count, &document, &error) >= 0) {
        scrim_http_reply_text(request, 200, &document);
    } else {
        scrim_error_log(&desk->log, "the description of the API: %s", error.text);
        scrim_api_refuse(request, 500, "internal", "The description cannot be made.");
    }
    scrim_buf_finish(&document);
}
