// scrim vault: deals the shares of a new vault, and lets a holder see that theirs belongs to it.
#include "base/fs.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/passphrase.h"
#include "cli/share_load.h"
#include "vault/vault.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VAULT_ID_TEXT (2 * SCRIM_VAULT_ID + 1)

static const char *id_text(const uint8_t id[SCRIM_VAULT_ID], char ret[VAULT_ID_TEXT])
{
    return sodium_bin2hex(ret, VAULT_ID_TEXT, id, SCRIM_VAULT_ID);
}

struct init_args {
    int64_t threshold;
    struct scrim_opt_list holders;
    const char *out, *passphrase_file;
    bool unprotected;
};

static const struct scrim_opt init_options[] = {
    {"threshold", 'k', SCRIM_OPT_INT, offsetof(struct init_args, threshold), "K",
     "how many holders must agree to open (at least 2)", 2, SCRIM_VAULT_HOLDERS_MAX},
    {"holder", 0, SCRIM_OPT_LIST, offsetof(struct init_args, holders), "NAME",
     "a keyholder; once for each", 0, 0},
    {"out", 0, SCRIM_OPT_TEXT, offsetof(struct init_args, out), "SHARES_DIR",
     "where the share files go; hand them out and delete them here", 0, 0},
    {"passphrase-file", 0, SCRIM_OPT_TEXT, offsetof(struct init_args, passphrase_file), "FILE",
     "protect every share with the first line of FILE instead of asking for each", 0, 0},
    {"unprotected", 0, SCRIM_OPT_FLAG, offsetof(struct init_args, unprotected), NULL,
     "leave the shares without passphrase; the files say so", 0, 0},
    {0},
};

static int check_init_args(const struct init_args *args, struct scrim_error *error)
{
    const size_t n = args->holders.count;
    if (args->threshold == 0)
        return scrim_fail(error, SCRIM_EINVAL, "how many must agree? give -k K");
    if (!args->out)
        return scrim_fail(error, SCRIM_EINVAL, "where do the shares go? give --out SHARES_DIR");
    if ((size_t)args->threshold > n)
        return scrim_fail(error, SCRIM_EINVAL, "-k %d needs at least %d holders, %zu given",
                          (int)args->threshold, (int)args->threshold, n);
    if (args->unprotected && args->passphrase_file)
        return scrim_fail(error, SCRIM_EINVAL,
                          "--unprotected and --passphrase-file exclude each other");
    return SCRIM_OK;
}

static int vault_path(const char *dir, char ret[SCRIM_PATH_MAX], struct scrim_error *error)
{
    return scrim_path_join(ret, dir, "state/vault.json") < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir)
               : SCRIM_OK;
}

static int share_path(const char *out, const struct scrim_share *share, char ret[SCRIM_PATH_MAX],
                      struct scrim_error *error)
{
    char name[sizeof share->name + 32];
    snprintf(name, sizeof name, "share-%u-%s.json", share->index, share->name);
    return scrim_path_join(ret, out, name) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", out)
               : SCRIM_OK;
}

static int save_share(const struct init_args *args, const struct scrim_share *share,
                      struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], prompt[128];
    struct scrim_buf passphrase = {0};
    int result = share_path(args->out, share, path, error);
    if (result >= 0 && !args->unprotected) {
        snprintf(prompt, sizeof prompt, "New passphrase for the share of %s: ", share->name);
        result = scrim_passphrase_choose(prompt, args->passphrase_file, &passphrase, error);
    }
    if (result >= 0)
        result = scrim_share_save(path, share, args->unprotected ? NULL : (char *)passphrase.data,
                                  error);
    scrim_buf_finish_wipe(&passphrase);
    if (result >= 0)
        printf("  %s\n", path);
    return result;
}

// The vault's public part is written last: while it is missing nothing can be sealed to these
// shares, so removing them undoes everything.
static int save_all(const struct init_args *args, const char *path, const struct scrim_vault *vault,
                    const struct scrim_share *shares, struct scrim_error *error)
{
    unsigned saved = 0;
    int result = SCRIM_OK;
    while (saved < vault->holders_count && result >= 0) {
        result = save_share(args, &shares[saved], error);
        saved += result >= 0;
    }
    if (result >= 0)
        result = scrim_vault_save(path, vault, error);
    for (unsigned i = 0; i < saved && result < 0; i++) {
        char share[SCRIM_PATH_MAX];
        if (share_path(args->out, &shares[i], share, NULL) >= 0)
            unlink(share);
    }
    return result;
}

static int prepare_directories(const char *dir, const char *out, const char *path,
                               struct scrim_error *error)
{
    struct stat info;
    char state[SCRIM_PATH_MAX];
    if (stat(dir, &info) < 0 || !S_ISDIR(info.st_mode))
        return scrim_fail(error, SCRIM_ENOENT, "%s is not a site: make one with scrim init %s", dir,
                          dir);
    if (access(path, F_OK) == 0)
        return scrim_fail(
            error, SCRIM_EEXIST,
            "%s exists: what is sealed to that vault could not be opened with another", path);
    int result = scrim_path_join(state, dir, "state");
    if (result < 0)
        return scrim_fail(error, result, "%s: path too long", dir);
    result = scrim_fs_make_dirs(state, 0700, error);
    return result < 0 ? result : scrim_fs_make_dirs(out, 0700, error);
}

static int init_vault(const struct init_args *args, const char *dir, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], id[VAULT_ID_TEXT];
    int result = vault_path(dir, path, error);
    if (result >= 0)
        result = prepare_directories(dir, args->out, path, error);
    if (result < 0)
        return result;

    const unsigned k = (unsigned)args->threshold, n = (unsigned)args->holders.count;
    struct scrim_vault vault;
    struct scrim_share shares[SCRIM_OPT_LIST_MAX] = {0};
    result = scrim_vault_generate(k, n, args->holders.items, NULL, &vault, shares, error);
    if (result >= 0) {
        printf("shares:\n");
        result = save_all(args, path, &vault, shares, error);
    }
    sodium_memzero(shares, sizeof shares);
    if (result < 0)
        return result;

    printf("vault %s: any %u of %u holders open together\n", id_text(vault.id, id), k, n);
    if (k == n)
        fprintf(stderr, "warning: all %u holders are needed: one lost share loses everything\n", n);
    if (args->unprotected)
        fprintf(stderr, "warning: the shares have no passphrase: who has the files can open\n");
    printf("Give each holder their file by hand, then delete it here.\n");
    return SCRIM_OK;
}

static int run_init(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault init DIR -k K --holder NAME --holder NAME … --out SHARES_DIR",
        "Makes the vault of a site: its public part goes into DIR/state/vault.json, one share file "
        "per holder into SHARES_DIR.",
        init_options, 1, 1};
    struct init_args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_init_args(&args, &error);
    if (result < 0)
        return scrim_cmd_usage("vault init", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = init_vault(&args, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault init", &error) : 0;
}

struct verify_args {
    const char *share, *passphrase_file;
    struct scrim_opt_list devices;
};

static const struct scrim_opt verify_options[] = {
    {"share", 0, SCRIM_OPT_TEXT, offsetof(struct verify_args, share), "FILE", "the share file", 0,
     0},
    {"passphrase-file", 0, SCRIM_OPT_TEXT, offsetof(struct verify_args, passphrase_file), "FILE",
     "its passphrase, or the PIN of its token, is the first line of FILE (default: ask)", 0, 0},
    {"device", 0, SCRIM_OPT_LIST, offsetof(struct verify_args, devices), "PATH",
     "a security token to look at (default: all that are plugged in)", 0, 0},
    {0},
};

static int verify_share(const struct verify_args *args, const char *dir, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], id[VAULT_ID_TEXT];
    struct scrim_vault vault;
    struct scrim_share share = {0};
    const struct scrim_share_source source = {args->share, args->passphrase_file, &args->devices};
    int result = vault_path(dir, path, error);
    if (result >= 0)
        result = scrim_vault_load(path, &vault, error);
    if (result >= 0)
        result = scrim_share_unlock(&source, &share, error);
    if (result >= 0) {
        result = scrim_share_check(&vault, &share, error);
        if (result < 0)
            scrim_fail_prefix(error, "%s", args->share);
    }
    if (result >= 0)
        printf("%s is share %u (%s) of vault %s, which any %u of %u open together\n", args->share,
               share.index, share.name, id_text(vault.id, id), vault.threshold,
               vault.holders_count);
    scrim_share_wipe(&share);
    return result;
}

static int run_verify(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault verify DIR --share FILE [--passphrase-file FILE]",
        "Shows that a share is whole and belongs to the vault of this site.", verify_options, 1, 1};
    struct verify_args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0 && !args.share)
        result = scrim_fail(&error, SCRIM_EINVAL, "which share? give --share FILE");
    if (result < 0)
        return scrim_cmd_usage("vault verify", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = verify_share(&args, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault verify", &error) : 0;
}

int scrim_cmd_vault(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "init") == 0)
        return run_init(argc - 1, argv + 1);
    if (strcmp(what, "verify") == 0)
        return run_verify(argc - 1, argv + 1);
    if (strcmp(what, "protect") == 0)
        return scrim_cmd_vault_protect(argc - 1, argv + 1);
    const bool asked = strcmp(what, "--help") == 0;
    fprintf(asked ? stdout : stderr,
            "usage: scrim vault init DIR -k K --holder NAME … --out SHARES_DIR\n"
            "       scrim vault verify DIR --share FILE\n"
            "       scrim vault protect --share FILE --out FILE [--fido2 --rp-id NAME]\n");
    return asked ? 0 : 2;
}
