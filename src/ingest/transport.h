// The byte stream to a camera: a TCP socket, or TLS 1.2 and later over it (RTSPS). Never waits.
#pragma once

#include "base/error.h"

#include <stdint.h>

// How a camera proves who it is. With neither, the system's authorities and the name in the URL.
struct scrim_tls_trust {
    const char *ca_file;        // PEM: the authority, or the camera's own certificate; NULL: none
    const uint8_t *fingerprint; // SHA-256 of the camera's certificate (DER); NULL: none. Stands
                                // above all else: name and dates are not looked at
};

struct scrim_tls; // what all connections of a stream share

// Reads files: before the sandbox.
SCRIM_MUST_CHECK int scrim_tls_create(const struct scrim_tls_trust *trust, struct scrim_tls **ret,
                                      struct scrim_error *error);
void scrim_tls_destroy(struct scrim_tls *tls); // NULL is fine

// The SHA-256 of the certificate that was shown in the last handshake; false if none was.
bool scrim_tls_seen(const struct scrim_tls *tls, uint8_t ret[32]);

struct scrim_transport_stream;

// Takes `fd`, connected and non-blocking. `tls` NULL: none. `host`: the name to verify.
SCRIM_MUST_CHECK int scrim_transport_create(int fd, const struct scrim_tls *tls, const char *host,
                                            struct scrim_transport_stream **ret,
                                            struct scrim_error *error);
void scrim_transport_destroy(struct scrim_transport_stream *stream); // closes; NULL is fine

// Goes on with the handshake: 1 when it is done (at once without TLS), 0 to be called again when
// the descriptor is ready for _events. SCRIM_EAUTH: not the camera it should be, and why.
SCRIM_MUST_CHECK int scrim_transport_handshake(struct scrim_transport_stream *stream,
                                               struct scrim_error *error);
// Bytes read or written, 0: not now. SCRIM_EEND: closed; SCRIM_ENETWORK.
SCRIM_MUST_CHECK int scrim_transport_read(struct scrim_transport_stream *stream, uint8_t *to,
                                          int room, struct scrim_error *error);
SCRIM_MUST_CHECK int scrim_transport_write(struct scrim_transport_stream *stream,
                                           const uint8_t *from, int count,
                                           struct scrim_error *error);
int scrim_transport_fd(const struct scrim_transport_stream *stream);
// What to poll for beside POLLIN: 0 or POLLOUT, as the last call left it.
short scrim_transport_events(const struct scrim_transport_stream *stream);
// Bytes that poll() cannot see since TLS has read them already.
bool scrim_transport_pending(const struct scrim_transport_stream *stream);
