// scrim gaps: what is recorded of each camera, what is missing and why, and what nobody knows.
#include "base/opt.h"
#include "cli/commands.h"
#include "cli/gaps.h"
#include "site/config.h"

#include <stdio.h>
#include <string.h>

#define DAY_US (24 * INT64_C(3600) * SCRIM_SECOND)

struct args {
    const char *camera;
    int64_t from_us, to_us;
    bool json;
};

static const struct scrim_opt options[] = {
    {"camera", 'c', SCRIM_OPT_TEXT, offsetof(struct args, camera), "ID",
     "this camera only, also one that is not configured any more", 0, 0},
    {"from", 0, SCRIM_OPT_TIME, offsetof(struct args, from_us), "TIME",
     "such as 2026-11-23T09:00:00Z or now-2h; a day before --to if it is not given", 0, 0},
    {"to", 0, SCRIM_OPT_TIME, offsetof(struct args, to_us), "TIME",
     "the end, not included; now if it is not given", 0, 0},
    {"json", 0, SCRIM_OPT_FLAG, offsetof(struct args, json), NULL,
     "print a JSON array with one object a camera; times are UTC in microseconds", 0, 0},
    {0},
};

static const struct scrim_opt_spec spec = {
    "scrim gaps DIR [--camera ID] [--from TIME] [--to TIME] [--json]",
    "Says what the journals tell of each camera: recorded (=), missing with a cause (!), destroyed "
    "early (x), and unknown (?): neither recorded nor explained. Blank is before the first record, "
    "or not due to be told yet.",
    options, 1, 1};

static int check_args(struct args *args, int64_t now_us, struct scrim_error *error)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (args->to_us == 0)
        args->to_us = now_us;
    if (args->from_us == 0)
        args->from_us = args->to_us - DAY_US;
    if (args->from_us >= args->to_us)
        return scrim_fail(error, SCRIM_EINVAL, "the range ends before it begins");
    if (args->camera && (args->camera[0] == '\0' || strlen(args->camera) > SCRIM_CAMERA_ID_MAX ||
                         args->camera[strspn(args->camera, allowed)] != '\0'))
        return scrim_fail(error, SCRIM_EINVAL, "--camera: no camera can have that id");
    return SCRIM_OK;
}

static int show(const char *dir, const char *camera, const struct args *args, int64_t now_us,
                struct scrim_error *error)
{
    const struct scrim_gaps_span asked = {args->from_us, args->to_us};
    struct scrim_gaps gaps;
    int result = scrim_gaps_read(dir, camera, asked, now_us, &gaps, error);
    if (result < 0)
        return result;
    result = args->json ? scrim_gaps_print_json(&gaps) : scrim_gaps_print(&gaps);
    scrim_gaps_finish(&gaps);
    return result < 0 ? scrim_fail(error, result, "the answer cannot be written") : SCRIM_OK;
}

// A camera that is not configured may have recorded all the same.
static int check_known(const struct scrim_site *site, const char *camera, struct scrim_error *error)
{
    char **days;
    size_t count = 0;
    for (unsigned i = 0; i < site->config->cameras_count; i++) {
        if (strcmp(site->config->cameras[i].id, camera) == 0)
            return SCRIM_OK;
    }
    const int result = scrim_journal_days(site->dir, camera, &days, &count, error);
    if (result < 0)
        return result;
    scrim_fs_free_names(days, count);
    return count > 0 ? SCRIM_OK
                     : scrim_fail(error, SCRIM_ENOENT,
                                  "camera '%s' is not configured and never recorded", camera);
}

static int show_all(const struct scrim_site *site, const struct args *args, int64_t now_us,
                    struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (unsigned i = 0; i < site->config->cameras_count && result >= 0; i++) {
        if (i > 0)
            printf(args->json ? ",\n" : "\n");
        result = show(site->dir, site->config->cameras[i].id, args, now_us, error);
    }
    return result;
}

static int run(const char *dir, const struct args *args, int64_t now_us, struct scrim_error *error)
{
    struct scrim_site site = {0};
    int result = scrim_site_load(dir, &site, error);
    if (result >= 0 && args->camera)
        result = check_known(&site, args->camera, error);
    if (result >= 0 && args->json)
        printf("[");
    if (result >= 0)
        result = args->camera ? show(site.dir, args->camera, args, now_us, error)
                              : show_all(&site, args, now_us, error);
    if (result >= 0 && args->json)
        printf("]\n");
    if (result >= 0 && fflush(stdout) != 0)
        result = scrim_fail(error, SCRIM_EIO, "the answer cannot be written");
    scrim_site_finish(&site);
    return result;
}

int scrim_cmd_gaps(int argc, char **argv)
{
    const int64_t now_us = scrim_clock_utc_us();
    struct args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_args(&args, now_us, &error);
    if (result < 0)
        return scrim_cmd_usage("gaps", result, &error);
    result = run(positionals[0], &args, now_us, &error);
    return result < 0 ? scrim_cmd_failed("gaps", &error) : 0;
}
