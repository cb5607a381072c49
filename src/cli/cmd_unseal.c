// scrim unseal: k holders open a range of one camera, for a reason that is logged before anything
// is opened.
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/share_load.h"
#include "cli/unseal.h"
#include "media/media.h"

#include <unistd.h>

struct args {
    const char *camera, *reason, *out, *recipient;
    int64_t from_us, to_us;
    struct scrim_opt_list shares, passphrase_files, devices;
};

static const struct scrim_opt options[] = {
    {"camera", 0, SCRIM_OPT_TEXT, offsetof(struct args, camera), "ID", "which camera", 0, 0},
    {"from", 0, SCRIM_OPT_TIME, offsetof(struct args, from_us), "TIME",
     "beginning, as 2026-11-23T09:30:00Z, with +01:00 for the Z, or as now-15s", 0, 0},
    {"to", 0, SCRIM_OPT_TIME, offsetof(struct args, to_us), "TIME", "end, likewise", 0, 0},
    {"share", 0, SCRIM_OPT_LIST, offsetof(struct args, shares), "FILE",
     "a holder's share; once for each", 0, 0},
    {"passphrase-file", 0, SCRIM_OPT_LIST, offsetof(struct args, passphrase_files), "FILE",
     "passphrase of the share at the same place, or PIN of its token, or one for all; asked for "
     "otherwise",
     0, 0},
    {"device", 0, SCRIM_OPT_LIST, offsetof(struct args, devices), "PATH",
     "a security token to look at (default: all that are plugged in)", 0, 0},
    {"reason", 0, SCRIM_OPT_TEXT, offsetof(struct args, reason), "TEXT",
     "why; it is logged before anything is opened", 0, 0},
    {"out", 'o', SCRIM_OPT_TEXT, offsetof(struct args, out), "PATH",
     "the MP4 file to make; with --recipient, the directory for the age files", 0, 0},
    {"recipient", 0, SCRIM_OPT_TEXT, offsetof(struct args, recipient), "age1…",
     "write age files for this recipient instead, the sealed payload unchanged", 0, 0},
    {0},
};

static int check_args(const struct args *args, struct scrim_error *error)
{
    if (!args->camera)
        return scrim_fail(error, SCRIM_EINVAL, "which camera? give --camera ID");
    if (args->from_us == 0 || args->to_us == 0)
        return scrim_fail(error, SCRIM_EINVAL, "which time? give --from TIME and --to TIME");
    if (args->shares.count == 0)
        return scrim_fail(error, SCRIM_EINVAL, "whose shares? give --share FILE for each holder");
    if (!args->reason)
        return scrim_fail(error, SCRIM_EINVAL, "why? give --reason TEXT; it is logged");
    if (!args->out)
        return scrim_fail(error, SCRIM_EINVAL, "where to? give --out PATH");
    if (args->passphrase_files.count > 1 && args->passphrase_files.count != args->shares.count)
        return scrim_fail(error, SCRIM_EINVAL,
                          "--passphrase-file: one for all shares, or one for each");
    return SCRIM_OK;
}

static int open_range(const struct scrim_site *site, const struct args *args,
                      struct scrim_error *error)
{
    struct scrim_share shares[SCRIM_VAULT_HOLDERS_MAX] = {0};
    struct scrim_opening *opening = NULL;
    if (!args->recipient && access(args->out, F_OK) == 0)
        return scrim_fail(error, SCRIM_EEXIST, "%s exists already", args->out);
    int result =
        scrim_shares_unlock(&args->shares, &args->passphrase_files, &args->devices, shares, error);
    const struct scrim_opening_request request = {
        .camera = args->camera,
        .reason = args->reason,
        .from_us = args->from_us,
        .to_us = args->to_us,
        .output = args->recipient ? args->recipient : args->out,
        .shares = shares,
        .shares_count = args->shares.count,
    };
    if (result >= 0)
        result = scrim_opening_create(site, &request, &opening, error);
    const struct scrim_unseal_range range = {args->camera, args->from_us, args->to_us};
    if (result >= 0)
        result = args->recipient
                     ? scrim_unseal_export(opening, args->camera, args->recipient, args->out, error)
                     : scrim_unseal_film(opening, &range, args->out, error);
    scrim_opening_destroy(opening);
    for (size_t i = 0; i < args->shares.count; i++)
        scrim_share_wipe(&shares[i]);
    return result;
}

int scrim_cmd_unseal(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim unseal DIR --camera ID --from TIME --to TIME --share FILE --share FILE … "
        "--reason TEXT --out FILE.mp4",
        "Opens originals with the shares of as many holders as the vault asks for. The intent is "
        "logged before, the outcome after. The film begins at the key frame before --from; where "
        "the "
        "format of picture or sound changes, another one begins: FILE-2.mp4 and so on.",
        options, 1, 1};
    struct args args = {0};
    struct scrim_site site = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_args(&args, &error);
    if (result < 0)
        return scrim_cmd_usage("unseal", result, &error);

    scrim_media_quiet();
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = scrim_site_load(positionals[0], &site, &error);
    if (result >= 0)
        result = open_range(&site, &args, &error);
    scrim_site_finish(&site);
    return result < 0 ? scrim_cmd_failed("unseal", &error) : 0;
}
