// The server: libwebsockets' context on the caller's loop, its callback, and the connections.
#include "httpd/httpd.h"

#include "base/alloc.h"
#include "httpd/impl.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SEND_BUFFER_BYTES (128 << 10) // more would hide a slow viewer in the kernel
#define HEADER_BYTES_MAX 8192         // of one request, all headers together

// ECDHE with AEAD only, for TLS 1.2; TLS 1.3 has nothing else anyway.
static const char ciphers[] = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
                              "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
                              "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

// Without times in it: libwebsockets keeps a sorted list of when to ping whom, and thousands of
// viewers make every step in it long. The sweep pings (ws.c).
static const lws_retry_bo_t no_pings = {0};

void conn_deadline(struct conn *conn, int seconds)
{
    conn->deadline_us = seconds > 0 ? scrim_clock_mono_us() + seconds * SCRIM_SECOND : 0;
}

struct conn *conn_of(struct lws *wsi)
{
    return lws_get_opaque_user_data(wsi);
}

static void peer_address(int fd, char ret[48])
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char text[INET6_ADDRSTRLEN] = "";
    if (getpeername(fd, (struct sockaddr *)&address, &length) == 0)
        getnameinfo((struct sockaddr *)&address, length, text, sizeof text, NULL, 0,
                    NI_NUMERICHOST);
    snprintf(ret, 48, "%s", text[0] ? text : "unknown");
}

// Half of all connections is the most that one address may hold; a proxy on this machine may have
// all.
static bool too_many(const struct scrim_httpd *httpd, int fd)
{
    char peer[48];
    if (httpd->closing || httpd->conns_count >= httpd->config.max_connections)
        return true;
    peer_address(fd, peer);
    if (strcmp(peer, "127.0.0.1") == 0 || strcmp(peer, "::1") == 0)
        return false;
    size_t same = 0;
    for (const struct conn *conn = httpd->conns; conn; conn = conn->next)
        same += strcmp(conn->peer, peer) == 0;
    return same >= httpd->config.max_connections / 2;
}

static void conn_create(struct scrim_httpd *httpd, struct lws *wsi)
{
    struct conn *conn = scrim_new(struct conn);
    const int fd = lws_get_socket_fd(wsi), bytes = SEND_BUFFER_BYTES;
    conn->httpd = httpd;
    conn->wsi = wsi;
    if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes) < 0)
        scrim_debug(&httpd->log, "cannot bound the send buffer of a connection");
    peer_address(fd, conn->peer);
    conn->next = httpd->conns;
    conn->link = &httpd->conns;
    if (conn->next)
        conn->next->link = &conn->next;
    httpd->conns = conn;
    httpd->conns_count++;
    conn_deadline(conn, WAIT_FIRST_REQUEST_S);
    lws_set_opaque_user_data(wsi, conn);
}

static void conn_destroy(struct conn *conn)
{
    ws_gone(conn);
    response_finish(&conn->response);
    if (conn->request && conn->request->dispatched)
        conn->request->conn = NULL; // its handler still answers, into the void
    else
        request_free(conn->request);
    *conn->link = conn->next;
    if (conn->next)
        conn->next->link = conn->link;
    conn->httpd->conns_count--;
    lws_set_opaque_user_data(conn->wsi, NULL);
    free(conn);
}

static void dispatch(struct conn *conn)
{
    struct scrim_http_request *request = conn->request;
    request->dispatched = true;
    conn_deadline(conn, WAIT_HANDLER_S);
    request->route->handler(conn->httpd->config.context, request);
}

static int on_request(struct conn *conn)
{
    if (conn->request || conn->response.active)
        return -1; // pipelined into a request that is not answered yet
    struct scrim_http_problem problem;
    struct scrim_http_request *request = conn->request = request_read(conn, &problem);
    const struct scrim_asset *asset = problem.status == 0 ? request_asset(request) : NULL;
    if (asset) {
        respond_asset(request, asset);
    } else if (problem.status != 0 || !request_route(request, false, &problem)) {
        if (request->body_expected > 0)
            request->broken = true; // nobody will read the body
        scrim_http_reply_problem(request, &problem);
    } else if (request->body_expected == 0) {
        dispatch(conn); // libwebsockets 4.1 calls an empty body complete for POST alone
    } else {
        // on_body_complete dispatches
        conn_deadline(conn, WAIT_BODY_S + (int)(request->body_expected / WAIT_BODY_BYTES_S));
    }
    return 0;
}

static int on_body(struct conn *conn, const void *bytes, size_t count)
{
    struct scrim_http_request *request = conn->request;
    if (!request || request->dispatched || count == 0)
        return 0; // refused already: its bytes run out
    return scrim_buf_append(&request->body, bytes, count) < 0 ? -1 : 0;
}

static int on_body_complete(struct conn *conn)
{
    if (conn->completions++ > 0)
        return -1; // libwebsockets 4.1 reports pipelined bytes behind a body in this way
    if (conn->request && !conn->request->dispatched)
        dispatch(conn);
    return 0;
}

// Only "websocket" may be upgraded to: libwebsockets would also take h2c, whose code we keep out of
// reach.
static int on_upgrade(struct lws *wsi)
{
    char protocol[16];
    const int length = lws_hdr_copy(wsi, protocol, sizeof protocol, WSI_TOKEN_UPGRADE);
    return length > 0 && strcasecmp(protocol, "websocket") == 0 ? 0 : -1;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                    size_t length)
{
    (void)user;
    struct scrim_httpd *httpd = lws_context_user(lws_get_context(wsi));
    if (reason == LWS_CALLBACK_FILTER_NETWORK_CONNECTION)
        return too_many(httpd, (int)(intptr_t)in) ? -1 : 0;
    if (reason == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED) {
        conn_create(httpd, wsi);
        return 0;
    }
    struct conn *conn = wsi ? conn_of(wsi) : NULL;
    if (!conn) // the listener, and libwebsockets' own sockets
        return 0;
    switch (reason) {
    case LWS_CALLBACK_HTTP: return on_request(conn);
    case LWS_CALLBACK_HTTP_BODY: return on_body(conn, in, length);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return on_body_complete(conn);
    case LWS_CALLBACK_HTTP_WRITEABLE: return response_write(conn);
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return on_upgrade(wsi);
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return ws_filter(conn);
    case LWS_CALLBACK_ESTABLISHED: return ws_established(conn);
    case LWS_CALLBACK_SERVER_WRITEABLE: return ws_writeable(conn);
    case LWS_CALLBACK_RECEIVE:
        lws_close_reason(wsi, LWS_CLOSE_STATUS_POLICY_VIOLATION, NULL, 0);
        return -1; // nothing is expected from a client
    case LWS_CALLBACK_RECEIVE_PONG: ws_heard(conn); return 0;
    case LWS_CALLBACK_CLOSED: ws_gone(conn); return 0;
    case LWS_CALLBACK_WSI_DESTROY: conn_destroy(conn); return 0;
    default: return 0;
    }
}

// Cuts whoever missed a deadline, and asks who is still there.
static void on_sweep(uv_timer_t *timer)
{
    struct scrim_httpd *httpd = timer->data;
    const int64_t now = scrim_clock_mono_us();
    for (struct conn *conn = httpd->conns; conn; conn = conn->next) {
        ws_ping_if_due(conn, now);
        if (conn->deadline_us == 0 || now < conn->deadline_us)
            continue;
        conn->deadline_us = 0;
        lws_set_timeout(conn->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
}

static void log_to_debug(int level, const char *line)
{
    (void)level;
    const struct scrim_log log = scrim_log_named("desk.lws");
    scrim_debug(&log, "%s", line); // hostile clients fill it: only for those who look
}

// "host:port" or "[v6]:port" to a numeric address.
static int resolve(const char *listen, char ret_host[INET6_ADDRSTRLEN], int *ret_port,
                   struct scrim_error *error)
{
    const char *colon = strrchr(listen, ':');
    char host[256] = "";
    if (!colon || colon == listen || (size_t)(colon - listen) >= sizeof host)
        return scrim_fail(error, SCRIM_EINVAL, "listen: '%s' is not host:port", listen);
    const bool bracketed = listen[0] == '[' && colon[-1] == ']';
    memcpy(host, listen + bracketed, (size_t)(colon - listen) - 2 * bracketed);

    const struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const int failed = getaddrinfo(host, colon + 1, &hints, &found);
    if (failed != 0)
        return scrim_fail(error, SCRIM_EINVAL, "listen: '%s': %s", listen, gai_strerror(failed));
    char port[8];
    const int named = getnameinfo(found->ai_addr, found->ai_addrlen, ret_host, INET6_ADDRSTRLEN,
                                  port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    freeaddrinfo(found);
    if (named != 0)
        return scrim_fail(error, SCRIM_EINVAL, "listen: '%s': %s", listen, gai_strerror(named));
    *ret_port = (int)strtol(port, NULL, 10);
    return SCRIM_OK;
}

static int start_context(struct scrim_httpd *httpd, struct scrim_error *error)
{
    static const struct lws_protocols protocols[] = {
        {.name = "scrim", .callback = on_event, .rx_buffer_size = 4096},
        {0},
    };
    char host[INET6_ADDRSTRLEN];
    int port = 0;
    const int resolved = resolve(httpd->config.listen, host, &port, error);
    if (resolved < 0)
        return resolved;
    httpd->host = scrim_strdup(host);

    void *loops[] = {httpd->loop};
    const bool v6 = strchr(host, ':') != NULL;
    const struct lws_context_creation_info info = {
        .iface = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ? NULL : httpd->host,
        .port = port,
        .protocols = protocols,
        .user = httpd,
        .foreign_loops = loops,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT |
                   LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND |
                   (v6 ? 0 : LWS_SERVER_OPTION_DISABLE_IPV6),
        .ssl_cert_filepath = httpd->config.cert_file,
        .ssl_private_key_filepath = httpd->config.key_file,
        .ssl_cipher_list = ciphers,
        .ssl_options_set = (long)(SSL_OP_NO_SSLv3 | SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 |
                                  SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION),
        .alpn = "http/1.1",
        .max_http_header_data = HEADER_BYTES_MAX,
        .max_http_header_pool = (unsigned short)httpd->config.max_connections,
        .timeout_secs = WAIT_FIRST_REQUEST_S,
        .timeout_secs_ah_idle = WAIT_FIRST_REQUEST_S,
        .keepalive_timeout = WAIT_IDLE_S,
        .retry_and_idle_policy = &no_pings,
        .pt_serv_buf_size = 16384,
    };
    lws_set_log_level(LLL_ERR | LLL_WARN, log_to_debug);
    httpd->context = lws_create_context(&info);
    struct lws_vhost *vhost = httpd->context ? lws_create_vhost(httpd->context, &info) : NULL;
    if (!vhost) {
        if (httpd->context)
            lws_context_destroy(httpd->context);
        return scrim_fail(error, SCRIM_ENETWORK,
                          "cannot listen on %s: is the address taken, or not of this machine?",
                          httpd->config.listen);
    }
    httpd->port = lws_get_vhost_listen_port(vhost);
    return SCRIM_OK;
}

int scrim_httpd_create(uv_loop_t *loop, const struct scrim_httpd_config *config,
                       struct scrim_httpd **ret, struct scrim_error *error)
{
    struct scrim_httpd *httpd = scrim_new(struct scrim_httpd);
    httpd->config = *config;
    httpd->loop = loop;
    httpd->log = scrim_log_named("desk.http");
    const int result = start_context(httpd, error);
    if (result < 0) {
        scrim_httpd_free(httpd);
        return result;
    }
    uv_timer_init(loop, &httpd->sweep);
    httpd->sweep.data = httpd;
    uv_timer_start(&httpd->sweep, on_sweep, 1000, 1000);
    *ret = httpd;
    return SCRIM_OK;
}

void scrim_httpd_close(struct scrim_httpd *httpd)
{
    httpd->closing = true;
    uv_timer_stop(&httpd->sweep);
    uv_close((uv_handle_t *)&httpd->sweep, NULL);
    lws_context_destroy(httpd->context);
}

void scrim_httpd_free(struct scrim_httpd *httpd)
{
    if (!httpd)
        return;
    free(httpd->host);
    free(httpd);
}

int scrim_httpd_port(const struct scrim_httpd *httpd)
{
    return httpd->port;
}

size_t scrim_httpd_connections(const struct scrim_httpd *httpd)
{
    return httpd->conns_count;
}
