// What a camera says when it wants a login: WWW-Authenticate (RFC 7235, 4.1; RFC 7616, 3.3).
#pragma once

#include "rtsp/text.h"

#define SCRIM_RTSP_REALM_MAX 256 // bytes with NUL
#define SCRIM_RTSP_NONCE_MAX 512

enum scrim_rtsp_scheme { // the stronger, the higher
    SCRIM_RTSP_NO_SCHEME,
    SCRIM_RTSP_BASIC,
    SCRIM_RTSP_DIGEST_MD5,
    SCRIM_RTSP_DIGEST_SHA256,
};

struct scrim_rtsp_challenge {
    enum scrim_rtsp_scheme scheme;
    bool session;        // the algorithm ends in -sess: the first nonce goes into the key
    bool qop;            // qop=auth is offered, and used
    bool algorithm_said; // then the answer repeats it
    bool stale;          // the login was right, its nonce was too old
    bool has_opaque;
    char realm[SCRIM_RTSP_REALM_MAX]; // these as they stand between their quotes
    char nonce[SCRIM_RTSP_NONCE_MAX];
    char opaque[SCRIM_RTSP_NONCE_MAX];
};

// Looks at the challenges of one field; *best (zero before the first field) becomes the strongest
// that we can answer. One with an unknown algorithm, qop=auth-int alone, without realm or nonce, or
// with values too long to keep is passed over.
void scrim_rtsp_challenge_read(struct scrim_text field, struct scrim_rtsp_challenge *best);

// The next parameter of *field, its value without quotes; with at == NULL it is no parameter but
// the name of a scheme, which begins a challenge.
bool scrim_rtsp_next_parameter(struct scrim_text *field, struct scrim_text *ret_name,
                               struct scrim_text *ret_value);
// As a string that may go between quotes again. False if it does not fit or holds control
// characters.
SCRIM_MUST_CHECK bool scrim_rtsp_copy_quoted(struct scrim_text value, char *ret, size_t room);
