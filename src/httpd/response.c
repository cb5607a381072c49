// Responses: the head with the headers that everything we send carries, then a body from memory or
// from a file, a chunk at a time as the socket takes it.
#include "base/alloc.h"
#include "httpd/impl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// The page loads nothing from elsewhere, runs no inline script, and sits in no frame. WebAssembly
// may be compiled: the vault's worker is made of it (docs/design/013-the-desk.md). That is not
// eval.
static const char security_headers[] =
    "Content-Security-Policy: default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "media-src 'self' blob:; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; manifest-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n"
    "Strict-Transport-Security: max-age=31536000\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), microphone=(), geolocation=()\r\n";

static const char *status_text(int status)
{
    static const struct {
        int status;
        const char *text;
    } table[] = {
        {200, "OK"},
        {201, "Created"},
        {204, "No Content"},
        {206, "Partial Content"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {410, "Gone"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {415, "Unsupported Media Type"},
        {416, "Range Not Satisfiable"},
        {422, "Unprocessable Content"},
        {426, "Upgrade Required"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].status == status)
            return table[i].text;
    return "Unknown";
}

int head_begin(struct scrim_buf *head, const struct scrim_http_request *request, int status)
{
    int result = scrim_buf_printf(head, "HTTP/1.1 %d %s\r\n%s", status, status_text(status),
                                  security_headers);
    if (result >= 0)
        result = scrim_buf_append(head, request->extra.data, request->extra.len);
    if (result >= 0 && request->broken)
        result = scrim_buf_append_text(head, "Connection: close\r\n");
    return result;
}

int problem_json(struct scrim_buf *ret, const struct scrim_http_problem *problem)
{
    json_t *json =
        json_pack("{s:{s:s,s:s}}", "error", "code", problem->code, "text", problem->text);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    const int result = text ? scrim_buf_append_text(ret, text) : SCRIM_ENOMEM;
    free(text);
    json_decref(json);
    return result;
}

// Hands the response, whose head is complete, to the connection and ends the request. Takes over
// what `response` owns; if the client is gone, or the answer could not be made, frees it.
static void start(struct scrim_http_request *request, struct response *response, int made)
{
    struct conn *conn = request->conn;
    if (conn)
        conn->request = NULL;
    if (conn && made >= 0) {
        response->active = true;
        response->close_after = request->broken;
        if (request->head) {
            file_body_release(response->file);
            response->file = NULL;
            response->total = 0;
        }
        conn->response = *response;
        if (response->file)
            file_body_start(response->file, conn);
        conn_deadline(conn, WAIT_PROGRESS_S);
        lws_callback_on_writable(conn->wsi);
    } else {
        response_finish(response);
        if (conn) // without memory for an answer
            lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
    request_free(request);
}

static struct response new_response(void)
{
    struct response response = {0};
    scrim_buf_init(&response.head, 8192);
    scrim_buf_init(&response.owned, 64U << 20); // the longest timeline is far below
    return response;
}

int scrim_http_add_header(struct scrim_http_request *request, const char *name, const char *value)
{
    for (const char *at = value; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return SCRIM_EINVAL;
    return scrim_buf_printf(&request->extra, "%s: %s\r\n", name, value);
}

void scrim_http_reply_empty(struct scrim_http_request *request, int status)
{
    struct response response = new_response();
    int made = head_begin(&response.head, request, status);
    if (made >= 0) // a 204 has no Content-Length (RFC 9110 §8.6)
        made = scrim_buf_append_text(&response.head, status == 204 || status == 304
                                                         ? "Cache-Control: no-store\r\n\r\n"
                                                         : "Cache-Control: no-store\r\n"
                                                           "Content-Length: 0\r\n\r\n");
    start(request, &response, made);
}

// Ends the head for the body in response->owned.
static int finish_body(struct response *response, const char *mime)
{
    response->memory = response->owned.data;
    response->total = response->owned.len;
    return scrim_buf_printf(&response->head,
                            "Cache-Control: no-store\r\nContent-Type: %s\r\n"
                            "Content-Length: %zu\r\n\r\n",
                            mime, response->owned.len);
}

static int finish_json(struct response *response)
{
    return finish_body(response, "application/json");
}

void scrim_http_reply_bytes(struct scrim_http_request *request, int status, const char *mime,
                            struct scrim_buf *bytes)
{
    struct response response = new_response();
    response.owned = *bytes;
    *bytes = (struct scrim_buf){0};
    int made = head_begin(&response.head, request, status);
    if (made >= 0)
        made = finish_body(&response, mime);
    start(request, &response, made);
}

void scrim_http_reply_text(struct scrim_http_request *request, int status, struct scrim_buf *json)
{
    scrim_http_reply_bytes(request, status, "application/json", json);
}

static int append_json(const char *bytes, size_t count, void *buf)
{
    return scrim_buf_append(buf, bytes, count) < 0 ? -1 : 0;
}

void scrim_http_reply_json(struct scrim_http_request *request, int status, json_t *owned)
{
    struct response response = new_response();
    int made = owned && json_dump_callback(owned, append_json, &response.owned, JSON_COMPACT) == 0
                   ? SCRIM_OK
                   : SCRIM_ENOMEM;
    if (made >= 0)
        made = head_begin(&response.head, request, status);
    if (made >= 0)
        made = finish_json(&response);
    json_decref(owned);
    start(request, &response, made);
}

// RFC 9110 §15.5.6: a 405 says which methods do work.
static int add_allow(struct scrim_http_request *request)
{
    const struct scrim_httpd_config *config = &request->httpd->config;
    struct scrim_route_params params;
    char allow[96] = "";
    for (size_t i = 0; i < config->routes_count; i++) {
        if (!scrim_route_match(config->routes[i].pattern, request->path, &params))
            continue;
        const size_t used = strlen(allow);
        snprintf(allow + used, sizeof allow - used, "%s%s", used ? ", " : "",
                 scrim_http_method_text(config->routes[i].method));
    }
    return scrim_http_add_header(request, "Allow", allow[0] ? allow : "GET");
}

void scrim_http_reply_problem(struct scrim_http_request *request,
                              const struct scrim_http_problem *problem)
{
    struct response response = new_response();
    char seconds[16];
    snprintf(seconds, sizeof seconds, "%d", problem->retry_after_s);
    int made = problem_json(&response.owned, problem);
    if (made >= 0 && problem->retry_after_s > 0)
        made = scrim_http_add_header(request, "Retry-After", seconds);
    if (made >= 0 && problem->status == 405)
        made = add_allow(request);
    if (made >= 0 && problem->status == 426)
        made = scrim_http_add_header(request, "Upgrade", "websocket");
    if (made >= 0)
        made = head_begin(&response.head, request, problem->status);
    if (made >= 0)
        made = finish_json(&response);
    start(request, &response, made);
}

void respond_asset(struct scrim_http_request *request, const struct scrim_asset *asset)
{
    struct response response = new_response();
    const char *known = request->headers[SCRIM_HEADER_IF_NONE_MATCH];
    const bool same = known && strcmp(known, asset->etag) == 0;
    int made = head_begin(&response.head, request, same ? 304 : 200);
    if (made >= 0)
        made =
            scrim_buf_printf(&response.head, "ETag: %s\r\nCache-Control: %s\r\n", asset->etag,
                             asset->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (made >= 0 && !same) {
        response.memory = asset->content.data;
        response.total = asset->content.len;
        made = scrim_buf_printf(&response.head, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                                asset->mime, asset->content.len);
    }
    if (made >= 0)
        made = scrim_buf_append_text(&response.head, "\r\n");
    start(request, &response, made);
}

void scrim_http_reply_file(struct scrim_http_request *request, const char *path, const char *mime)
{
    file_body_open(request, path, mime, 0);
}

void scrim_http_reply_growing(struct scrim_http_request *request, const char *path,
                              const char *mime, uint64_t size_max)
{
    file_body_open(request, path, mime, size_max);
}

void respond_file(struct scrim_http_request *request, const struct file_answer *answer)
{
    struct response response = new_response();
    response.file = answer->file;
    response.total = answer->part.last - answer->part.first + 1;
    int made = head_begin(&response.head, request, answer->partial ? 206 : 200);
    if (made >= 0 && answer->partial)
        made = scrim_buf_printf(&response.head,
                                "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n",
                                answer->part.first, answer->part.last, answer->size);
    if (made >= 0)
        made = scrim_buf_printf(&response.head,
                                "Content-Type: %s\r\nContent-Length: %" PRIu64 "\r\n"
                                "Accept-Ranges: bytes\r\nETag: %s\r\n"
                                "Cache-Control: %s\r\n\r\n",
                                answer->mime, response.total, answer->etag,
                                answer->kept ? "private, no-cache" : "no-store");
    start(request, &response, made);
}

void respond_parts(struct scrim_http_request *request, struct file_body *owned, const char *mime,
                   uint64_t total)
{
    struct response response = new_response();
    response.file = owned;
    response.total = total;
    int made = head_begin(&response.head, request, 200);
    if (made >= 0)
        made = scrim_buf_printf(&response.head,
                                "Cache-Control: no-store\r\nContent-Type: %s\r\n"
                                "Content-Length: %" PRIu64 "\r\n\r\n",
                                mime, total);
    start(request, &response, made);
}

void response_finish(struct response *response)
{
    scrim_buf_finish_wipe(&response->head); // may set a session cookie
    scrim_buf_finish_wipe(&response->owned);
    file_body_release(response->file);
    *response = (struct response){0};
}

// The next bytes of the body. *ret_count 0: none there yet.
static const uint8_t *next_chunk(struct response *response, size_t *ret_count, bool *ret_failed)
{
    if (response->file)
        return file_body_take(response->file, ret_count, ret_failed);
    const uint64_t left = response->total - response->sent;
    *ret_count = left < CHUNK_BYTES ? (size_t)left : CHUNK_BYTES;
    return response->memory + response->sent;
}

static int complete(struct conn *conn)
{
    const bool close_after = conn->response.close_after;
    response_finish(&conn->response);
    conn->completions = 0;
    conn_deadline(conn, WAIT_IDLE_S);
    return close_after || lws_http_transaction_completed(conn->wsi) ? -1 : 0;
}

int response_write(struct conn *conn)
{
    struct response *response = &conn->response;
    if (!response->active)
        return 0;
    uint8_t out[LWS_PRE + 8192 + CHUNK_BYTES]; // head and first chunk go out as one
    size_t used = 0, chunk = 0;
    bool failed = false;
    if (!response->head_sent) {
        memcpy(out + LWS_PRE, response->head.data, response->head.len);
        used = response->head.len;
        response->head_sent = true;
    }
    if (response->sent < response->total) {
        const uint8_t *bytes = next_chunk(response, &chunk, &failed);
        if (chunk > 0)
            memcpy(out + LWS_PRE + used, bytes, chunk);
        used += chunk;
        response->sent += chunk;
    }
    if (failed) // the length was promised already: only a cut connection says that it failed
        return -1;
    if (used > 0 && lws_write(conn->wsi, out + LWS_PRE, used, LWS_WRITE_HTTP) < 0)
        return -1;
    if (used > 0) {
        conn_deadline(conn, WAIT_PROGRESS_S);
        lws_set_timeout(conn->wsi, PENDING_TIMEOUT_HTTP_CONTENT, WAIT_PROGRESS_S + 5);
    }
    if (response->sent == response->total)
        return complete(conn);
    if (!response->file || chunk > 0)
        lws_callback_on_writable(conn->wsi);
    return 0;
}
