// Groups of cameras, and who is in which. Whoever is in a group sees the cameras of their groups
// only; whoever is in none sees all.
#pragma once

#include "people/body.h"
#include "people/roster.h"

struct scrim_db;

bool scrim_group_name_valid(const char *name);

// Makes a group or changes it. SCRIM_ECONFLICT when there are SCRIM_GROUPS_MAX already.
SCRIM_MUST_CHECK int scrim_groups_put(struct scrim_db *db, const char *name, const char *title,
                                      const struct scrim_names *cameras, struct scrim_error *error);
// SCRIM_ENOENT if there is none; SCRIM_ECONFLICT while somebody, an invitation or a token is in it:
// without it they might see all cameras.
SCRIM_MUST_CHECK int scrim_groups_delete(struct scrim_db *db, const char *name,
                                         struct scrim_error *error);

enum scrim_member { SCRIM_MEMBER_USER, SCRIM_MEMBER_INVITATION, SCRIM_MEMBER_TOKEN };
// Puts somebody into exactly these groups; part of a larger change. SCRIM_EINVAL, which says which,
// for a group that there is not.
SCRIM_MUST_CHECK int scrim_groups_assign(struct scrim_db *db, enum scrim_member kind, int64_t id,
                                         const struct scrim_names *groups,
                                         struct scrim_error *error);
// Administrators see all cameras, so they are in no group: SCRIM_EINVAL. Nobody could be kept from
// what they may give themselves.
SCRIM_MUST_CHECK int scrim_groups_check_role(enum scrim_role role, size_t groups_count,
                                             struct scrim_error *error);
