#include "people/role.h"

#include <string.h>

#define BIT(right) (1U << (right))
#define EVERYONE (BIT(SCRIM_RIGHT_NONE) | BIT(SCRIM_RIGHT_SESSION) | BIT(SCRIM_RIGHT_LIVE))

static const struct {
    const char *text;
    unsigned rights;
} roles[SCRIM_ROLE_COUNT] = {
    [SCRIM_ROLE_VIEWER] = {"viewer", EVERYONE},
    [SCRIM_ROLE_OPERATOR] = {"operator", EVERYONE | BIT(SCRIM_RIGHT_PAST)},
    [SCRIM_ROLE_KEYHOLDER] = {"keyholder", EVERYONE | BIT(SCRIM_RIGHT_PAST)},
    [SCRIM_ROLE_AUDITOR] = {"auditor", EVERYONE | BIT(SCRIM_RIGHT_PAST)},
    [SCRIM_ROLE_ADMINISTRATOR] = {"administrator", EVERYONE | BIT(SCRIM_RIGHT_PAST) |
                                                       BIT(SCRIM_RIGHT_AREAS) |
                                                       BIT(SCRIM_RIGHT_METRICS)},
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

bool scrim_role_has(enum scrim_role role, enum scrim_right right)
{
    return (roles[role].rights & BIT(right)) != 0;
}

const char *scrim_right_text(enum scrim_right right)
{
    static const char *const names[] = {
        [SCRIM_RIGHT_NONE] = "none",   [SCRIM_RIGHT_SESSION] = "session",
        [SCRIM_RIGHT_LIVE] = "live",   [SCRIM_RIGHT_PAST] = "past",
        [SCRIM_RIGHT_AREAS] = "areas", [SCRIM_RIGHT_METRICS] = "metrics",
    };
    return names[right];
}
