// The end of every way in: with a password, a second factor, an invitation, or a provider. Makes
// the session, sets the cookie and answers.
#pragma once

#include "desk/auth.h"

struct scrim_sign_in {
    struct scrim_session session;
    char token[SCRIM_SESSION_TOKEN_TEXT]; // wipe the whole struct when it is done with
    struct scrim_roster *roster;          // news, for scrim_sign_in_finish
};

// On the loop's thread, first: where it comes from.
void scrim_sign_in_begin(struct scrim_sign_in *in, const struct scrim_http_request *request);
// On the thread of desk->auth: the session of a user whose every factor is proven.
SCRIM_MUST_CHECK int scrim_sign_in_make(struct scrim_users *users, const struct scrim_user *user,
                                        struct scrim_sign_in *in, struct scrim_error *error);
// On the loop's thread again. The session that the request came with ends: none is carried over
// from one sign-in to the next. _enter sets the cookie and leaves the answer to the caller: 0, or
// after a failure the request is answered already. _finish answers 200 with the session.
SCRIM_MUST_CHECK int scrim_sign_in_enter(struct scrim_desk *desk,
                                         struct scrim_http_request *request,
                                         struct scrim_sign_in *in);
void scrim_sign_in_finish(struct scrim_desk *desk, struct scrim_http_request *request,
                          struct scrim_sign_in *in);
// Wipes it, and frees what was not handed over.
void scrim_sign_in_wipe(struct scrim_sign_in *in);

// Sets the cookie of the answer; "" takes it away.
SCRIM_MUST_CHECK int scrim_sign_in_cookie(struct scrim_http_request *request, const char *token);
// {"user","role","csrf","cameras","groups"}; `token` is the session's.
json_t *scrim_session_json(const struct scrim_desk *desk, const struct scrim_session *session,
                           const char *token);

// How long somebody who tries too often must wait: answers 429 and returns false.
bool scrim_sign_in_throttle(struct scrim_desk *desk, struct scrim_http_request *request,
                            const char *user); // NULL: the address alone counts
