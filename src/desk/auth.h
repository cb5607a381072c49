// Signing in and out. Passwords are checked and site.db is written on a thread of its own; the
// sessions themselves live on the loop's.
#pragma once

#include "desk/desk.h"

struct scrim_auth;

// Takes `users` over (on failure too), fills desk->sessions from the database, and starts
// desk->auth.
SCRIM_MUST_CHECK int scrim_auth_start(struct scrim_desk *desk, struct scrim_users *users,
                                      struct scrim_auth **ret, struct scrim_error *error);
// After the worker has stopped. NULL is fine.
void scrim_auth_finish(struct scrim_auth *auth);

// Gives a route only to who may enter it; see struct scrim_httpd_config.
bool scrim_auth_admit(void *desk, const struct scrim_http_request *request,
                      const struct scrim_http_route *route, struct scrim_http_problem *ret);
// Whose request it is; NULL without a session. Valid for the moment.
struct scrim_session *scrim_auth_session(struct scrim_desk *desk,
                                         const struct scrim_http_request *request);
// True if the request says that its body is application/json. A page of another site cannot send
// that without asking first.
bool scrim_auth_is_json(const struct scrim_http_request *request);
