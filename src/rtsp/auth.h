// Logging in to a camera: Digest (RFC 7616, and RFC 2617 and 2069 before it) with MD5 or SHA-256,
// and Basic (RFC 7617) where a camera offers nothing else.
#pragma once

#include "base/buf.h"
#include "rtsp/challenge.h"

struct scrim_rtsp_auth;

// Copies both; they are wiped by _destroy.
struct scrim_rtsp_auth *scrim_rtsp_auth_create(const char *user, const char *password);
void scrim_rtsp_auth_destroy(struct scrim_rtsp_auth *auth); // NULL is fine

// From now on requests answer this challenge. `cnonce`: what we put into the hash, at most 63
// characters without quotes; a fresh random one each time.
SCRIM_MUST_CHECK int scrim_rtsp_auth_answer(struct scrim_rtsp_auth *auth,
                                            const struct scrim_rtsp_challenge *challenge,
                                            const char *cnonce);
bool scrim_rtsp_auth_is_ready(const struct scrim_rtsp_auth *auth); // a challenge was answered
// Appends the Authorization line of one request. Reserve room in `out` before: it may hold the
// password (Basic).
SCRIM_MUST_CHECK int scrim_rtsp_auth_write(struct scrim_rtsp_auth *auth, const char *method,
                                           const char *uri, struct scrim_buf *out);
// Authentication-Info: the nonce for what follows (RFC 7616, 3.5).
void scrim_rtsp_auth_info(struct scrim_rtsp_auth *auth, struct scrim_text field);
