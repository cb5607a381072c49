// scrim rebuild: makes the index again from the journals and the lists of redacted files.
#include "base/clock.h"
#include "base/opt.h"
#include "cli/commands.h"
#include "index/index.h"

#include <inttypes.h>
#include <stdio.h>

static int run(const char *dir, uint64_t *ret_records, struct scrim_error *error)
{
    struct scrim_site site = {0};
    struct scrim_index *index = NULL;
    int result = scrim_site_load(dir, &site, error);
    if (result >= 0)
        result = scrim_index_rebuild(site.dir, &index, error);
    if (result >= 0)
        result = scrim_index_catch_up(index, &site, ret_records, error);
    scrim_index_close(index);
    scrim_site_finish(&site);
    return result;
}

int scrim_cmd_rebuild(int argc, char **argv)
{
    static const struct scrim_opt none[] = {{0}};
    static const struct scrim_opt_spec spec = {
        "scrim rebuild DIR",
        "Makes the index again from the journals. Nothing else depends on it; the desk must not be "
        "running.",
        none, 1, 1};
    const char *positionals[2];
    struct scrim_error error = {0};
    uint64_t records = 0;
    int result = scrim_opt_parse(&spec, argc, argv, NULL, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("rebuild", result, &error);
    const int64_t start_us = scrim_clock_mono_us();
    result = run(positionals[0], &records, &error);
    if (result < 0)
        return scrim_cmd_failed("rebuild", &error);
    printf("%" PRIu64 " records in %.1f s\n", records,
           (double)(scrim_clock_mono_us() - start_us) / SCRIM_SECOND);
    return 0;
}
