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
};

const char *scrim_role_text(enum scrim_role role); // "viewer", …
bool scrim_role_parse(const char *text, enum scrim_role *ret);
bool scrim_role_has(enum scrim_role role, enum scrim_right right);
const char *scrim_right_text(enum scrim_right right); // for docs/ref/api.md
