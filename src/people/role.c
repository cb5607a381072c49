#include "people/role.h"

#include <string.h>

#define BIT(name) SCRIM_RIGHT_BIT(SCRIM_RIGHT_##name)
#define EVERYONE (BIT(NONE) | BIT(SESSION) | BIT(LIVE) | BIT(SELF))
#define PAST (EVERYONE | BIT(PAST))

static const struct {
    const char *text;
    unsigned rights;
} roles[SCRIM_ROLE_COUNT] = {
    [SCRIM_ROLE_VIEWER] = {"viewer", EVERYONE},
    [SCRIM_ROLE_OPERATOR] = {"operator", PAST | BIT(EXPORT) | BIT(REQUEST) | BIT(GLASS)},
    [SCRIM_ROLE_KEYHOLDER] = {"keyholder", PAST | BIT(EXPORT) | BIT(REQUEST) | BIT(DECIDE)},
    [SCRIM_ROLE_AUDITOR] = {"auditor", PAST | BIT(ACTS)},
    [SCRIM_ROLE_ADMINISTRATOR] = {"administrator", PAST | BIT(EXPORT) | BIT(REQUEST) | BIT(ACTS) |
                                                       BIT(AREAS) | BIT(METRICS) | BIT(USERS) |
                                                       BIT(CAMERAS) | BIT(GLASS)},
};

static const char *const right_names[SCRIM_RIGHT_COUNT] = {
    [SCRIM_RIGHT_NONE] = "none",       [SCRIM_RIGHT_SESSION] = "session",
    [SCRIM_RIGHT_LIVE] = "live",       [SCRIM_RIGHT_PAST] = "past",
    [SCRIM_RIGHT_AREAS] = "areas",     [SCRIM_RIGHT_METRICS] = "metrics",
    [SCRIM_RIGHT_SELF] = "self",       [SCRIM_RIGHT_USERS] = "users",
    [SCRIM_RIGHT_CAMERAS] = "cameras", [SCRIM_RIGHT_EXPORT] = "export",
    [SCRIM_RIGHT_ACTS] = "acts",       [SCRIM_RIGHT_REQUEST] = "request",
    [SCRIM_RIGHT_DECIDE] = "decide",   [SCRIM_RIGHT_GLASS] = "glass",
};

const char *scrim_role_text(enum scrim_role role)
{
    return roles[role].text;
}

bool scrim_role_parse(const char *text, enum scrim_role *ret)
{
    for (int i = 0; i < SCRIM_ROLE_COUNT; i++) {
        if (strcmp(text, roles[i].text) == 0) {
            *ret = (enum scrim_role)i;
            return true;
        }
    }
    return false;
}

unsigned scrim_role_rights(enum scrim_role role)
{
    return roles[role].rights;
}

bool scrim_role_has(enum scrim_role role, enum scrim_right right)
{
    return (roles[role].rights & SCRIM_RIGHT_BIT(right)) != 0;
}

const char *scrim_right_text(enum scrim_right right)
{
    return right_names[right];
}

bool scrim_right_parse(const char *text, enum scrim_right *ret)
{
    for (int i = 0; i < SCRIM_RIGHT_COUNT; i++) {
        if (strcmp(text, right_names[i]) == 0) {
            *ret = (enum scrim_right)i;
            return true;
        }
    }
    return false;
}
