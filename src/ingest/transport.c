#include "ingest/transport.h"

#include "base/alloc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FINGERPRINT_BYTES 32

struct scrim_tls {
    SSL_CTX *context;
    bool pinned;
    uint8_t fingerprint[FINGERPRINT_BYTES];
    bool has_seen; // what the last handshake showed
    uint8_t seen[FINGERPRINT_BYTES];
};

struct scrim_transport_stream {
    int fd;
    SSL *ssl; // NULL: plain TCP
    const struct scrim_tls *tls;
    short events;
};

static void look_at(struct scrim_tls *tls, const X509 *certificate)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    tls->has_seen = certificate && X509_digest(certificate, EVP_sha256(), digest, &size) == 1 &&
                    size == FINGERPRINT_BYTES;
    if (tls->has_seen)
        memcpy(tls->seen, digest, FINGERPRINT_BYTES);
}

bool scrim_tls_seen(const struct scrim_tls *tls, uint8_t ret[FINGERPRINT_BYTES])
{
    if (!tls || !tls->has_seen)
        return false;
    memcpy(ret, tls->seen, FINGERPRINT_BYTES);
    return true;
}

// Where a certificate is pinned, the one that the camera shows first is compared; no chain, name or
// date matters then.
static int check(X509_STORE_CTX *store, void *context)
{
    struct scrim_tls *tls = context;
    look_at(tls, X509_STORE_CTX_get0_cert(store));
    if (!tls->pinned)
        return X509_verify_cert(store);
    if (!tls->has_seen || sodium_memcmp(tls->seen, tls->fingerprint, FINGERPRINT_BYTES) != 0) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
        return 0;
    }
    return 1;
}

// All of them now: OpenSSL's own way looks into a directory during each handshake, when no file can
// be opened any more. Without any, no certificate is trusted, which the handshake says.
static void load_system_authorities(SSL_CTX *context)
{
    const char *const bundles[] = {getenv("SSL_CERT_FILE"), X509_get_default_cert_file(),
                                   "/etc/ssl/certs/ca-certificates.crt"};
    for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++) {
        if (bundles[i] && access(bundles[i], R_OK) == 0 &&
            SSL_CTX_load_verify_file(context, bundles[i]) == 1)
            return;
    }
}

int scrim_tls_create(const struct scrim_tls_trust *trust, struct scrim_tls **ret,
                     struct scrim_error *error)
{
    struct scrim_tls *tls = scrim_new(struct scrim_tls);
    tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls->context || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1) {
        scrim_tls_destroy(tls);
        return scrim_fail(error, SCRIM_ENOMEM, "TLS cannot be set up");
    }
    SSL_CTX_set_mode(tls->context, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                       SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(tls->context, check, tls);
    int result = SCRIM_OK;
    if (trust->fingerprint) {
        tls->pinned = true;
        memcpy(tls->fingerprint, trust->fingerprint, sizeof tls->fingerprint);
    } else if (trust->ca_file) {
        // A camera's own certificate is an authority too, for itself.
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(tls->context), X509_V_FLAG_PARTIAL_CHAIN);
        if (SSL_CTX_load_verify_file(tls->context, trust->ca_file) != 1)
            result = scrim_fail(error, SCRIM_EINVAL, "tls_ca: %s holds no certificate (PEM)",
                                trust->ca_file);
    } else {
        load_system_authorities(tls->context);
    }
    ERR_clear_error();
    if (result < 0) {
        scrim_tls_destroy(tls);
        return result;
    }
    *ret = tls;
    return SCRIM_OK;
}

void scrim_tls_destroy(struct scrim_tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

static bool is_address(const char *host)
{
    uint8_t address[16];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

// Name or address as the URL has it (RFC 6125, 6.4); the name goes to the camera too (SNI).
static bool expect_host(SSL *ssl, const char *host)
{
    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

int scrim_transport_create(int fd, const struct scrim_tls *tls, const char *host,
                           struct scrim_transport_stream **ret, struct scrim_error *error)
{
    struct scrim_transport_stream *stream = scrim_new(struct scrim_transport_stream);
    stream->fd = fd;
    stream->tls = tls;
    if (tls) {
        stream->ssl = SSL_new(tls->context);
        if (!stream->ssl || SSL_set_fd(stream->ssl, fd) != 1 || !expect_host(stream->ssl, host)) {
            scrim_transport_destroy(stream);
            ERR_clear_error();
            return scrim_fail(error, SCRIM_ENOMEM, "TLS cannot be set up for this host");
        }
        SSL_set_connect_state(stream->ssl);
    }
    *ret = stream;
    return SCRIM_OK;
}

void scrim_transport_destroy(struct scrim_transport_stream *stream)
{
    if (!stream)
        return;
    if (stream->ssl && SSL_is_init_finished(stream->ssl))
        SSL_shutdown(stream->ssl); // says goodbye and does not wait
    ERR_clear_error();
    SSL_free(stream->ssl);
    close(stream->fd);
    free(stream);
}

int scrim_transport_fd(const struct scrim_transport_stream *stream)
{
    return stream->fd;
}

short scrim_transport_events(const struct scrim_transport_stream *stream)
{
    return stream->events;
}

bool scrim_transport_pending(const struct scrim_transport_stream *stream)
{
    return stream->ssl && SSL_pending(stream->ssl) > 0;
}

static int explain_refusal(const struct scrim_transport_stream *stream, struct scrim_error *error)
{
    const long why = SSL_get_verify_result(stream->ssl);
    if (why == X509_V_OK)
        return scrim_fail(error, SCRIM_EFORMAT, "what answers there does not speak TLS 1.2");
    if (stream->tls->pinned)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the certificate is not the one of tls_fingerprint: another device "
                          "answers, or the camera made a new certificate");
    return scrim_fail(error, SCRIM_EAUTH,
                      "the camera's certificate is not trusted (%s); name its authority or the "
                      "certificate itself with tls_ca, or pin it with tls_fingerprint",
                      X509_verify_cert_error_string(why));
}

// What a call of OpenSSL that did not succeed means: 0 for "not now".
static int explain(struct scrim_transport_stream *stream, int returned, struct scrim_error *error)
{
    const int code = SSL_get_error(stream->ssl, returned);
    const int system = errno;
    int result;
    stream->events = code == SSL_ERROR_WANT_WRITE ? POLLOUT : 0;
    if (code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE)
        result = 0;
    else if (code == SSL_ERROR_SSL && !SSL_is_init_finished(stream->ssl))
        result = explain_refusal(stream, error);
    else if (code == SSL_ERROR_SYSCALL && system != 0 && system != ECONNRESET && system != EPIPE)
        result = scrim_fail(error, SCRIM_ENETWORK, "the connection failed");
    else
        result = scrim_fail(error, SCRIM_EEND, "the camera closed the connection");
    ERR_clear_error();
    return result;
}

int scrim_transport_handshake(struct scrim_transport_stream *stream, struct scrim_error *error)
{
    if (!stream->ssl || SSL_is_init_finished(stream->ssl))
        return 1;
    ERR_clear_error();
    const int done = SSL_do_handshake(stream->ssl);
    if (done != 1)
        return explain(stream, done, error);
    stream->events = 0;
    return 1;
}

static int explain_errno(int why, struct scrim_error *error)
{
    if (why == EAGAIN || why == EINTR)
        return 0;
    if (why == ECONNRESET || why == EPIPE)
        return scrim_fail(error, SCRIM_EEND, "the camera closed the connection");
    if (why == ETIMEDOUT || why == EHOSTUNREACH || why == ENETUNREACH)
        return scrim_fail(error, SCRIM_ENETWORK, "the network no longer reaches the camera");
    return scrim_fail(error, SCRIM_ENETWORK, "the connection failed");
}

int scrim_transport_read(struct scrim_transport_stream *stream, uint8_t *to, int room,
                         struct scrim_error *error)
{
    if (stream->ssl) {
        ERR_clear_error();
        const int got = SSL_read(stream->ssl, to, room);
        return got > 0 ? got : explain(stream, got, error);
    }
    const ssize_t got = recv(stream->fd, to, (size_t)room, MSG_DONTWAIT);
    if (got == 0)
        return scrim_fail(error, SCRIM_EEND, "the camera closed the connection");
    return got < 0 ? explain_errno(errno, error) : (int)got;
}

int scrim_transport_write(struct scrim_transport_stream *stream, const uint8_t *from, int count,
                          struct scrim_error *error)
{
    if (stream->ssl) {
        ERR_clear_error();
        const int sent = SSL_write(stream->ssl, from, count);
        return sent > 0 ? sent : explain(stream, sent, error);
    }
    const ssize_t sent = send(stream->fd, from, (size_t)count, MSG_DONTWAIT | MSG_NOSIGNAL);
    stream->events = sent < 0 && errno == EAGAIN ? POLLOUT : 0;
    return sent < 0 ? explain_errno(errno, error) : (int)sent;
}
