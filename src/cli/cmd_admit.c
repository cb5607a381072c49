// scrim admit: is there disk for what scrim.yaml promises, line by line.
#include "base/opt.h"
#include "cli/commands.h"
#include "keeper/admitted.h"

#include <stdio.h>

#define REPORT_MAX (1U << 20)

static int run(const char *dir, struct scrim_error *error)
{
    struct scrim_site site = {0};
    struct scrim_buf report;
    scrim_buf_init(&report, REPORT_MAX);
    int result = scrim_site_load(dir, &site, error);
    if (result >= 0)
        result = scrim_admission_check(&site, &report, NULL, error);
    if (report.len > 0 && fwrite(report.data, 1, report.len, stdout) != report.len)
        result = scrim_fail(error, SCRIM_EIO, "the report cannot be written");
    scrim_buf_finish(&report);
    scrim_site_finish(&site);
    return result;
}

int scrim_cmd_admit(int argc, char **argv)
{
    static const struct scrim_opt options[] = {{0}};
    static const struct scrim_opt_spec spec = {
        "scrim admit DIR",
        "Says whether the disks can hold what scrim.yaml keeps, and how that is reckoned. Changes "
        "nothing. Exits 1 if they cannot.",
        options, 1, 1};
    const char *positionals[2];
    struct scrim_error error = {0};
    const int parsed = scrim_opt_parse(&spec, argc, argv, NULL, positionals, &error);
    if (parsed < 0)
        return scrim_cmd_usage("admit", parsed, &error);
    return run(positionals[0], &error) < 0 ? scrim_cmd_failed("admit", &error) : 0;
}
