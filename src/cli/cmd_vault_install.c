// scrim vault install: brings the public part of a vault that was made, or refreshed, on a machine
// without the site into it. No share is needed, and none must be there.
#include "base/alloc.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/vault_place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct args {
    bool rotate;
};

static const struct scrim_opt options[] = {
    {"rotate", 0, SCRIM_OPT_FLAG, offsetof(struct args, rotate), NULL,
     "the site has a vault already: seal to this one from now on; the other's holders keep what "
     "was sealed to them",
     0, 0},
    {0},
};

// What lies in VAULT_DIR: all of it is checked before any of it is used.
struct brought {
    const char *dir;
    struct scrim_ceremony ceremony;
    struct scrim_test_opening proof;
    bool has_proof;
    uint8_t digest[32];
    struct scrim_buf transcript, test; // their bytes
};

static int read_file(const struct scrim_vault_place *from, const char *name, struct scrim_buf *ret,
                     struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    return scrim_path_join(path, from->state, name) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", from->dir)
               : scrim_fs_read(path, ret, error);
}

static int read_proof(const struct scrim_vault_place *from, struct brought *ret,
                      struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    ret->has_proof =
        scrim_path_join(path, from->state, SCRIM_VAULT_TEST_FILE) >= 0 && access(path, F_OK) == 0;
    if (!ret->has_proof)
        return SCRIM_OK;
    int result =
        scrim_test_opening_find(from->state, from->dir, &ret->ceremony.vault, &ret->proof, error);
    return result < 0 ? result : scrim_test_opening_write(&ret->proof, &ret->test);
}

static int read_all(const char *dir, struct brought *ret, struct scrim_error *error)
{
    struct scrim_vault_place from;
    struct scrim_vault vault;
    int result = scrim_vault_place_open(dir, &from, error);
    if (result >= 0 && from.is_site)
        result =
            scrim_fail(error, SCRIM_EINVAL, "%s is a site, not a vault made with --offline", dir);
    if (result >= 0)
        result = scrim_vault_place_load(&from, &vault, error);
    if (result >= 0)
        result = scrim_ceremony_find(from.state, &vault, &ret->ceremony, ret->digest, error);
    if (result >= 0)
        result = read_file(&from, SCRIM_VAULT_TRANSCRIPT_FILE, &ret->transcript, error);
    if (result >= 0)
        result = read_proof(&from, ret, error);
    scrim_vault_place_close(&from);
    return result;
}

// A refresh is checked against what it refreshes: its transcript shows that the same secret was
// shared again, by holders of the dealing that is there.
static int check_refresh(const struct scrim_vault *present, const struct scrim_ceremony *ceremony,
                         struct scrim_error *error)
{
    if (ceremony->kind != SCRIM_CEREMONY_REFRESH ||
        memcmp(ceremony->before_dealing, present->dealing_id, sizeof present->dealing_id) != 0)
        return scrim_fail(error, SCRIM_ECONFLICT,
                          "dealing %u of this vault does not follow dealing %u, which is here",
                          ceremony->vault.dealing, present->dealing);
    return scrim_reshare_check(present, ceremony->deals, ceremony->deals_count, &ceremony->vault,
                               error);
}

// *ret_first: the site has none so far.
static int check_place(const struct scrim_vault_place *place, const struct args *args,
                       const struct brought *brought, bool *ret_first, struct scrim_error *error)
{
    struct scrim_vault present;
    const int result = scrim_vault_place_load(place, &present, error);
    *ret_first = result == SCRIM_ENOENT;
    if (*ret_first)
        return SCRIM_OK;
    if (result < 0)
        return result;
    if (!brought->has_proof)
        return scrim_fail(error, SCRIM_EINVAL,
                          "nothing untested takes a vault's place, and no proof of a test opening "
                          "came with it: scrim vault test %s --share FILE --share FILE",
                          brought->dir);
    if (memcmp(present.id, brought->ceremony.vault.id, SCRIM_VAULT_ID) == 0)
        return check_refresh(&present, &brought->ceremony, error);
    if (!args->rotate)
        return scrim_fail(error, SCRIM_EEXIST,
                          "%s has another vault: with --rotate this one takes its place, and its "
                          "holders keep what was sealed to them",
                          place->dir);
    return SCRIM_OK;
}

static void say_done(const struct scrim_vault_place *place, const struct brought *brought)
{
    const struct scrim_vault *vault = &brought->ceremony.vault;
    char id[SCRIM_VAULT_ID_TEXT], digest[SCRIM_CEREMONY_DIGEST_TEXT];
    scrim_ceremony_digest_text(brought->digest, digest);
    printf("vault %s, dealing %u: any %u of %u holders open together\n",
           scrim_vault_id_text(vault->id, id), vault->dealing, vault->threshold,
           vault->holders_count);
    printf("transcript, to be compared with what the witnesses wrote down:\n  %.39s\n  %s\n",
           digest, digest + 40);
    if (!brought->has_proof)
        printf("It was not opened in a test yet, and the site does not record before: scrim vault "
               "test %s --share FILE --share FILE\n",
               place->dir);
}

static int take(struct scrim_vault_place *place, const struct args *args,
                const struct brought *brought, struct scrim_error *error)
{
    const struct scrim_succession next = {.vault = &brought->ceremony.vault,
                                          .transcript = &brought->transcript,
                                          .proof = brought->has_proof ? &brought->test : NULL};
    bool first;
    int result = check_place(place, args, brought, &first, error);
    if (result >= 0)
        result = scrim_vault_place_log(place, "install", &brought->ceremony.vault, brought->digest,
                                       error);
    if (result >= 0)
        result = scrim_succession_take(place->state, &next, error);
    if (result >= 0 && !first)
        scrim_vault_place_tell(place);
    if (result >= 0)
        say_done(place, brought);
    return result;
}

static int install(const struct args *args, const char *dir, const char *vault_dir,
                   struct scrim_error *error)
{
    struct scrim_vault_place place;
    struct brought *brought = scrim_new(struct brought);
    brought->dir = vault_dir;
    scrim_buf_init(&brought->transcript, SCRIM_VAULT_TRANSCRIPT_MAX);
    scrim_buf_init(&brought->test, SCRIM_VAULT_TEST_MAX);
    int result = scrim_vault_place_open(dir, &place, error);
    if (result >= 0 && !place.is_site)
        result = scrim_fail(error, SCRIM_EINVAL, "%s is not a site", dir);
    if (result >= 0)
        result = read_all(vault_dir, brought, error);
    if (result >= 0)
        result = scrim_vault_place_lock(&place, error);
    if (result >= 0)
        result = take(&place, args, brought, error);
    scrim_vault_place_close(&place);
    scrim_buf_finish(&brought->transcript);
    scrim_buf_finish(&brought->test);
    free(brought);
    return result;
}

int scrim_cmd_vault_install(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault install DIR VAULT_DIR [--rotate]",
        "Brings a vault that was made with `scrim vault init --offline VAULT_DIR`, or refreshed "
        "there, into the site DIR: public part, transcript and proof of the test opening.",
        options, 2, 2};
    struct args args = {0};
    const char *positionals[3];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("vault install", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = install(&args, positionals[0], positionals[1], &error);
    return result < 0 ? scrim_cmd_failed("vault install", &error) : 0;
}
