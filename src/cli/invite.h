// Invitations from the command line: links that somebody opens in a browser to choose a password.
#pragma once

#include "people/role.h"
#include "people/users.h"
#include "site/config.h"

// Makes an invitation and prints its link, with what to do with it. The link is a secret: to a
// terminal, not to a log.
SCRIM_MUST_CHECK int scrim_invite(struct scrim_users *users, const struct scrim_site_config *config,
                                  const char *name, enum scrim_role role,
                                  struct scrim_error *error);
// On a site without any administrator: a link for the first one, or, where the output is no
// terminal, how to get it.
SCRIM_MUST_CHECK int scrim_invite_first(const struct scrim_site *site, struct scrim_error *error);
