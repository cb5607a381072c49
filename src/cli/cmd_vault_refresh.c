// scrim vault refresh: new shares of the same vault, made by k holders out of theirs
// (vault/reshare.h). Old shares open nothing for this site any more.
#include "base/alloc.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/holders.h"
#include "cli/share_load.h"
#include "cli/shares_out.h"
#include "cli/vault_place.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct args {
    int64_t threshold;
    struct scrim_opt_list shares, share_passphrase_files, devices, holders;
    struct scrim_shares_out out;
};

static const struct scrim_opt options[] = {
    {"share", 0, SCRIM_OPT_LIST, offsetof(struct args, shares), "FILE",
     "a holder's share as it is; once for each of k", 0, 0},
    {"share-passphrase-file", 0, SCRIM_OPT_LIST, offsetof(struct args, share_passphrase_files),
     "FILE",
     "passphrase, or PIN of the token, of the share at the same place, or one for all; asked for "
     "otherwise",
     0, 0},
    {"device", 0, SCRIM_OPT_LIST, offsetof(struct args, devices), "PATH",
     "a security token, as /dev/hidraw1 (default: all that are plugged in)", 0, 0},
    {"threshold", 'k', SCRIM_OPT_INT, offsetof(struct args, threshold), "K",
     "how many must agree from now on (default: as before)", 2, SCRIM_VAULT_HOLDERS_MAX},
    {"holder", 0, SCRIM_OPT_LIST, offsetof(struct args, holders), "NAME[=LINE]",
     "a keyholder from now on, once for each (default: those of before)", 0, 0},
    {"out", 0, SCRIM_OPT_TEXT, offsetof(struct args, out.directory), "SHARES_DIR",
     "where the new share files go; hand them out and delete them here", 0, 0},
    {"passphrase-file", 0, SCRIM_OPT_TEXT, offsetof(struct args, out.passphrase_file), "FILE",
     "protect every new share with the first line of FILE instead of asking for each", 0, 0},
    {"unprotected", 0, SCRIM_OPT_FLAG, offsetof(struct args, out.unprotected), NULL,
     "leave the new shares without passphrase; the files say so", 0, 0},
    {0},
};

static int check_args(const struct args *args, struct scrim_error *error)
{
    if (args->shares.count == 0)
        return scrim_fail(error, SCRIM_EINVAL, "whose shares? give --share FILE for each of k");
    if (!args->out.directory)
        return scrim_fail(error, SCRIM_EINVAL, "where do the shares go? give --out SHARES_DIR");
    if (args->out.unprotected && args->out.passphrase_file)
        return scrim_fail(error, SCRIM_EINVAL,
                          "--unprotected and --passphrase-file exclude each other");
    return SCRIM_OK;
}

static int choose(const struct args *args, const struct scrim_vault *present, unsigned *ret_k,
                  struct scrim_holders *ret, struct scrim_error *error)
{
    int result = SCRIM_OK;
    *ret_k = args->threshold > 0 ? (unsigned)args->threshold : present->threshold;
    if (args->holders.count > 0)
        result = scrim_holders_parse(&args->holders, ret, error);
    else if (present->holders_count > SCRIM_OPT_LIST_MAX)
        result = scrim_fail(error, SCRIM_EUNSUPPORTED, "more than %d holders cannot be dealt to",
                            SCRIM_OPT_LIST_MAX);
    else
        scrim_holders_of(present, ret);
    return result < 0 ? result : scrim_holders_check(ret, *ret_k, error);
}

// The old shares are in memory for as long as this takes.
static int reshare(const struct args *args, const struct scrim_vault *present,
                   struct scrim_ceremony *ceremony, struct scrim_share *ret_shares,
                   struct scrim_error *error)
{
    struct scrim_share old[SCRIM_OPT_LIST_MAX] = {0};
    struct scrim_holders holders = {0};
    unsigned k;
    int result = choose(args, present, &k, &holders, error);
    if (result >= 0)
        result = scrim_shares_unlock(&args->shares, &args->share_passphrase_files, &args->devices,
                                     old, error);
    if (result >= 0)
        result = scrim_vault_reshare(present, old, args->shares.count, k, holders.count,
                                     holders.name_of, holders.line_of, &ceremony->vault, ret_shares,
                                     ceremony->deals, error);
    ceremony->deals_count = present->threshold;
    sodium_memzero(old, sizeof old);
    return result;
}

static void say_done(const struct args *args, const struct scrim_vault *vault)
{
    char id[SCRIM_VAULT_ID_TEXT];
    printf("vault %s, dealing %u: any %u of %u holders open together\n",
           scrim_vault_id_text(vault->id, id), vault->dealing, vault->threshold,
           vault->holders_count);
    scrim_holders_advise(vault);
    if (args->out.unprotected)
        fprintf(stderr, "warning: the shares have no passphrase: who has the files can open\n");
    printf("Give each holder their new file by hand, then delete it here. Have the old ones "
           "destroyed, paper too: %s\n",
           "this site takes them no more, but enough of them together are still a key.");
}

static int deal(const struct args *args, struct scrim_vault_place *place,
                const struct scrim_vault *present, struct scrim_ceremony *ceremony,
                struct scrim_error *error)
{
    struct scrim_share shares[SCRIM_VAULT_HOLDERS_MAX] = {0};
    struct scrim_test_opening proof;
    int result = reshare(args, present, ceremony, shares, error);
    if (result >= 0)
        result = scrim_shares_out(&args->out, &ceremony->vault, shares, &proof, error);
    scrim_ceremony_sign_off(ceremony);
    sodium_memzero(shares, sizeof shares);
    if (result < 0)
        return result;
    result = scrim_vault_place_take(place, ceremony, &proof, error);
    if (result < 0 && !scrim_vault_place_has(place, &ceremony->vault))
        scrim_shares_take_back(&args->out, &ceremony->vault);
    if (result >= 0)
        say_done(args, &ceremony->vault);
    return result;
}

static int refresh(const struct args *args, const char *dir, struct scrim_error *error)
{
    struct scrim_vault_place place;
    struct scrim_vault present;
    struct scrim_ceremony *ceremony = scrim_new(struct scrim_ceremony);
    ceremony->kind = SCRIM_CEREMONY_REFRESH;
    int result = scrim_vault_place_open(dir, &place, error);
    if (result >= 0)
        result = scrim_vault_place_lock(&place, error);
    if (result >= 0)
        result = scrim_vault_place_load(&place, &present, error);
    if (result >= 0) {
        memcpy(ceremony->before_vault, present.id, sizeof present.id);
        memcpy(ceremony->before_dealing, present.dealing_id, sizeof present.dealing_id);
        result = deal(args, &place, &present, ceremony, error);
    }
    if (result >= 0 && !place.is_site)
        printf("Take %s to the site, and there: scrim vault install DIR %s\n", dir, dir);
    scrim_vault_place_close(&place);
    free(ceremony);
    return result;
}

int scrim_cmd_vault_refresh(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault refresh DIR --share FILE --share FILE … [-k K] [--holder NAME[=LINE] …] --out "
        "SHARES_DIR",
        "New shares for the same vault, made by k holders: what was sealed and what will be is "
        "opened with the new ones. A holder who lost theirs gets another, k and n may change.",
        options, 1, 1};
    struct args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_args(&args, &error);
    if (result < 0)
        return scrim_cmd_usage("vault refresh", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = refresh(&args, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault refresh", &error) : 0;
}
