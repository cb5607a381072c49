// HTTPS and WebSocket server: HTTP/1.1 over TLS 1.2 or later, on a libuv loop, libwebsockets
// inside.
//
// One table says which routes exist, and which right each needs. Everything here belongs to the
// loop's thread and never blocks: files are read in libuv's thread pool. A request that is
// malformed or too large, or whose client dawdles, ends with a 4xx answer or the end of its
// connection.
#pragma once

#include "base/buf.h"
#include "httpd/assets.h"

#include <jansson.h>
#include <uv.h>

#define SCRIM_HTTP_BODY_MAX (64U << 10)

struct scrim_httpd;
struct scrim_http_request;
struct scrim_ws;

enum scrim_http_method {
    SCRIM_HTTP_GET, // HEAD is a GET whose body is not sent
    SCRIM_HTTP_POST,
    SCRIM_HTTP_PUT,
    SCRIM_HTTP_PATCH,
    SCRIM_HTTP_DELETE,
    SCRIM_HTTP_OPTIONS,
};
const char *scrim_http_method_text(enum scrim_http_method method);

// A handler owns its request until it answers it with exactly one scrim_http_reply…, now or later;
// if the client is gone by then, the answer is dropped.
typedef void (*scrim_http_handler)(void *context, struct scrim_http_request *request);

// WebSocket side of a route. Messages from the client are refused: we only send.
struct scrim_ws_endpoint {
    void (*on_open)(void *context, struct scrim_ws *ws, const struct scrim_http_request *request);
    void (*on_close)(void *context, struct scrim_ws *ws); // the last time `ws` is valid
};

struct scrim_http_route {
    enum scrim_http_method method;
    unsigned right;                           // for `admit`; means nothing here
    const char *pattern;                      // see route.h
    scrim_http_handler handler;               // NULL for a WebSocket
    const struct scrim_ws_endpoint *endpoint; // NULL for plain HTTP
    const char *about;                        // one line for docs/ref/api.md
    const char *query;         // names of the parameters it reads, with spaces between; NULL: none
    const char *body, *answer; // names of schemas (src/desk/schemas); NULL: none, or no JSON
    size_t body_max;           // bytes that a request may bring; 0: SCRIM_HTTP_BODY_MAX
};

// What an error answer says: {"error":{"code":…,"text":…}}.
struct scrim_http_problem {
    int status;
    const char *code, *text; // static strings
    int retry_after_s;       // 0: none
};

struct scrim_httpd_config {
    const char *listen;               // "127.0.0.1:8443", "[::1]:0", "localhost:8443"
    const char *cert_file, *key_file; // PEM
    const struct scrim_http_route *routes;
    size_t routes_count;
    // Asked before a route is entered, WebSockets included: true, or false with `ret` filled.
    bool (*admit)(void *context, const struct scrim_http_request *request,
                  const struct scrim_http_route *route, struct scrim_http_problem *ret);
    void *context;                     // for admit, handlers and endpoints
    const struct scrim_assets *assets; // the page; NULL: none. Not owned.
    size_t max_connections;
    size_t ws_queue_bytes; // what may wait for one WebSocket
};

// Listens at once. The configuration is copied, what it points to must outlive the server.
SCRIM_MUST_CHECK int scrim_httpd_create(uv_loop_t *loop, const struct scrim_httpd_config *config,
                                        struct scrim_httpd **ret, struct scrim_error *error);
// Ends all connections (on_close is called for each WebSocket). Run the loop once more afterwards,
// until it has no handles left, then call scrim_httpd_free.
void scrim_httpd_close(struct scrim_httpd *httpd);
void scrim_httpd_free(struct scrim_httpd *httpd); // NULL is fine
int scrim_httpd_port(const struct scrim_httpd *httpd);
size_t scrim_httpd_connections(const struct scrim_httpd *httpd);

// --- requests ---

enum scrim_http_header {
    SCRIM_HEADER_HOST,
    SCRIM_HEADER_ORIGIN,
    SCRIM_HEADER_COOKIE,
    SCRIM_HEADER_CONTENT_TYPE,
    SCRIM_HEADER_RANGE,
    SCRIM_HEADER_IF_RANGE,
    SCRIM_HEADER_IF_NONE_MATCH,
    SCRIM_HEADER_AUTHORIZATION,
    SCRIM_HEADER_USER_AGENT,
    SCRIM_HEADER_CSRF, // X-CSRF
    SCRIM_HEADER_COUNT
};

// NULL when the request has none. Valid as long as the request.
const char *scrim_http_header(const struct scrim_http_request *request,
                              enum scrim_http_header header);
const char *scrim_http_param(const struct scrim_http_request *request, size_t index); // of the path
const char *scrim_http_query(const struct scrim_http_request *request, const char *name); // or NULL
// At most what the route takes.
const struct scrim_buf *scrim_http_body(const struct scrim_http_request *request);
const char *scrim_http_peer(const struct scrim_http_request *request); // address without port
// The value of a cookie into `ret`; false if there is none or it does not fit.
bool scrim_http_cookie(const struct scrim_http_request *request, const char *name, char *ret,
                       size_t ret_size);
// True without an Origin header, or if it names the host that was asked (RFC 6454).
bool scrim_http_same_origin(const struct scrim_http_request *request);

// --- answers ---

// Adds a header to the answer that follows (at most 4). Values with control characters are refused.
SCRIM_MUST_CHECK int scrim_http_add_header(struct scrim_http_request *request, const char *name,
                                           const char *value);
// Each of these ends the request. Answers carry Cache-Control: no-store unless said otherwise.
void scrim_http_reply_empty(struct scrim_http_request *request, int status);
void scrim_http_reply_json(struct scrim_http_request *request, int status, json_t *owned);
// The same for text that is JSON already; takes over what `json` holds.
void scrim_http_reply_text(struct scrim_http_request *request, int status, struct scrim_buf *json);
void scrim_http_reply_problem(struct scrim_http_request *request,
                              const struct scrim_http_problem *problem);
// The same for a body of another kind; `mime` is a static string.
void scrim_http_reply_bytes(struct scrim_http_request *request, int status, const char *mime,
                            struct scrim_buf *bytes);
// A regular file, opened without following a link, in whole or by Range. 404 if it is not there.
// It may be sent again from the browser's cache (private, revalidated by ETag).
void scrim_http_reply_file(struct scrim_http_request *request, const char *path, const char *mime);
// The same of one that is still being written: it counts as no larger than `size_max`, if that is
// not 0.
void scrim_http_reply_growing(struct scrim_http_request *request, const char *path,
                              const char *mime, uint64_t size_max);
// The same of a regular file that is open; `fd` is taken over. A browser does not keep it.
void scrim_http_reply_descriptor(struct scrim_http_request *request, int fd, const char *mime,
                                 uint64_t size_max);

// A long body of known length, put together while it is sent: each part is asked for when the one
// before it is on its way.
struct file_body;
struct scrim_http_part {
    struct scrim_buf bytes; // goes out first; zeroed: none
    int fd;                 // of a regular file; -1: none
    uint64_t offset, count; // of what of it follows
};
struct scrim_http_source {
    // A part is wanted: to be answered with one scrim_http_give, now or later.
    void (*next)(void *context, struct file_body *body);
    // The answer is over, whole or not: from here on nothing may be given.
    void (*end)(void *context);
};
// `total` is the sum of all parts. There is no Range.
void scrim_http_reply_parts(struct scrim_http_request *request, const char *mime, uint64_t total,
                            const struct scrim_http_source *source, void *context);
// Takes over what the part holds. NULL: it cannot be had; the connection is cut, which is the only
// way left to say so.
void scrim_http_give(struct file_body *body, struct scrim_http_part *part);

// --- WebSockets ---

enum scrim_ws_kind {
    SCRIM_WS_TEXT,
    SCRIM_WS_BINARY,
    SCRIM_WS_FRAME, // binary, and may be dropped while it waits
};

// One message, shared by all who receive it. Made with one reference; NULL without memory.
struct scrim_ws_message;
SCRIM_MUST_CHECK struct scrim_ws_message *scrim_ws_message_create(enum scrim_ws_kind kind,
                                                                  const void *bytes, size_t count);
struct scrim_ws_message *scrim_ws_message_ref(struct scrim_ws_message *message);
void scrim_ws_message_unref(struct scrim_ws_message *message); // NULL is fine
size_t scrim_ws_message_size(const struct scrim_ws_message *message);

// Queues the message (takes a reference of its own). SCRIM_EAGAIN when the queue is full: the
// caller decides what to drop.
SCRIM_MUST_CHECK int scrim_ws_send(struct scrim_ws *ws, struct scrim_ws_message *message);
// Forgets the frames that are queued and not yet begun; returns how many.
size_t scrim_ws_drop_frames(struct scrim_ws *ws);
size_t scrim_ws_queued_bytes(const struct scrim_ws *ws);
// How much may wait in the kernel, where nothing can be dropped any more: little for what is sent
// slowly.
void scrim_ws_limit_kernel(struct scrim_ws *ws, int bytes);
// Closes with a status of RFC 6455 §7.4; what is queued is forgotten.
void scrim_ws_close(struct scrim_ws *ws, uint16_t status);
void scrim_ws_set_data(struct scrim_ws *ws, void *data);
void *scrim_ws_data(const struct scrim_ws *ws);
