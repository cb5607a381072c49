// scrim vault init, rotate: a new vault, the first of a site, or one in the place of another.
#include "base/alloc.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/holders.h"
#include "cli/shares_out.h"
#include "cli/vault_place.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct args {
    int64_t threshold;
    struct scrim_opt_list holders;
    struct scrim_shares_out out;
    bool offline;
};

#define DEALING_OPTIONS                                                                 \
    {"threshold",                                                                       \
     'k',                                                                               \
     SCRIM_OPT_INT,                                                                     \
     offsetof(struct args, threshold),                                                  \
     "K",                                                                               \
     "how many holders must agree to open (at least 2)",                                \
     2,                                                                                 \
     SCRIM_VAULT_HOLDERS_MAX},                                                          \
        {"holder",                                                                      \
         0,                                                                             \
         SCRIM_OPT_LIST,                                                                \
         offsetof(struct args, holders),                                                \
         "NAME[=LINE]",                                                                 \
         "a keyholder, and to whom they report; once for each",                         \
         0,                                                                             \
         0},                                                                            \
        {"out",                                                                         \
         0,                                                                             \
         SCRIM_OPT_TEXT,                                                                \
         offsetof(struct args, out.directory),                                          \
         "SHARES_DIR",                                                                  \
         "where the share files go; hand them out and delete them here",                \
         0,                                                                             \
         0},                                                                            \
        {"passphrase-file",                                                             \
         0,                                                                             \
         SCRIM_OPT_TEXT,                                                                \
         offsetof(struct args, out.passphrase_file),                                    \
         "FILE",                                                                        \
         "protect every share with the first line of FILE instead of asking for each",  \
         0,                                                                             \
         0},                                                                            \
    {                                                                                   \
        "unprotected", 0, SCRIM_OPT_FLAG, offsetof(struct args, out.unprotected), NULL, \
            "leave the shares without passphrase; the files say so", 0, 0               \
    }

static const struct scrim_opt init_options[] = {
    DEALING_OPTIONS,
    {"offline", 0, SCRIM_OPT_FLAG, offsetof(struct args, offline), NULL,
     "DIR is no site but a new directory for the public part, which `scrim vault install` takes to "
     "the site",
     0, 0},
    {0},
};

static const struct scrim_opt rotate_options[] = {DEALING_OPTIONS, {0}};

static int check_args(const struct args *args, struct scrim_holders *ret_holders,
                      struct scrim_error *error)
{
    int result = scrim_holders_parse(&args->holders, ret_holders, error);
    if (result >= 0)
        result = scrim_holders_check(ret_holders, args->threshold, error);
    if (result < 0)
        return result;
    if (!args->out.directory)
        return scrim_fail(error, SCRIM_EINVAL, "where do the shares go? give --out SHARES_DIR");
    if (args->out.unprotected && args->out.passphrase_file)
        return scrim_fail(error, SCRIM_EINVAL,
                          "--unprotected and --passphrase-file exclude each other");
    return SCRIM_OK;
}

static void say_done(const struct args *args, const struct scrim_vault *vault)
{
    char id[SCRIM_VAULT_ID_TEXT];
    printf("vault %s: any %u of %u holders open together\n", scrim_vault_id_text(vault->id, id),
           vault->threshold, vault->holders_count);
    scrim_holders_advise(vault);
    if (args->out.unprotected)
        fprintf(stderr, "warning: the shares have no passphrase: who has the files can open\n");
    printf("Give each holder their file by hand, then delete it here.\n");
}

// The shares come first: while the public part is missing nothing can be sealed to them, so
// removing them undoes everything.
static int deal(const struct args *args, const struct scrim_holders *holders,
                struct scrim_vault_place *place, struct scrim_ceremony *ceremony,
                struct scrim_error *error)
{
    struct scrim_share shares[SCRIM_OPT_LIST_MAX] = {0};
    struct scrim_test_opening proof;
    int result = scrim_vault_generate((unsigned)args->threshold, holders->count, holders->name_of,
                                      holders->line_of, &ceremony->vault, shares, error);
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

// --- init ---

static int check_none_there(const struct scrim_vault_place *place, struct scrim_error *error)
{
    struct scrim_vault present;
    const int result = scrim_vault_place_load(place, &present, NULL);
    if (result == SCRIM_ENOENT)
        return SCRIM_OK;
    return scrim_fail(error, SCRIM_EEXIST,
                      "%s/%s exists: what is sealed to that vault could not be opened with another",
                      place->state, SCRIM_VAULT_FILE);
}

static int init(const struct args *args, const struct scrim_holders *holders, const char *dir,
                struct scrim_error *error)
{
    struct scrim_vault_place place;
    struct scrim_ceremony *ceremony = scrim_new(struct scrim_ceremony);
    ceremony->kind = SCRIM_CEREMONY_INIT;
    int result = args->offline ? scrim_vault_place_make(dir, &place, error)
                               : scrim_vault_place_open(dir, &place, error);
    if (result >= 0)
        result = scrim_vault_place_lock(&place, error);
    if (result >= 0)
        result = check_none_there(&place, error);
    if (result >= 0)
        result = deal(args, holders, &place, ceremony, error);
    if (result >= 0 && args->offline)
        printf("Take %s to the site, and there: scrim vault install DIR %s\n", dir, dir);
    scrim_vault_place_close(&place);
    free(ceremony);
    return result;
}

int scrim_cmd_vault_init(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault init DIR -k K --holder NAME[=LINE] … --out SHARES_DIR",
        "Makes the vault of a site: its public part goes into DIR/state/vault.json, one share file "
        "per holder into SHARES_DIR. The shares are read back and tried before the vault counts.",
        init_options, 1, 1};
    struct args args = {0};
    struct scrim_holders holders = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_args(&args, &holders, &error);
    if (result < 0)
        return scrim_cmd_usage("vault init", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = init(&args, &holders, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault init", &error) : 0;
}

// --- rotate ---

static int rotate(const struct args *args, const struct scrim_holders *holders, const char *dir,
                  struct scrim_error *error)
{
    struct scrim_vault_place place;
    struct scrim_vault present;
    char id[SCRIM_VAULT_ID_TEXT];
    struct scrim_ceremony *ceremony = scrim_new(struct scrim_ceremony);
    ceremony->kind = SCRIM_CEREMONY_ROTATE;
    int result = scrim_vault_place_open(dir, &place, error);
    if (result >= 0 && !place.is_site)
        result = scrim_fail(error, SCRIM_EINVAL,
                            "%s is no site: make another vault with scrim vault init --offline, "
                            "and take it to the site with scrim vault install --rotate",
                            dir);
    if (result >= 0)
        result = scrim_vault_place_lock(&place, error);
    if (result >= 0)
        result = scrim_vault_place_load(&place, &present, error);
    if (result >= 0) {
        memcpy(ceremony->before_vault, present.id, sizeof present.id);
        memcpy(ceremony->before_dealing, present.dealing_id, sizeof present.dealing_id);
        result = deal(args, holders, &place, ceremony, error);
    }
    if (result >= 0)
        printf("What was sealed to vault %s is still opened by its holders: they keep their "
               "shares.\n",
               scrim_vault_id_text(present.id, id));
    scrim_vault_place_close(&place);
    free(ceremony);
    return result;
}

int scrim_cmd_vault_rotate(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault rotate DIR -k K --holder NAME[=LINE] … --out SHARES_DIR",
        "Makes a new vault, to which everything is sealed from the next segment on, without a gap. "
        "What was sealed before stays with the holders of the vault before.",
        rotate_options, 1, 1};
    struct args args = {0};
    struct scrim_holders holders = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_args(&args, &holders, &error);
    if (result < 0)
        return scrim_cmd_usage("vault rotate", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = rotate(&args, &holders, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault rotate", &error) : 0;
}
