// scrim user: who may sign in at the desk. Works while scrimd runs, which notices within a second.
#include "base/clock.h"
#include "base/fs.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/invite.h"
#include "cli/passphrase.h"
#include "people/users.h"
#include "site/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct add_args {
    const char *role, *password_file;
};

static const struct scrim_opt add_options[] = {
    {"role", 0, SCRIM_OPT_TEXT, offsetof(struct add_args, role), "ROLE",
     "viewer, operator, keyholder, auditor or administrator", 0, 0},
    {"password-file", 0, SCRIM_OPT_TEXT, offsetof(struct add_args, password_file), "FILE",
     "the password is the first line of FILE (default: ask)", 0, 0},
    {0},
};

static const struct scrim_opt invite_options[] = {
    {"role", 0, SCRIM_OPT_TEXT, offsetof(struct add_args, role), "ROLE",
     "viewer, operator, keyholder, auditor or administrator", 0, 0},
    {0},
};

static const struct scrim_opt no_options[] = {{0}};

static int open_users(const char *dir, struct scrim_users **ret, struct scrim_error *error)
{
    char state[SCRIM_PATH_MAX];
    struct stat info;
    if (scrim_path_join(state, dir, "state") < 0 || stat(state, &info) < 0)
        return scrim_fail(error, SCRIM_ENOENT, "%s is not a site: make one with scrim init %s", dir,
                          dir);
    return scrim_users_open(dir, ret, error);
}

static int choose_password(const char *name, const struct add_args *args, struct scrim_buf *ret,
                           struct scrim_error *error)
{
    char prompt[SCRIM_USER_NAME_MAX + 32];
    snprintf(prompt, sizeof prompt, "New password of %s: ", name);
    const int result = scrim_passphrase_choose(prompt, args->password_file, ret, error);
    return result < 0 ? result : scrim_password_check(name, (char *)ret->data, ret->len, error);
}

static int add_user(const char *dir, const char *name, enum scrim_role role,
                    const struct add_args *args, struct scrim_error *error)
{
    struct scrim_users *users = NULL;
    struct scrim_buf password = {0};
    int result = open_users(dir, &users, error);
    if (result >= 0)
        result = choose_password(name, args, &password, error);
    if (result >= 0)
        result = scrim_users_add(users, name, role, (char *)password.data, password.len, error);
    if (result >= 0)
        printf("%s may sign in as %s\n", name, scrim_role_text(role));
    scrim_buf_finish_wipe(&password);
    scrim_users_close(users);
    return result;
}

static int check_add(const char *name, const struct add_args *args, enum scrim_role *ret_role,
                     struct scrim_error *error)
{
    if (!scrim_user_name_valid(name))
        return scrim_fail(error, SCRIM_EINVAL,
                          "'%s' cannot be a name: lower-case letters, digits, '.', '_' and '-', at "
                          "most %d, beginning with a letter or digit",
                          name, SCRIM_USER_NAME_MAX);
    if (!args->role)
        return scrim_fail(error, SCRIM_EINVAL, "which role? give --role ROLE");
    if (!scrim_role_parse(args->role, ret_role))
        return scrim_fail(error, SCRIM_EINVAL,
                          "'%s' is no role: viewer, operator, keyholder, auditor or administrator",
                          args->role);
    return SCRIM_OK;
}

static int run_add(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim user add DIR NAME --role ROLE [--password-file FILE]",
        "Lets somebody sign in at the desk of a site.", add_options, 2, 2};
    struct add_args args = {0};
    const char *positionals[3];
    enum scrim_role role = SCRIM_ROLE_VIEWER;
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_add(positionals[1], &args, &role, &error);
    if (result < 0)
        return scrim_cmd_usage("user add", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = add_user(positionals[0], positionals[1], role, &args, &error);
    return result < 0 ? scrim_cmd_failed("user add", &error) : 0;
}

// The names of the groups in a set, with commas between; "all cameras" for none.
static void print_groups(const struct scrim_roster *roster, const struct scrim_group_set *set)
{
    bool first = true;
    for (size_t i = 0; i < roster->groups_count; i++) {
        if (!scrim_group_set_has(set, i))
            continue;
        printf("%s%s", first ? "" : ",", roster->groups[i].name);
        first = false;
    }
    printf("%s\n", first ? "all cameras" : "");
}

static void print_roster(const struct scrim_roster *roster)
{
    char time[SCRIM_TIME_TEXT];
    for (size_t i = 0; i < roster->users_count; i++) {
        const struct scrim_user *user = &roster->users[i];
        scrim_time_format(user->created_us, time);
        printf("%-*s %-13s since %.10s  ", SCRIM_USER_NAME_MAX, user->name,
               scrim_role_text(user->role), time);
        print_groups(roster, &user->groups);
    }
    for (size_t i = 0; i < roster->invitations_count; i++) {
        const struct scrim_invitation *invitation = &roster->invitations[i];
        if (invitation->expires_us <= scrim_clock_utc_us())
            continue;
        scrim_time_format(invitation->expires_us, time);
        printf("%-*s %-13s invited, until %.16sZ\n", SCRIM_USER_NAME_MAX, invitation->name,
               scrim_role_text(invitation->role), time);
    }
}

static int list_users(const char *dir, struct scrim_error *error)
{
    struct scrim_users *users = NULL;
    struct scrim_roster *roster = NULL;
    int result = open_users(dir, &users, error);
    if (result >= 0)
        result = scrim_roster_load(scrim_users_db(users), &roster, error);
    if (result >= 0)
        print_roster(roster);
    scrim_roster_free(roster);
    scrim_users_close(users);
    return result;
}

static int run_list(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim user list DIR", "Shows who may sign in, and who is invited.", no_options, 1, 1};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("user list", result, &error);
    result = list_users(positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("user list", &error) : 0;
}

static int remove_user(const char *dir, const char *name, struct scrim_error *error)
{
    struct scrim_users *users = NULL;
    int result = open_users(dir, &users, error);
    if (result >= 0)
        result = scrim_users_remove(scrim_users_db(users), name, error);
    if (result >= 0)
        printf("%s may not sign in any more; open sessions end\n", name);
    scrim_users_close(users);
    return result;
}

static int run_remove(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim user remove DIR NAME", "Removes a user and ends their sessions.", no_options, 2, 2};
    const char *positionals[3];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("user remove", result, &error);
    result = remove_user(positionals[0], positionals[1], &error);
    return result < 0 ? scrim_cmd_failed("user remove", &error) : 0;
}

static int invite_user(const char *dir, const char *name, enum scrim_role role,
                       struct scrim_error *error)
{
    struct scrim_users *users = NULL;
    struct scrim_site site = {0};
    int result = scrim_site_load(dir, &site, error);
    if (result >= 0)
        result = open_users(dir, &users, error);
    if (result >= 0)
        result = scrim_invite(users, site.config, name, role, error);
    scrim_users_close(users);
    scrim_site_finish(&site);
    return result;
}

static int run_invite(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim user invite DIR NAME --role ROLE",
        "Prints a link with which somebody chooses a password and comes in, once, within 72 hours. "
        "A new link for a name takes the place of the one before.",
        invite_options, 2, 2};
    struct add_args args = {0};
    const char *positionals[3];
    enum scrim_role role = SCRIM_ROLE_VIEWER;
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_add(positionals[1], &args, &role, &error);
    if (result < 0)
        return scrim_cmd_usage("user invite", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = invite_user(positionals[0], positionals[1], role, &error);
    return result < 0 ? scrim_cmd_failed("user invite", &error) : 0;
}

int scrim_cmd_user(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {
        {"add", run_add}, {"invite", run_invite}, {"list", run_list}, {"remove", run_remove}};
    const char *what = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(what, verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    const bool asked = strcmp(what, "--help") == 0;
    fprintf(asked ? stdout : stderr,
            "usage: scrim user add DIR NAME --role ROLE [--password-file FILE]\n"
            "       scrim user invite DIR NAME --role ROLE\n"
            "       scrim user list DIR\n"
            "       scrim user remove DIR NAME\n");
    return asked ? 0 : 2;
}
