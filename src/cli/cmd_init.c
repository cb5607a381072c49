// scrim init: the directories of a site, its configuration and its signing key.
#include "base/opt.h"
#include "cli/commands.h"
#include "site/config.h"
#include "store/journal.h"
#include "store/layout.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const directories[] = {"store", "veil",       "run",       "secrets",
                                          "state", "state/keys", "state/log", SCRIM_HOURS_DIR};

static int make_directories(const char *dir, struct scrim_error *error)
{
    int result = scrim_fs_make_dirs(dir, 0755, error);
    for (size_t i = 0; result >= 0 && i < sizeof directories / sizeof *directories; i++) {
        char path[SCRIM_PATH_MAX];
        result = scrim_path_join(path, dir, directories[i]);
        result = result < 0 ? scrim_fail(error, result, "%s: path too long", dir)
                            : scrim_fs_make_dirs(path, 0700, error);
    }
    return result;
}

static int init_site(const char *dir, struct scrim_error *error)
{
    char config[SCRIM_PATH_MAX];
    if (scrim_path_join(config, dir, "scrim.yaml") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    if (access(config, F_OK) == 0)
        return scrim_fail(error, SCRIM_EEXIST, "%s exists: this is a site already", config);

    int result = make_directories(dir, error);
    if (result >= 0)
        result = scrim_device_key_create(dir, error);
    if (result >= 0) // last: a directory with a configuration is a whole site
        result =
            scrim_fs_create(config, scrim_site_template, strlen(scrim_site_template), 0644, error);
    return result;
}

int scrim_cmd_init(int argc, char **argv)
{
    static const struct scrim_opt options[] = {{0}};
    static const struct scrim_opt_spec spec = {
        "scrim init DIR", "Makes a site directory with a commented scrim.yaml and a signing key.",
        options, 1, 1};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("init", result, &error);

    const char *dir = positionals[0];
    result = init_site(dir, &error);
    if (result < 0)
        return scrim_cmd_failed("init", &error);
    printf("made a site in %s\n\nnext:\n"
           "  1. scrim vault init %s -k 2 --holder ANNA --holder BEN --holder CLEO --out SHARES\n"
           "  2. scrim up %s, which prints a link for the first administrator\n"
           "  3. open the link: cameras are added there, or in %s/scrim.yaml\n",
           dir, dir, dir, dir);
    return 0;
}
