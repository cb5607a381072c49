// A request path against the table of routes: what comes out as a parameter must not lead
// anywhere.
#include "desk/api.h"
#include "httpd/route.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct scrim_route_params *params)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    if (params->count > SCRIM_ROUTE_PARAMS)
        abort();
    for (size_t i = 0; i < params->count; i++) {
        const char *value = params->values[i];
        const size_t length = strnlen(value, sizeof params->values[i]);
        if (length == 0 || length > SCRIM_ROUTE_PARAM_MAX || value[0] == '.' ||
            strspn(value, letters) != length)
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[1024];
    if (size >= sizeof path)
        return 0;
    memcpy(path, data, size);
    path[size] = '\0';
    for (size_t i = 0; i < scrim_api_routes_count; i++) {
        struct scrim_route_params params = {0};
        if (scrim_route_match(scrim_api_routes[i].pattern, path, &params))
            check(&params);
    }
    return 0;
}
