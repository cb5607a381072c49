#include "cli/invite.h"

#include "base/log.h"
#include "people/db.h"
#include "people/invitations.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FIRST_NAME "admin"

// The desk's address for a browser: what listens everywhere is called by the machine's name.
static void print_desk(const char *listen)
{
    const char *colon = strrchr(listen, ':');
    const size_t length = colon ? (size_t)(colon - listen) : strlen(listen);
    char host[256] = "";
    const bool everywhere = (length == 7 && memcmp(listen, "0.0.0.0", 7) == 0) ||
                            (length == 4 && memcmp(listen, "[::]", 4) == 0);
    if (everywhere && gethostname(host, sizeof host - 1) == 0 && host[0])
        printf("https://%s%s/", host, colon ? colon : "");
    else
        printf("https://%s/", listen);
}

int scrim_invite(struct scrim_users *users, const struct scrim_site_config *config,
                 const char *name, enum scrim_role role, struct scrim_error *error)
{
    char secret[SCRIM_SECRET_TEXT];
    struct scrim_invitation made;
    const struct scrim_names no_groups = {0};
    const struct scrim_invitation_wish wish = {.name = name, .role = role, .groups = &no_groups};
    const int result = scrim_invitations_make(scrim_users_db(users), &wish, secret, &made, error);
    if (result < 0)
        return result;
    printf("%s is invited as %s. Whoever opens this link first chooses the password; it works "
           "once, for 72 hours:\n\n  ",
           name, scrim_role_text(role));
    print_desk(config->listen);
    printf("#/setup/invitation/%s\n\n", secret);
    sodium_memzero(secret, sizeof secret);
    return SCRIM_OK;
}

int scrim_invite_first(const struct scrim_site *site, struct scrim_error *error)
{
    struct scrim_users *users = NULL;
    int64_t count = 0;
    int result = scrim_users_open(site->dir, &users, error);
    if (result >= 0)
        result = scrim_db_number(scrim_users_db(users),
                                 "SELECT count(*) FROM users WHERE role = 'administrator'", &count,
                                 error);
    if (result >= 0 && count == 0 && isatty(STDOUT_FILENO)) {
        printf("This site has no administrator yet.\n");
        result = scrim_invite(users, site->config, FIRST_NAME, SCRIM_ROLE_ADMINISTRATOR, error);
    } else if (result >= 0 && count == 0) {
        const struct scrim_log log = scrim_log_named("up");
        scrim_info(&log,
                   "this site has no administrator yet: scrim user invite %s " FIRST_NAME
                   " --role administrator",
                   site->dir);
    }
    fflush(stdout);
    scrim_users_close(users);
    return result;
}
