// The TLS identity of a site: state/keys/tls.key and tls.crt. Made once, self-signed; the
// administrator may put others in their place.
#pragma once

#include "base/error.h"

#define SCRIM_FINGERPRINT_TEXT 96 // "AB:CD:…", SHA-256, and NUL

// Makes an ECDSA P-256 key and a certificate for `host` (the part of "host:port"), localhost,
// 127.0.0.1,
// ::1 and this machine's name, valid 825 days, unless both files are there. One alone is an error.
SCRIM_MUST_CHECK int scrim_tls_ensure(const char *key_file, const char *cert_file, const char *host,
                                      struct scrim_error *error);

// Loads both, checks that they belong together and are in date. The fingerprint is what a browser
// shows.
SCRIM_MUST_CHECK int scrim_tls_check(const char *key_file, const char *cert_file,
                                     char ret_fingerprint[SCRIM_FINGERPRINT_TEXT],
                                     struct scrim_error *error);
