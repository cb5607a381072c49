// HTTPS to the provider, and to nobody else: libcurl, TLS 1.2 or later with the certificate
// checked, no redirects, no proxy, answers bounded in size and time. The only file that includes
// libcurl.
#pragma once

#include "base/buf.h"

struct scrim_web;

// `authorities`: PEM text of those whose certificates count; not kept beyond the call's `web`.
SCRIM_MUST_CHECK int scrim_web_create(const struct scrim_buf *authorities, struct scrim_web **ret,
                                      struct scrim_error *error);
void scrim_web_destroy(struct scrim_web *web); // NULL is fine

// The body of a 200 answer into `ret` (initialised by the caller; its ceiling bounds the size).
// SCRIM_ENETWORK, with the reason, when there is no answer; SCRIM_EFORMAT for one that is not 200.
SCRIM_MUST_CHECK int scrim_web_get(struct scrim_web *web, const char *url, struct scrim_buf *ret,
                                   struct scrim_error *error);

struct scrim_web_login {
    const char *user, *password; // HTTP Basic; NULL: none
};
// Posts a form. *ret_status is the answer's status, whatever it is, with its body in `ret`.
SCRIM_MUST_CHECK int scrim_web_post(struct scrim_web *web, const char *url, const char *form,
                                    const struct scrim_web_login *login, int *ret_status,
                                    struct scrim_buf *ret, struct scrim_error *error);
// application/x-www-form-urlencoded, as forms and client credentials want it (RFC 6749, B).
SCRIM_MUST_CHECK int scrim_web_escape(const char *text, struct scrim_buf *ret);
