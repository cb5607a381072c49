// Roles and what each may do. The one table of rights of the desk.
#pragma once

#include <stdbool.h>

enum scrim_role {
    SCRIM_ROLE_VIEWER,
    SCRIM_ROLE_OPERATOR,
    SCRIM_ROLE_KEYHOLDER,
    SCRIM_ROLE_AUDITOR,
    SCRIM_ROLE_ADMINISTRATOR,
    SCRIM_ROLE_COUNT
};

enum scrim_right {
    SCRIM_RIGHT_NONE,    // no session needed
    SCRIM_RIGHT_SESSION, // any session: site, cameras and their states
    SCRIM_RIGHT_LIVE,    // the redacted picture of now
    SCRIM_RIGHT_PAST,    // timeline and redacted recordings
    SCRIM_RIGHT_AREAS,   // to change masks, zones and lines: what is shown, and what is not
    SCRIM_RIGHT_METRICS, // figures for Prometheus; also with the token of metrics_token.h
    SCRIM_RIGHT_SELF,    // one's own session, password, factors, preferences: never with a token
    SCRIM_RIGHT_USERS,   // people, invitations and tokens: never with a token
    SCRIM_RIGHT_CAMERAS, // to add and change cameras, groups, plans and the site
    SCRIM_RIGHT_EXPORT,  // to take redacted film out of the desk
    SCRIM_RIGHT_ACTS,    // the log of who did what
    SCRIM_RIGHT_REQUEST, // to ask that originals are opened: never with a token
    SCRIM_RIGHT_DECIDE,  // to hand in a keyholder's decision: never with a token
    SCRIM_RIGHT_GLASS,   // to break glass, for who is named in scrim.yaml: never with a token
    SCRIM_RIGHT_COUNT
};

const char *scrim_role_text(enum scrim_role role); // "viewer", …
bool scrim_role_parse(const char *text, enum scrim_role *ret);
bool scrim_role_has(enum scrim_role role, enum scrim_right right);
const char *scrim_right_text(enum scrim_right right); // "none", "session", …
bool scrim_right_parse(const char *text, enum scrim_right *ret);

// Sets of rights, for tokens, which have fewer than their makers.
#define SCRIM_RIGHT_BIT(right) (1U << (right))
unsigned scrim_role_rights(enum scrim_role role);
