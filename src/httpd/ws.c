// WebSockets (RFC 6455), sending side: a bounded queue of shared messages for each.
#include "base/alloc.h"
#include "httpd/impl.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define QUEUE_MESSAGES 1024 // besides the ceiling in bytes
#define PING_EVERY_US (20 * SCRIM_SECOND)
#define SILENT_S 35 // without an answer to a ping

struct scrim_ws_message {
    unsigned refs;
    enum scrim_ws_kind kind;
    size_t count;
    uint8_t data[]; // LWS_PRE bytes for the frame header, then the payload
};

struct scrim_ws {
    struct conn *conn;
    const struct scrim_ws_endpoint *endpoint;
    struct scrim_http_request *request; // until the WebSocket is open
    void *data;
    bool open, closing;
    uint16_t close_status;
    bool ping;                                      // to be sent next
    int64_t ping_due_us;                            // monotonic
    struct scrim_ws_message *queue[QUEUE_MESSAGES]; // ring
    size_t head, length, bytes;
};

struct scrim_ws_message *scrim_ws_message_create(enum scrim_ws_kind kind, const void *bytes,
                                                 size_t count)
{
    struct scrim_ws_message *message = scrim_alloc(sizeof *message + LWS_PRE + count);
    if (!message)
        return NULL;
    message->refs = 1;
    message->kind = kind;
    message->count = count;
    memset(message->data, 0, LWS_PRE);
    if (count > 0)
        memcpy(message->data + LWS_PRE, bytes, count);
    return message;
}

struct scrim_ws_message *scrim_ws_message_ref(struct scrim_ws_message *message)
{
    message->refs++;
    return message;
}

void scrim_ws_message_unref(struct scrim_ws_message *message)
{
    if (message && --message->refs == 0)
        free(message);
}

size_t scrim_ws_message_size(const struct scrim_ws_message *message)
{
    return message->count;
}

static void put_last(struct scrim_ws *ws, struct scrim_ws_message *message)
{
    ws->queue[(ws->head + ws->length) % QUEUE_MESSAGES] = message;
    ws->length++;
    ws->bytes += message->count;
}

static struct scrim_ws_message *take_first(struct scrim_ws *ws)
{
    struct scrim_ws_message *message = ws->queue[ws->head];
    ws->head = (ws->head + 1) % QUEUE_MESSAGES;
    ws->length--;
    ws->bytes -= message->count;
    return message;
}

int scrim_ws_send(struct scrim_ws *ws, struct scrim_ws_message *message)
{
    const size_t ceiling = ws->conn->httpd->config.ws_queue_bytes;
    if (ws->closing || ws->length == QUEUE_MESSAGES || ws->bytes + message->count > ceiling)
        return SCRIM_EAGAIN;
    put_last(ws, scrim_ws_message_ref(message));
    lws_callback_on_writable(ws->conn->wsi);
    return SCRIM_OK;
}

size_t scrim_ws_drop_frames(struct scrim_ws *ws)
{
    size_t dropped = 0;
    for (size_t left = ws->length; left > 0; left--) {
        struct scrim_ws_message *message = take_first(ws);
        if (message->kind == SCRIM_WS_FRAME) {
            scrim_ws_message_unref(message);
            dropped++;
        } else {
            put_last(ws, message);
        }
    }
    return dropped;
}

static void drop_all(struct scrim_ws *ws)
{
    while (ws->length > 0)
        scrim_ws_message_unref(take_first(ws));
}

size_t scrim_ws_queued_bytes(const struct scrim_ws *ws)
{
    return ws->bytes;
}

void scrim_ws_limit_kernel(struct scrim_ws *ws, int bytes)
{
    if (setsockopt(lws_get_socket_fd(ws->conn->wsi), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) <
        0)
        scrim_debug(&ws->conn->httpd->log, "cannot bound the send buffer of a WebSocket");
}

void scrim_ws_close(struct scrim_ws *ws, uint16_t status)
{
    drop_all(ws);
    ws->closing = true;
    ws->close_status = status;
    lws_callback_on_writable(ws->conn->wsi);
}

void scrim_ws_set_data(struct scrim_ws *ws, void *data)
{
    ws->data = data;
}

void *scrim_ws_data(const struct scrim_ws *ws)
{
    return ws->data;
}

// Answers an upgrade that is refused. libwebsockets has taken the socket to the WebSocket role by
// now and would only cut it, so the answer is written here; it fits any socket buffer.
static int refuse(struct scrim_http_request *request, const struct scrim_http_problem *problem)
{
    struct scrim_buf out, body;
    scrim_buf_init(&out, LWS_PRE + 8192);
    scrim_buf_init(&body, 1024);
    request->broken = true; // Connection: close
    uint8_t space[LWS_PRE] = {0};
    int result = problem_json(&body, problem);
    if (result >= 0)
        result = scrim_buf_append(&out, space, sizeof space);
    if (result >= 0)
        result = head_begin(&out, request, problem->status);
    if (result >= 0)
        result = scrim_buf_printf(&out,
                                  "Cache-Control: no-store\r\nContent-Type: application/json\r\n"
                                  "Content-Length: %zu\r\n\r\n",
                                  body.len);
    if (result >= 0)
        result = scrim_buf_append(&out, body.data, body.len);
    if (result >= 0 && lws_write(request->conn->wsi, out.data + LWS_PRE, out.len - LWS_PRE,
                                 LWS_WRITE_HTTP_HEADERS) < 0)
        scrim_debug(&request->httpd->log, "the client of a refused WebSocket is gone");
    scrim_buf_finish(&out);
    scrim_buf_finish(&body);
    return -1;
}

int ws_filter(struct conn *conn)
{
    struct scrim_http_problem problem;
    struct scrim_http_request *request = request_read(conn, &problem);
    int result = 0;
    if (problem.status == 0 && !scrim_http_same_origin(request))
        problem = (struct scrim_http_problem){
            .status = 403, .code = "origin", .text = "the page of another site may not do this"};
    if (problem.status != 0 || !request_route(request, true, &problem)) {
        result = refuse(request, &problem);
        request_free(request);
        return result;
    }
    conn->ws = scrim_new(struct scrim_ws);
    conn->ws->conn = conn;
    conn->ws->endpoint = request->route->endpoint;
    conn->ws->request = request;
    return 0;
}

int ws_established(struct conn *conn)
{
    struct scrim_ws *ws = conn->ws;
    if (!ws)
        return -1;
    ws_heard(conn);
    ws->open = true;
    ws->endpoint->on_open(conn->httpd->config.context, ws, ws->request);
    request_free(ws->request);
    ws->request = NULL;
    return 0;
}

// A close frame of RFC 6455 §5.5.1, written here: libwebsockets forgets what lws_close_reason was
// told when a writeable callback ends the connection, and only cuts it.
static void say_status(struct conn *conn)
{
    const uint16_t status = conn->ws->close_status;
    unsigned char frame[LWS_PRE + 4] = {0};
    frame[LWS_PRE] = 0x88;
    frame[LWS_PRE + 1] = 2;
    frame[LWS_PRE + 2] = (unsigned char)(status >> 8);
    frame[LWS_PRE + 3] = (unsigned char)(status & 0xff);
    if (lws_write(conn->wsi, frame + LWS_PRE, 4, LWS_WRITE_HTTP) < 0)
        scrim_debug(&conn->httpd->log, "a WebSocket was gone before it was closed");
}

void ws_heard(struct conn *conn)
{
    if (!conn->ws)
        return;
    conn->ws->ping_due_us = scrim_clock_mono_us() + PING_EVERY_US;
    conn_deadline(conn, SILENT_S);
}

void ws_ping_if_due(struct conn *conn, int64_t now_us)
{
    struct scrim_ws *ws = conn->ws;
    if (!ws || !ws->open || now_us < ws->ping_due_us)
        return;
    ws->ping = true;
    ws->ping_due_us = now_us + PING_EVERY_US;
    lws_callback_on_writable(conn->wsi);
}

// With something in it: libwebsockets does not tell of an empty answer.
static int send_ping(struct conn *conn)
{
    unsigned char frame[LWS_PRE + 1] = {0};
    frame[LWS_PRE] = '?';
    conn->ws->ping = false;
    return lws_write(conn->wsi, frame + LWS_PRE, 1, LWS_WRITE_PING) < 0 ? -1 : 0;
}

// One write a call is what libwebsockets allows.
int ws_writeable(struct conn *conn)
{
    struct scrim_ws *ws = conn->ws;
    if (!ws || !ws->open)
        return 0;
    if (ws->ping) {
        if (send_ping(conn) < 0)
            return -1;
    } else if (ws->length > 0) {
        struct scrim_ws_message *message = take_first(ws);
        const int written =
            lws_write(conn->wsi, message->data + LWS_PRE, message->count,
                      message->kind == SCRIM_WS_TEXT ? LWS_WRITE_TEXT : LWS_WRITE_BINARY);
        scrim_ws_message_unref(message); // what the socket did not take, libwebsockets has copied
        if (written < 0)
            return -1;
    }
    if (ws->length > 0) {
        lws_callback_on_writable(conn->wsi);
    } else if (ws->closing) {
        say_status(conn);
        return -1;
    }
    return 0;
}

void ws_gone(struct conn *conn)
{
    struct scrim_ws *ws = conn->ws;
    if (!ws)
        return;
    if (ws->open)
        ws->endpoint->on_close(conn->httpd->config.context, ws);
    drop_all(ws);
    request_free(ws->request);
    free(ws);
    conn->ws = NULL;
}
