// Inside of httpd: what its files share. A connection (struct conn) lives as long as its lws socket
// and carries, one after the other, a request, its response, or for good a WebSocket.
#pragma once

#include "base/clock.h"
#include "base/log.h"
#include "httpd/httpd.h"
#include "httpd/range.h"
#include "httpd/route.h"

#include <libwebsockets.h>

#define PATH_MAX_BYTES 512    // of a request path, decoded
#define QUERY_ARGS 12         // arguments of a query string
#define QUERY_ARG_MAX 2048    // bytes of one, "name=value": codes of sign-in providers are long
#define HEADER_VALUE_MAX 2048 // bytes of one header that we keep
#define EXTRA_HEADERS_MAX 2048
#define CHUNK_BYTES (32U << 10) // of a response written at once

// How long a client may take, in seconds.
#define WAIT_FIRST_REQUEST_S 15 // TLS handshake and header of the first request
#define WAIT_BODY_S 20          // from the header to the last byte of the body, and
#define WAIT_BODY_BYTES_S 65536 // a second more for each so many bytes: 0.5 Mbit/s is fast enough
#define WAIT_HANDLER_S 60       // for our own answer
#define WAIT_PROGRESS_S 20      // until a response that is being sent moves on
#define WAIT_IDLE_S 75          // between two requests

struct scrim_http_request {
    struct scrim_httpd *httpd;
    struct conn *conn; // NULL once the client is gone
    const struct scrim_http_route *route;
    enum scrim_http_method method;
    bool head;       // HEAD: no body in the answer
    bool dispatched; // a handler owns it
    bool broken;     // the connection cannot go on after the answer
    char path[PATH_MAX_BYTES];
    struct scrim_route_params params;
    char *args[QUERY_ARGS];
    size_t args_count;
    char *headers[SCRIM_HEADER_COUNT];
    char peer[48];
    uint64_t body_expected; // Content-Length
    struct scrim_buf body;
    struct scrim_buf extra; // header lines for the answer
};

// A response on its way. Body: memory (owned or of an asset), or a file.
struct response {
    bool active;
    struct scrim_buf head;
    bool head_sent, close_after;
    struct scrim_buf owned;
    const uint8_t *memory;
    struct file_body *file;
    uint64_t sent, total;
};

struct conn {
    struct scrim_httpd *httpd;
    struct lws *wsi;
    struct conn *next, **link; // list of all connections
    char peer[48];
    int64_t deadline_us;                // monotonic; 0: none
    unsigned completions;               // HTTP_BODY_COMPLETION calls for the current request
    struct scrim_http_request *request; // being received, or with its handler
    struct response response;
    struct scrim_ws *ws;
};

struct scrim_httpd {
    struct scrim_httpd_config config;
    struct scrim_log log;
    uv_loop_t *loop;
    struct lws_context *context;
    uv_timer_t sweep;
    struct conn *conns;
    size_t conns_count;
    int port;
    bool closing;
    char *host; // of config.listen
};

void conn_deadline(struct conn *conn, int seconds); // 0: none
struct conn *conn_of(struct lws *wsi);              // NULL for the listener

// request.c: everything the request says, out of libwebsockets' header table. NULL without memory.
// A request that is malformed gets its problem in *ret_problem (status 0: fine).
struct scrim_http_request *request_read(struct conn *conn, struct scrim_http_problem *ret_problem);
void request_free(struct scrim_http_request *request);
// Finds the route and asks `admit`; false with the problem filled.
bool request_route(struct scrim_http_request *request, bool upgrade,
                   struct scrim_http_problem *ret);
// The page, if the path is one of its files.
const struct scrim_asset *request_asset(const struct scrim_http_request *request);

// response.c
void respond_asset(struct scrim_http_request *request, const struct scrim_asset *asset);
// Starts the head: status line and the headers that every answer has.
SCRIM_MUST_CHECK int head_begin(struct scrim_buf *head, const struct scrim_http_request *request,
                                int status);
SCRIM_MUST_CHECK int problem_json(struct scrim_buf *ret, const struct scrim_http_problem *problem);
// Called when the socket takes more. -1: close the connection.
int response_write(struct conn *conn);
void response_finish(struct response *response);

// file_body.c: reading a file through libuv's threads. _open ends in respond_file or in a problem.
void file_body_open(struct scrim_http_request *request, const char *path, const char *mime,
                    uint64_t size_max);
void file_body_start(struct file_body *file,
                     struct conn *conn); // begins to read; each chunk wakes `conn`
// The bytes that are there: none (*ret_count 0) while a read is under way, *ret_failed after an
// error.
const uint8_t *file_body_take(struct file_body *file, size_t *ret_count, bool *ret_failed);
void file_body_release(struct file_body *file); // NULL is fine; ends after a read under way

// What of an open file goes out.
struct file_answer {
    struct file_body *file; // taken over by respond_file
    const char *mime, *etag;
    uint64_t size;
    struct scrim_range part;
    bool partial;
    bool kept; // a browser may keep it, and asks whether it is still so
};
void respond_file(struct scrim_http_request *request, const struct file_answer *answer);
void respond_parts(struct scrim_http_request *request, struct file_body *owned, const char *mime,
                   uint64_t total);

// ws.c
int ws_filter(struct conn *conn); // -1: refused, an answer was sent
int ws_established(struct conn *conn);
int ws_writeable(struct conn *conn); // -1: close
void ws_ping_if_due(struct conn *conn, int64_t now_us);
void ws_heard(struct conn *conn); // an answer to a ping
void ws_gone(struct conn *conn);  // the connection ends; safe to call twice
