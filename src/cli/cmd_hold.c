// scrim hold: what of a camera nothing may destroy, until it is released. The keeper sees it before
// it destroys anything else.
#include "base/clock.h"
#include "base/login.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "keeper/admission.h"
#include "keeper/holds.h"
#include "keeper/stock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct args {
    const char *camera, *reason;
    int64_t from_us, to_us, until_us;
};

static const struct scrim_opt place_options[] = {
    {"camera", 0, SCRIM_OPT_TEXT, offsetof(struct args, camera), "ID", "which camera", 0, 0},
    {"from", 0, SCRIM_OPT_TIME, offsetof(struct args, from_us), "TIME",
     "beginning, as 2026-11-23T09:30:00Z, with +01:00 for the Z, or as now-2h", 0, 0},
    {"to", 0, SCRIM_OPT_TIME, offsetof(struct args, to_us), "TIME",
     "end, likewise; it may lie ahead", 0, 0},
    {"until", 0, SCRIM_OPT_TIME, offsetof(struct args, until_us), "TIME",
     "when the hold lapses by itself (default: never)", 0, 0},
    {"reason", 0, SCRIM_OPT_TEXT, offsetof(struct args, reason), "TEXT",
     "why, and by whose order; it is kept with the hold", 0, 0},
    {0},
};

static const struct scrim_opt release_options[] = {
    {"reason", 0, SCRIM_OPT_TEXT, offsetof(struct args, reason), "TEXT",
     "why it is no longer needed; it is kept with the hold", 0, 0},
    {0},
};

static const struct scrim_opt no_options[] = {{0}};

static int check_reason(const char *reason, struct scrim_error *error)
{
    if (!reason || !reason[0])
        return scrim_fail(error, SCRIM_EINVAL, "why? give --reason TEXT; it is kept");
    if (strlen(reason) > SCRIM_HOLD_REASON_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "--reason: at most %d bytes", SCRIM_HOLD_REASON_MAX);
    return SCRIM_OK;
}

static int check_place(const struct args *args, struct scrim_error *error)
{
    if (!args->camera)
        return scrim_fail(error, SCRIM_EINVAL, "which camera? give --camera ID");
    if (args->from_us == 0 || args->to_us == 0)
        return scrim_fail(error, SCRIM_EINVAL, "which time? give --from TIME and --to TIME");
    if (args->to_us <= args->from_us)
        return scrim_fail(error, SCRIM_EINVAL, "--to must lie after --from");
    if (args->until_us != 0 && args->until_us <= scrim_clock_utc_us())
        return scrim_fail(error, SCRIM_EINVAL, "--until must lie ahead");
    return check_reason(args->reason, error);
}

static void name_user(char ret[SCRIM_HOLD_WHO_MAX + 1])
{
    char login[SCRIM_LOGIN_TEXT];
    scrim_login_name(login);
    snprintf(ret, SCRIM_HOLD_WHO_MAX + 1, "%s", login[0] ? login : "unknown");
}

// A camera that left scrim.yaml may still have recordings.
static int find_camera(const struct scrim_site *site, struct scrim_stock *stock, const char *id,
                       struct scrim_error *error)
{
    const int result = scrim_stock_find_cameras(stock, error);
    if (result < 0)
        return result;
    if (!scrim_stock_camera(stock, id) && !scrim_site_camera(site, id))
        return scrim_fail(error, SCRIM_ENOENT, "%s has no camera '%s'", site->dir, id);
    return SCRIM_OK;
}

// What of the range is stored, said so that nobody believes in a hold on nothing.
static int report_kept(struct scrim_stock *stock, uint64_t id, const struct scrim_hold *hold,
                       struct scrim_error *error)
{
    struct scrim_stock_camera *camera = scrim_stock_camera(stock, hold->camera);
    uint64_t first, last, bytes = 0, count = 0;
    char text[SCRIM_BYTES_TEXT];
    int result = camera ? 1 : 0;
    while (result > 0)
        result = scrim_stock_step(stock, camera, error);
    if (result < 0)
        return result;
    scrim_hold_hours(hold, &first, &last);
    for (size_t i = 0; camera && i < camera->count; i++) {
        const uint64_t hour = scrim_hour_of(camera->pieces[i].start_us);
        if (hour < first || hour > last || !scrim_piece_stays(&camera->pieces[i]))
            continue;
        bytes += camera->pieces[i].bytes;
        count++;
    }
    scrim_bytes_text(bytes, text);
    printf("hold %" PRIu64 " is placed: ", id);
    if (count > 0)
        printf("it keeps %" PRIu64 " recordings of %s, %s\n", count, hold->camera, text);
    else
        printf("but nothing of %s is stored of that time%s\n", hold->camera,
               hold->to_us > scrim_clock_utc_us() ? " yet" : "");
    return SCRIM_OK;
}

static int place(const char *dir, const struct args *args, struct scrim_error *error)
{
    struct scrim_site site = {0};
    struct scrim_stock stock = {0};
    struct scrim_hold hold = {
        .from_us = args->from_us, .to_us = args->to_us, .until_us = args->until_us};
    uint64_t id = 0;
    int result = scrim_site_load(dir, &site, error);
    if (result < 0)
        return result;
    scrim_stock_init(&stock, &site);
    snprintf(hold.camera, sizeof hold.camera, "%s", args->camera);
    snprintf(hold.reason, sizeof hold.reason, "%s", args->reason);
    name_user(hold.who);
    result = find_camera(&site, &stock, args->camera, error);
    if (result >= 0)
        result = scrim_holds_place(site.dir, &hold, &id, error);
    if (result >= 0)
        result = report_kept(&stock, id, &hold, error);
    scrim_stock_finish(&stock);
    scrim_site_finish(&site);
    return result;
}

static int run_place(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim hold DIR --camera ID --from TIME --to TIME --reason TEXT [--until TIME]\n"
        "       scrim hold list DIR\n"
        "       scrim hold release DIR NUMBER --reason TEXT",
        "Legal hold: keeps recordings beyond their retention, whatever the disks say, until it is "
        "released. Whole hours are kept.",
        place_options, 1, 1};
    struct args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_place(&args, &error);
    if (result < 0)
        return scrim_cmd_usage("hold", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = place(positionals[0], &args, &error);
    return result < 0 ? scrim_cmd_failed("hold", &error) : 0;
}

static void print_hold(const struct scrim_hold *hold, int64_t now_us)
{
    char from[SCRIM_TIME_TEXT], to[SCRIM_TIME_TEXT], when[SCRIM_TIME_TEXT];
    scrim_time_format(hold->from_us, from);
    scrim_time_format(hold->to_us, to);
    scrim_time_format(hold->placed_us, when);
    printf("%-4" PRIu64 " %-20s %.19sZ to %.19sZ, by %s on %.10s: %s\n", hold->id, hold->camera,
           from, to, hold->who, when, hold->reason);
    if (hold->released_us != 0) {
        scrim_time_format(hold->released_us, when);
        printf("     released by %s on %.10s: %s\n", hold->released_by, when, hold->release_reason);
    } else if (hold->until_us != 0) {
        scrim_time_format(hold->until_us, when);
        printf("     %s %.19sZ\n", scrim_hold_active(hold, now_us) ? "lapses" : "lapsed", when);
    }
}

static int run_list(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim hold list DIR", "Shows all legal holds, those that ended too.", no_options, 1, 1};
    const char *positionals[2];
    struct scrim_holds holds = {0};
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, NULL, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("hold list", result, &error);
    result = scrim_holds_load(positionals[0], &holds, &error);
    for (size_t i = 0; i < holds.count; i++)
        print_hold(&holds.list[i], scrim_clock_utc_us());
    scrim_holds_finish(&holds);
    return result < 0 ? scrim_cmd_failed("hold list", &error) : 0;
}

static int parse_number(const char *text, uint64_t *ret, struct scrim_error *error)
{
    char *end;
    *ret = strtoull(text, &end, 10);
    if (end == text || *end != '\0' || text[0] == '-')
        return scrim_fail(error, SCRIM_EINVAL, "'%s' is no hold's number: scrim hold list has them",
                          text);
    return SCRIM_OK;
}

static int run_release(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim hold release DIR NUMBER --reason TEXT",
        "Ends a legal hold. What is past its retention is destroyed within a minute.",
        release_options, 2, 2};
    struct args args = {0};
    const char *positionals[3];
    char who[SCRIM_HOLD_WHO_MAX + 1];
    struct scrim_error error = {0};
    uint64_t id = 0;
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = parse_number(positionals[1], &id, &error);
    if (result >= 0)
        result = check_reason(args.reason, &error);
    if (result < 0)
        return scrim_cmd_usage("hold release", result, &error);
    name_user(who);
    result = scrim_holds_release(positionals[0], id, who, args.reason, &error);
    if (result < 0)
        return scrim_cmd_failed("hold release", &error);
    printf("hold %" PRIu64 " is released\n", id);
    return 0;
}

int scrim_cmd_hold(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "list") == 0)
        return run_list(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "release") == 0)
        return run_release(argc - 1, argv + 1);
    return run_place(argc, argv);
}
