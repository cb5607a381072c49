// scrim vault test: k holders open something that is worth nothing, and the proof of it lets the
// site go live.
#include "base/clock.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/share_load.h"
#include "cli/vault_place.h"

#include <sodium.h>
#include <stdio.h>

struct args {
    struct scrim_opt_list shares, passphrase_files, devices;
};

static const struct scrim_opt options[] = {
    {"share", 0, SCRIM_OPT_LIST, offsetof(struct args, shares), "FILE",
     "a holder's share; once for each", 0, 0},
    {"passphrase-file", 0, SCRIM_OPT_LIST, offsetof(struct args, passphrase_files), "FILE",
     "passphrase, or PIN of the token, of the share at the same place, or one for all; asked for "
     "otherwise",
     0, 0},
    {"device", 0, SCRIM_OPT_LIST, offsetof(struct args, devices), "PATH",
     "a security token, as /dev/hidraw1 (default: all that are plugged in)", 0, 0},
    {0},
};

static int keep(struct scrim_vault_place *place, const struct scrim_vault *vault,
                const struct scrim_test_opening *proof, struct scrim_error *error)
{
    struct scrim_buf bytes;
    uint8_t digest[32];
    scrim_buf_init(&bytes, SCRIM_VAULT_TEST_MAX);
    int result = scrim_test_opening_write(proof, &bytes);
    if (result < 0)
        scrim_fail(error, result, "the proof: %s", scrim_err_text(result));
    if (result >= 0) {
        scrim_ceremony_digest(bytes.data, bytes.len, digest);
        result = scrim_vault_place_log(place, "test", vault, digest, error);
    }
    if (result >= 0)
        result = scrim_succession_prove(place->state, &bytes, error);
    scrim_buf_finish(&bytes);
    return result;
}

static void say_done(const struct scrim_vault *vault, const struct scrim_test_opening *proof)
{
    char id[SCRIM_VAULT_ID_TEXT];
    printf("test opening: ");
    for (unsigned i = 0; i < proof->partials_count; i++)
        printf("%s%s", i > 0 ? ", " : "", vault->names[proof->partials[i].index - 1]);
    printf(" opened what was sealed to vault %s, dealing %u\n", scrim_vault_id_text(vault->id, id),
           vault->dealing);
}

static int test(const struct args *args, const char *dir, struct scrim_error *error)
{
    struct scrim_vault_place place;
    struct scrim_vault vault;
    struct scrim_share shares[SCRIM_OPT_LIST_MAX] = {0};
    struct scrim_test_opening proof;
    int result = scrim_vault_place_open(dir, &place, error);
    if (result >= 0)
        result = scrim_vault_place_lock(&place, error);
    if (result >= 0)
        result = scrim_vault_place_load(&place, &vault, error);
    if (result >= 0)
        result = scrim_shares_unlock(&args->shares, &args->passphrase_files, &args->devices, shares,
                                     error);
    if (result >= 0)
        result = scrim_test_opening_make(&vault, shares, args->shares.count, scrim_clock_utc_us(),
                                         &proof, error);
    sodium_memzero(shares, sizeof shares);
    if (result >= 0)
        result = keep(&place, &vault, &proof, error);
    if (result >= 0)
        say_done(&vault, &proof);
    scrim_vault_place_close(&place);
    return result;
}

int scrim_cmd_vault_test(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault test DIR --share FILE --share FILE …",
        "Seals a key that is worth nothing to the vault and opens it with the shares. The proof is "
        "kept: without one the site does not record.",
        options, 1, 1};
    struct args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0 && args.shares.count == 0)
        result = scrim_fail(&error, SCRIM_EINVAL, "which shares? give --share FILE for each");
    if (result < 0)
        return scrim_cmd_usage("vault test", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = test(&args, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault test", &error) : 0;
}
