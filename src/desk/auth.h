// Who may do what. Passwords are checked and site.db is written on a thread of its own
// (desk->auth); what it says of people (desk->roster) and the sessions themselves live on the
// loop's.
#pragma once

#include "desk/desk.h"

struct scrim_auth;

// Takes `users` over (on failure too), fills desk->roster and desk->sessions from the database, and
// starts desk->auth.
SCRIM_MUST_CHECK int scrim_auth_start(struct scrim_desk *desk, struct scrim_users *users,
                                      struct scrim_auth **ret, struct scrim_error *error);
// After the worker has stopped. NULL is fine.
void scrim_auth_finish(struct scrim_auth *auth);
// What the jobs of desk->auth are handed as their context, on its thread.
struct scrim_users *scrim_auth_users(void *context);

// On that thread: the roster as it is now if another process changed site.db, else NULL in *ret.
SCRIM_MUST_CHECK int scrim_auth_news(struct scrim_users *users, struct scrim_roster **ret,
                                     struct scrim_error *error);
// On the loop's: from now on this is how people are (takes it over; NULL: no news). Sessions and
// live pictures that are not allowed any more end at once.
void scrim_auth_take_roster(struct scrim_desk *desk, struct scrim_roster *roster);
// Ends live pictures whose session or token is over, or sees their camera no longer.
void scrim_auth_review(struct scrim_desk *desk);

// --- who asks ---

// Whoever a request is from: somebody signed in, or a program with a token.
struct scrim_who {
    int64_t user_id; // of a token: its maker
    char name[96];   // for logs and acts: the user's, or "token NAME"
    enum scrim_role role;
    unsigned rights;                     // bits; of a token never more than its maker has now
    struct scrim_camera_set cameras;     // that they see
    const struct scrim_session *session; // NULL for a token; valid for the moment
    uint8_t hash[SCRIM_SECRET_HASH];     // of the session or the token
};
bool scrim_who_may(const struct scrim_who *who, enum scrim_right right);

// Gives a route only to who may enter it, and a route with {camera} only to who sees that camera;
// see struct scrim_httpd_config.
bool scrim_auth_admit(void *desk, const struct scrim_http_request *request,
                      const struct scrim_http_route *route, struct scrim_http_problem *ret);
// False for a request of nobody: no session, no token, or one that is over.
bool scrim_auth_who(struct scrim_desk *desk, const struct scrim_http_request *request,
                    struct scrim_who *ret);
// Whether whoever asks sees this camera: for lists. Routes with {camera} are checked already.
bool scrim_desk_may(struct scrim_desk *desk, const struct scrim_http_request *request,
                    unsigned camera);
// The session of a request's cookie; NULL without one, and for a token. Valid for the moment.
struct scrim_session *scrim_auth_session(struct scrim_desk *desk,
                                         const struct scrim_http_request *request);
// True if the request says that its body is application/json. A page of another site cannot send
// that without asking first.
bool scrim_auth_is_json(const struct scrim_http_request *request);
