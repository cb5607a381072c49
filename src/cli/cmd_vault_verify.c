// scrim vault verify: what a holder, a witness or an auditor wants to see for themselves.
#include "base/alloc.h"
#include "base/clock.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/share_load.h"
#include "cli/vault_place.h"

#include <stdio.h>
#include <stdlib.h>

struct args {
    const char *share, *passphrase_file;
    struct scrim_opt_list devices;
};

static const struct scrim_opt options[] = {
    {"share", 0, SCRIM_OPT_TEXT, offsetof(struct args, share), "FILE",
     "a share file: is it whole, and of this vault?", 0, 0},
    {"passphrase-file", 0, SCRIM_OPT_TEXT, offsetof(struct args, passphrase_file), "FILE",
     "its passphrase, or the PIN of its token, is the first line of FILE (default: ask)", 0, 0},
    {"device", 0, SCRIM_OPT_LIST, offsetof(struct args, devices), "PATH",
     "a security token, as /dev/hidraw1 (default: all that are plugged in)", 0, 0},
    {0},
};

static void say_vault(const struct scrim_vault *vault)
{
    char id[SCRIM_VAULT_ID_TEXT];
    printf("vault %s, dealing %u: any %u of %u holders open together\n",
           scrim_vault_id_text(vault->id, id), vault->dealing, vault->threshold,
           vault->holders_count);
    for (unsigned i = 0; i < vault->holders_count; i++)
        printf("  %u %s%s%s%s\n", i + 1, vault->names[i], vault->lines[i][0] ? " (" : "",
               vault->lines[i], vault->lines[i][0] ? ")" : "");
    printf("commitments: every holder's key lies on them\n"); // or it had not been loaded
}

// The dealing that a refresh came from is kept; what its holders said is checked against it.
static int check_refresh(const struct scrim_vault_place *place,
                         const struct scrim_ceremony *ceremony, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], below[SCRIM_VAULT_ID_TEXT + 64], id[SCRIM_VAULT_ID_TEXT];
    struct scrim_vault before;
    snprintf(below, sizeof below, SCRIM_VAULTS_DIR "/%s-%u.json",
             scrim_vault_id_text(ceremony->before_vault, id), ceremony->vault.dealing - 1);
    if (scrim_path_join(path, place->state, below) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", place->dir);
    int result = scrim_vault_load(path, &before, error);
    if (result >= 0)
        result = scrim_reshare_check(&before, ceremony->deals, ceremony->deals_count,
                                     &ceremony->vault, error);
    return result;
}

static int say_transcript(const struct scrim_vault_place *place, const struct scrim_vault *vault,
                          struct scrim_error *error)
{
    struct scrim_ceremony *ceremony = scrim_new(struct scrim_ceremony);
    char text[SCRIM_CEREMONY_DIGEST_TEXT], when[SCRIM_TIME_TEXT];
    uint8_t digest[32];
    int result = scrim_ceremony_find(place->state, vault, ceremony, digest, error);
    if (result >= 0 && ceremony->kind == SCRIM_CEREMONY_REFRESH)
        result = check_refresh(place, ceremony, error);
    if (result >= 0) {
        scrim_ceremony_digest_text(digest, text);
        scrim_time_format(ceremony->at_us, when);
        printf("transcript: %s by %s, %s, %s\n  %.39s\n  %s\n", scrim_ceremony_text(ceremony->kind),
               ceremony->who, when, ceremony->program, text, text + 40);
    }
    free(ceremony);
    return result;
}

static int say_test(const struct scrim_vault_place *place, const struct scrim_vault *vault,
                    struct scrim_error *error)
{
    struct scrim_test_opening proof;
    char when[SCRIM_TIME_TEXT];
    const int result = scrim_test_opening_find(place->state, place->dir, vault, &proof, error);
    if (result < 0)
        return result;
    scrim_time_format(proof.at_us, when);
    printf("test opening: %u holders, %s; the proof holds\n", proof.partials_count, when);
    return SCRIM_OK;
}

static int check_share(const struct args *args, const struct scrim_vault *vault,
                       struct scrim_error *error)
{
    struct scrim_share share = {0};
    char id[SCRIM_VAULT_ID_TEXT];
    const struct scrim_share_source source = {
        .file = args->share, .secret_file = args->passphrase_file, .devices = &args->devices};
    int result = scrim_share_unlock(&source, &share, error);
    if (result >= 0) {
        result = scrim_share_check(vault, &share, error);
        if (result < 0)
            scrim_fail_prefix(error, "%s", args->share);
    }
    if (result >= 0)
        printf("%s is share %u (%s) of vault %s, dealing %u\n", args->share, share.index,
               share.name, scrim_vault_id_text(vault->id, id), vault->dealing);
    scrim_share_wipe(&share);
    return result;
}

static int verify(const struct args *args, const char *dir, struct scrim_error *error)
{
    struct scrim_vault_place place;
    struct scrim_vault vault;
    int result = scrim_vault_place_open(dir, &place, error);
    if (result >= 0)
        result = scrim_vault_place_load(&place, &vault, error);
    if (result >= 0)
        say_vault(&vault);
    if (result >= 0)
        result = say_transcript(&place, &vault, error);
    if (result >= 0 && args->share)
        result = check_share(args, &vault, error);
    if (result >= 0)
        result = say_test(&place, &vault, error);
    scrim_vault_place_close(&place);
    return result;
}

int scrim_cmd_vault_verify(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault verify DIR [--share FILE]",
        "Shows who holds the vault of this site, checks its commitments, its transcript and the "
        "proof of its test opening, and that a share is whole and belongs to it.",
        options, 1, 1};
    struct args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("vault verify", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = verify(&args, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault verify", &error) : 0;
}
