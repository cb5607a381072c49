// Who is signed in. In memory, on the loop's thread; site.db keeps a copy so that a restart signs
// nobody out.
//
// A token is 256 random bits, known to the browser alone (cookie __Host-scrim); only its SHA-256 is
// kept. A session ends after 12 h without a request and after 7 days in any case. The CSRF token is
// derived from the session token, so it needs no keeping.
#pragma once

#include "base/clock.h"
#include "people/roster.h"

#define SCRIM_SESSION_HASH SCRIM_SECRET_HASH
#define SCRIM_SESSION_TOKEN_TEXT SCRIM_SECRET_TEXT
#define SCRIM_SESSION_IDLE_US (12 * 3600 * SCRIM_SECOND)
#define SCRIM_SESSION_LIFE_US (7 * 24 * 3600 * SCRIM_SECOND)

#define SCRIM_SESSION_ADDRESS 48 // text of an IP address, and NUL
#define SCRIM_SESSION_AGENT 161  // beginning of the User-Agent header, and NUL
#define SCRIM_SESSION_ID 17      // what lists call a session, and NUL

struct scrim_session {
    uint8_t hash[SCRIM_SESSION_HASH];
    int64_t user_id;
    char user[SCRIM_USER_NAME_MAX + 1];
    enum scrim_role role;
    struct scrim_camera_set cameras; // that this user sees; after scrim_sessions_follow
    int64_t created_us, seen_us;     // UTC
    int64_t saved_us;                // seen_us as site.db has it
    char address[SCRIM_SESSION_ADDRESS], agent[SCRIM_SESSION_AGENT]; // of the sign-in
};

struct scrim_sessions;

struct scrim_sessions *scrim_sessions_create(void);
void scrim_sessions_destroy(struct scrim_sessions *sessions); // NULL is fine

// Called with each session just before it is forgotten, whatever the reason.
typedef void (*scrim_session_ended)(void *context, const struct scrim_session *session);
void scrim_sessions_on_end(struct scrim_sessions *sessions, scrim_session_ended ended,
                           void *context);

// The CSRF token that goes with a session token. Constant-time comparison in _check.
void scrim_session_csrf(const char *token, char ret_csrf[SCRIM_SESSION_TOKEN_TEXT]);
bool scrim_session_csrf_check(const char *token, const char *csrf);

// Adds a session. At most 1,024 in all and 32 of one user: the one unused for longest ends.
void scrim_sessions_add(struct scrim_sessions *sessions, const struct scrim_session *session);
// The session of a token, or NULL; counts as use. Valid until the next call that ends sessions.
struct scrim_session *scrim_sessions_use(struct scrim_sessions *sessions, const char *token,
                                         int64_t now_us);
void scrim_sessions_end(struct scrim_sessions *sessions, const struct scrim_session *session);
// Ends what has run out.
void scrim_sessions_expire(struct scrim_sessions *sessions, int64_t now_us);

// What is known of the people now: sessions of users that are gone, or have another role, end; what
// they see follows.
void scrim_sessions_follow(struct scrim_sessions *sessions, const struct scrim_roster *roster);
// Ends those of a user but for the one whose hash is `keep` (NULL: all).
void scrim_sessions_end_user(struct scrim_sessions *sessions, int64_t user_id, const uint8_t *keep);

// For lists. The session at a place, NULL past the last; valid as that of _use.
const struct scrim_session *scrim_sessions_at(const struct scrim_sessions *sessions, size_t place);
void scrim_session_id(const struct scrim_session *session, char ret[SCRIM_SESSION_ID]);
size_t scrim_sessions_count(const struct scrim_sessions *sessions);
