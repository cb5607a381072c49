// Headers and query of a request as our code reads them: cookie, origin, arguments. Lines of the
// input are Host, Origin, Cookie, and then one argument each.
#include "httpd/impl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void question(const struct scrim_http_request *request)
{
    char value[44], small[2];
    if (scrim_http_cookie(request, "__Host-scrim", value, sizeof value) &&
        (strlen(value) >= sizeof value || strchr(value, ';')))
        abort();
    if (scrim_http_cookie(request, "a", small, sizeof small) && strlen(small) >= sizeof small)
        abort();
    const char *origin = request->headers[SCRIM_HEADER_ORIGIN];
    if (origin && scrim_http_same_origin(request) && strncmp(origin, "https://", 8) != 0)
        abort();
    const char *from = scrim_http_query(request, "from");
    if (from && strlen(from) >= QUERY_ARG_MAX)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum scrim_http_header headers[] = {SCRIM_HEADER_HOST, SCRIM_HEADER_ORIGIN,
                                                     SCRIM_HEADER_COOKIE};
    char text[HEADER_VALUE_MAX];
    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';

    struct scrim_http_request request = {0};
    char *rest = text, *line;
    for (size_t n = 0; (line = strsep(&rest, "\n")) != NULL; n++) {
        if (n < sizeof headers / sizeof *headers)
            request.headers[headers[n]] = line;
        else if (request.args_count < QUERY_ARGS && strlen(line) < QUERY_ARG_MAX)
            request.args[request.args_count++] = line;
    }
    question(&request);
    return 0;
}
