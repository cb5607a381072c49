// scrim vault protect: the same share in another file, under a passphrase or a security token.
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/passphrase.h"
#include "cli/share_load.h"
#include "cli/token_person.h"

#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

struct args {
    const char *share, *out, *rp_id, *passphrase_file, *new_passphrase_file;
    struct scrim_opt_list devices, new_devices;
    bool fido2;
};

static const struct scrim_opt options[] = {
    {"share", 0, SCRIM_OPT_TEXT, offsetof(struct args, share), "FILE", "the share file as it is", 0,
     0},
    {"out", 'o', SCRIM_OPT_TEXT, offsetof(struct args, out), "FILE", "the share file to make", 0,
     0},
    {"fido2", 0, SCRIM_OPT_FLAG, offsetof(struct args, fido2), NULL,
     "protect it with a security token instead of a passphrase", 0, 0},
    {"rp-id", 0, SCRIM_OPT_TEXT, offsetof(struct args, rp_id), "NAME",
     "with --fido2: the name under which the desk is opened in a browser, as desk.example.org; "
     "never an IP address",
     0, 0},
    {"device", 0, SCRIM_OPT_LIST, offsetof(struct args, devices), "PATH",
     "the token, as /dev/hidraw1 (default: the one that is plugged in)", 0, 0},
    {"new-device", 0, SCRIM_OPT_LIST, offsetof(struct args, new_devices), "PATH",
     "with --fido2: the token for --out, where it is not that of --device", 0, 0},
    {"passphrase-file", 0, SCRIM_OPT_TEXT, offsetof(struct args, passphrase_file), "FILE",
     "passphrase, or PIN of the token, of --share is the first line of FILE (default: ask)", 0, 0},
    {"new-passphrase-file", 0, SCRIM_OPT_TEXT, offsetof(struct args, new_passphrase_file), "FILE",
     "likewise for --out", 0, 0},
    {0},
};

static int check_args(const struct args *args, struct scrim_error *error)
{
    if (!args->share)
        return scrim_fail(error, SCRIM_EINVAL, "which share? give --share FILE");
    if (!args->out)
        return scrim_fail(error, SCRIM_EINVAL, "where to? give --out FILE");
    if (args->rp_id && !args->fido2)
        return scrim_fail(error, SCRIM_EINVAL, "--rp-id belongs to --fido2");
    if (args->fido2 && !args->rp_id)
        return scrim_fail(error, SCRIM_EINVAL,
                          "under which name is the desk opened in a browser? give --rp-id NAME");
    if (args->fido2 && !scrim_rp_id_valid(args->rp_id))
        return scrim_fail(error, SCRIM_EINVAL,
                          "--rp-id %s: browsers take a host name in lower case, as "
                          "desk.example.org, and no IP address and no port",
                          args->rp_id);
    return SCRIM_OK;
}

static int save_under_token(const struct args *args, const struct scrim_share *share,
                            struct scrim_error *error)
{
    const struct scrim_opt_list *devices =
        args->new_devices.count > 0 ? &args->new_devices : &args->devices;
    const struct scrim_token_use use = {
        .devices = devices->items,
        .devices_count = devices->count,
        .person = scrim_token_person_at_terminal(args->new_passphrase_file),
    };
    struct scrim_share_token token;
    uint8_t secret[SCRIM_TOKEN_SECRET];
    int result = scrim_token_make(&use, args->rp_id, share->name, &token, secret, error);
    if (result >= 0)
        result = scrim_share_save_token(args->out, share, &token, secret, error);
    sodium_memzero(secret, sizeof secret);
    return result;
}

static int save_under_passphrase(const struct args *args, const struct scrim_share *share,
                                 struct scrim_error *error)
{
    char prompt[128];
    struct scrim_buf passphrase;
    snprintf(prompt, sizeof prompt, "New passphrase for the share of %s: ", share->name);
    int result = scrim_passphrase_choose(prompt, args->new_passphrase_file, &passphrase, error);
    if (result >= 0)
        result = scrim_share_save(args->out, share, (const char *)passphrase.data, error);
    scrim_buf_finish_wipe(&passphrase);
    return result;
}

static int protect(const struct args *args, struct scrim_error *error)
{
    struct scrim_share share = {0};
    const struct scrim_share_source source = {args->share, args->passphrase_file, &args->devices};
    if (access(args->out, F_OK) == 0) // before anybody types or touches something
        return scrim_fail(error, SCRIM_EEXIST, "%s exists already", args->out);
    int result = scrim_share_unlock(&source, &share, error);
    if (result >= 0)
        result = args->fido2 ? save_under_token(args, &share, error)
                             : save_under_passphrase(args, &share, error);
    if (result >= 0)
        printf("%s is the share of %s, under %s. %s still opens as before: try the new one with "
               "scrim vault verify, then delete the old one.\n",
               args->out, share.name, args->fido2 ? "the security token" : "a passphrase",
               args->share);
    scrim_share_wipe(&share);
    return result;
}

int scrim_cmd_vault_protect(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault protect --share FILE --out FILE [--fido2 --rp-id NAME]",
        "Writes the same share under another protection: a passphrase, or a FIDO2 security token. "
        "The token makes a credential of its own for each file; for two tokens make two files.",
        options, 0, 0};
    struct args args = {0};
    const char *positionals[1];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_args(&args, &error);
    if (result < 0)
        return scrim_cmd_usage("vault protect", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = protect(&args, &error);
    return result < 0 ? scrim_cmd_failed("vault protect", &error) : 0;
}
