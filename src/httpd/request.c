// Requests: out of libwebsockets' header table into a struct of our own, and to their route.
#include "base/alloc.h"
#include "httpd/impl.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    enum lws_token_indexes token;
    enum scrim_http_method method;
} methods[] = {
    {WSI_TOKEN_GET_URI, SCRIM_HTTP_GET},         {WSI_TOKEN_HEAD_URI, SCRIM_HTTP_GET},
    {WSI_TOKEN_POST_URI, SCRIM_HTTP_POST},       {WSI_TOKEN_PUT_URI, SCRIM_HTTP_PUT},
    {WSI_TOKEN_PATCH_URI, SCRIM_HTTP_PATCH},     {WSI_TOKEN_DELETE_URI, SCRIM_HTTP_DELETE},
    {WSI_TOKEN_OPTIONS_URI, SCRIM_HTTP_OPTIONS},
};

const char *scrim_http_method_text(enum scrim_http_method method)
{
    static const char *const names[] = {
        [SCRIM_HTTP_GET] = "GET",       [SCRIM_HTTP_POST] = "POST",
        [SCRIM_HTTP_PUT] = "PUT",       [SCRIM_HTTP_PATCH] = "PATCH",
        [SCRIM_HTTP_DELETE] = "DELETE", [SCRIM_HTTP_OPTIONS] = "OPTIONS",
    };
    return names[method];
}

static struct scrim_http_problem malformed(int status, const char *text)
{
    return (struct scrim_http_problem){.status = status, .code = "malformed", .text = text};
}

// To libwebsockets 4.1 a %0a or %0d in the address ends the line, decoded, and what follows is a
// header: anybody's who makes a link. It reads no version then, and we refuse the request.
static bool has_version(struct lws *wsi)
{
    char version[16];
    const int length = lws_hdr_copy(wsi, version, sizeof version, WSI_TOKEN_HTTP);
    return length > 0 && (strcmp(version, "HTTP/1.1") == 0 || strcmp(version, "HTTP/1.0") == 0);
}

// Method and path. The path comes percent-decoded and with "." and ".." resolved.
static bool read_line(struct scrim_http_request *request, struct lws *wsi,
                      struct scrim_http_problem *problem)
{
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        const int length = lws_hdr_total_length(wsi, methods[i].token);
        if (length <= 0)
            continue;
        request->method = methods[i].method;
        request->head = methods[i].token == WSI_TOKEN_HEAD_URI;
        const int copied = lws_hdr_copy(wsi, request->path, sizeof request->path, methods[i].token);
        if (copied < 0)
            *problem = malformed(414, "the path is too long");
        else if (strlen(request->path) != (size_t)copied || request->path[0] != '/' ||
                 !has_version(wsi))
            *problem = malformed(400, "the path is malformed");
        return problem->status == 0;
    }
    *problem = malformed(405, "this method is not supported");
    return false;
}

static bool read_args(struct scrim_http_request *request, struct lws *wsi,
                      struct scrim_http_problem *problem)
{
    for (int i = 0; lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++) {
        char arg[QUERY_ARG_MAX];
        const int length = lws_hdr_copy_fragment(wsi, arg, sizeof arg, WSI_TOKEN_HTTP_URI_ARGS, i);
        if (length < 0 || request->args_count == QUERY_ARGS || strlen(arg) != (size_t)length) {
            *problem = malformed(400, "the query is malformed or too long");
            return false;
        }
        request->args[request->args_count++] = scrim_strdup(arg);
    }
    return true;
}

// A header libwebsockets knows, into `*ret`; absent is fine.
static bool copy_token(struct lws *wsi, enum lws_token_indexes token, char **ret)
{
    char value[HEADER_VALUE_MAX];
    const int length = lws_hdr_copy(wsi, value, sizeof value, token);
    if (length > 0)
        *ret = scrim_strdup(value);
    sodium_memzero(value, sizeof value); // it may be a session cookie or a token
    return length >= 0;
}

static bool copy_csrf(struct lws *wsi, char **ret)
{
    static const char name[] = "x-csrf:";
    char value[128];
    const int length = lws_hdr_custom_length(wsi, name, sizeof name - 1);
    if (length <= 0)
        return true;
    if (lws_hdr_custom_copy(wsi, value, sizeof value, name, sizeof name - 1) < 0)
        return false;
    *ret = scrim_strdup(value);
    sodium_memzero(value, sizeof value);
    return true;
}

static bool read_headers(struct scrim_http_request *request, struct lws *wsi,
                         struct scrim_http_problem *problem)
{
    static const struct {
        enum lws_token_indexes token;
        enum scrim_http_header header;
    } wanted[] = {
        {WSI_TOKEN_HOST, SCRIM_HEADER_HOST},
        {WSI_TOKEN_ORIGIN, SCRIM_HEADER_ORIGIN},
        {WSI_TOKEN_HTTP_COOKIE, SCRIM_HEADER_COOKIE},
        {WSI_TOKEN_HTTP_CONTENT_TYPE, SCRIM_HEADER_CONTENT_TYPE},
        {WSI_TOKEN_HTTP_RANGE, SCRIM_HEADER_RANGE},
        {WSI_TOKEN_HTTP_AUTHORIZATION, SCRIM_HEADER_AUTHORIZATION},
        {WSI_TOKEN_HTTP_USER_AGENT, SCRIM_HEADER_USER_AGENT},
        {WSI_TOKEN_HTTP_IF_RANGE, SCRIM_HEADER_IF_RANGE},
        {WSI_TOKEN_HTTP_IF_NONE_MATCH, SCRIM_HEADER_IF_NONE_MATCH},
    };
    bool fits = copy_csrf(wsi, &request->headers[SCRIM_HEADER_CSRF]);
    for (size_t i = 0; fits && i < sizeof wanted / sizeof *wanted; i++)
        fits = copy_token(wsi, wanted[i].token, &request->headers[wanted[i].header]);
    if (!fits)
        *problem = malformed(431, "a header is too long");
    else if (!request->headers[SCRIM_HEADER_HOST])
        *problem = malformed(400, "there is no Host header");
    return problem->status == 0;
}

// How much body follows (RFC 9112 §6). We take Content-Length only: one clear length, no chunks.
static bool read_length(struct scrim_http_request *request, struct lws *wsi,
                        struct scrim_http_problem *problem)
{
    char text[24];
    const int length = lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH);
    const bool may_have_body =
        request->method != SCRIM_HTTP_GET && request->method != SCRIM_HTTP_DELETE;
    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0) {
        *problem = malformed(501, "only bodies with a Content-Length are taken");
    } else if (length == 0 && may_have_body && request->method != SCRIM_HTTP_OPTIONS) {
        *problem = malformed(411, "there is no Content-Length");
    } else if (length < 0 || strspn(text, "0123456789") != strlen(text)) {
        *problem = malformed(400, "the Content-Length is malformed");
    } else if (length > 0) {
        request->body_expected = strtoull(text, NULL, 10);
        if (request->body_expected > 0 && !may_have_body)
            *problem = malformed(400, "this method takes no body");
    }
    return problem->status == 0;
}

struct scrim_http_request *request_read(struct conn *conn, struct scrim_http_problem *ret_problem)
{
    struct scrim_http_request *request = scrim_new(struct scrim_http_request);
    request->httpd = conn->httpd;
    request->conn = conn;
    scrim_buf_init(&request->body, 0); // the route says how much it takes
    scrim_buf_init(&request->extra, EXTRA_HEADERS_MAX);
    memcpy(request->peer, conn->peer, sizeof request->peer);

    *ret_problem = (struct scrim_http_problem){0};
    const bool fine = read_line(request, conn->wsi, ret_problem) &&
                      read_args(request, conn->wsi, ret_problem) &&
                      read_headers(request, conn->wsi, ret_problem) &&
                      read_length(request, conn->wsi, ret_problem);
    request->broken = !fine; // what follows on the wire cannot be trusted
    return request;
}

void request_free(struct scrim_http_request *request)
{
    if (!request)
        return;
    for (size_t i = 0; i < request->args_count; i++)
        free(request->args[i]);
    for (size_t i = 0; i < SCRIM_HEADER_COUNT; i++) {
        if (request->headers[i])
            sodium_memzero(request->headers[i], strlen(request->headers[i]));
        free(request->headers[i]);
    }
    scrim_buf_finish_wipe(&request->body);  // may hold a password
    scrim_buf_finish_wipe(&request->extra); // may hold a session cookie
    free(request);
}

static struct scrim_http_problem not_found(void)
{
    return (struct scrim_http_problem){
        .status = 404, .code = "not_found", .text = "there is nothing at this address"};
}

// Only a request that may enter its route is told what that takes.
static bool body_fits(struct scrim_http_request *request, struct scrim_http_problem *ret)
{
    const size_t max = request->route->body_max ? request->route->body_max : SCRIM_HTTP_BODY_MAX;
    if (request->body_expected > max) {
        *ret = malformed(413, "the body is too large");
        return false;
    }
    request->body.max = max;
    return true;
}

bool request_route(struct scrim_http_request *request, bool upgrade, struct scrim_http_problem *ret)
{
    const struct scrim_httpd_config *config = &request->httpd->config;
    bool path_exists = false;
    for (size_t i = 0; i < config->routes_count && !request->route; i++) {
        if (!scrim_route_match(config->routes[i].pattern, request->path, &request->params))
            continue;
        path_exists = true;
        if (config->routes[i].method == request->method)
            request->route = &config->routes[i];
    }
    if (!request->route) {
        *ret =
            path_exists ? malformed(405, "this method does not work at this address") : not_found();
        return false;
    }
    if (!config->admit(config->context, request, request->route, ret))
        return false;
    if (upgrade == (request->route->endpoint != NULL))
        return body_fits(request, ret);
    *ret = upgrade ? malformed(400, "this address is no WebSocket")
                   : malformed(426, "this address is a WebSocket");
    return false;
}

const struct scrim_asset *request_asset(const struct scrim_http_request *request)
{
    if (request->method != SCRIM_HTTP_GET)
        return NULL;
    return scrim_assets_find(request->httpd->config.assets, request->path);
}

const char *scrim_http_header(const struct scrim_http_request *request,
                              enum scrim_http_header header)
{
    return request->headers[header];
}

const char *scrim_http_param(const struct scrim_http_request *request, size_t index)
{
    return index < request->params.count ? request->params.values[index] : "";
}

const char *scrim_http_query(const struct scrim_http_request *request, const char *name)
{
    const size_t length = strlen(name);
    for (size_t i = 0; i < request->args_count; i++)
        if (strncmp(request->args[i], name, length) == 0 && request->args[i][length] == '=')
            return request->args[i] + length + 1;
    return NULL;
}

const struct scrim_buf *scrim_http_body(const struct scrim_http_request *request)
{
    return &request->body;
}

const char *scrim_http_peer(const struct scrim_http_request *request)
{
    return request->peer;
}

bool scrim_http_cookie(const struct scrim_http_request *request, const char *name, char *ret,
                       size_t ret_size)
{
    const char *at = request->headers[SCRIM_HEADER_COOKIE];
    const size_t name_length = strlen(name);
    while (at && *at) {
        at += strspn(at, " ;");
        const size_t length = strcspn(at, ";");
        if (length > name_length && strncmp(at, name, name_length) == 0 && at[name_length] == '=') {
            const size_t value_length = length - name_length - 1;
            if (value_length >= ret_size)
                return false;
            memcpy(ret, at + name_length + 1, value_length);
            ret[value_length] = '\0';
            return true;
        }
        at += length;
    }
    return false;
}

bool scrim_http_same_origin(const struct scrim_http_request *request)
{
    static const char scheme[] = "https://";
    const char *origin = request->headers[SCRIM_HEADER_ORIGIN];
    const char *host = request->headers[SCRIM_HEADER_HOST];
    return !origin || (host && strncmp(origin, scheme, sizeof scheme - 1) == 0 &&
                       strcasecmp(origin + sizeof scheme - 1, host) == 0);
}
