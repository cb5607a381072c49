// scrim vault approve and refuse: a holder's decision, made where the share is. With DIR and a
// number the desk takes it in from its inbox; with files it is written to a file, on a machine that
// needs no network.
#include "base/clock.h"
#include "base/fs.h"
#include "base/opt.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/request_docs.h"
#include "cli/share_load.h"

#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#define INBOX_MODE 0640

struct args {
    const char *share, *passphrase_file, *reason, *request, *segments, *vault, *out;
    struct scrim_opt_list devices;
};

static const struct scrim_opt options[] = {
    {"share", 0, SCRIM_OPT_TEXT, offsetof(struct args, share), "FILE", "your share", 0, 0},
    {"reason", 0, SCRIM_OPT_TEXT, offsetof(struct args, reason), "TEXT",
     "why; needed to refuse. Who asked, and auditors, read it", 0, 0},
    {"passphrase-file", 0, SCRIM_OPT_TEXT, offsetof(struct args, passphrase_file), "FILE",
     "the share's passphrase, or the PIN of its token, is the first line of FILE (default: ask)", 0,
     0},
    {"device", 0, SCRIM_OPT_LIST, offsetof(struct args, devices), "PATH",
     "a security token, as /dev/hidraw1 (default: all that are plugged in)", 0, 0},
    {"request", 0, SCRIM_OPT_TEXT, offsetof(struct args, request), "FILE",
     "away from the site: request.json, as the desk gives it", 0, 0},
    {"segments", 0, SCRIM_OPT_TEXT, offsetof(struct args, segments), "FILE",
     "… segments.json, likewise", 0, 0},
    {"vault", 0, SCRIM_OPT_TEXT, offsetof(struct args, vault), "FILE",
     "… vault.json, the public part of the vault", 0, 0},
    {"out", 'o', SCRIM_OPT_TEXT, offsetof(struct args, out), "FILE",
     "… where the decision goes; hand it in at the desk", 0, 0},
    {0},
};

static int check_args(const struct args *args, bool offline, bool approve,
                      struct scrim_error *error)
{
    if (!args->share)
        return scrim_fail(error, SCRIM_EINVAL, "whose share? give --share FILE");
    if (!approve && !args->reason)
        return scrim_fail(error, SCRIM_EINVAL, "why not? give --reason TEXT");
    if (offline && (!args->request || !args->segments || !args->vault || !args->out))
        return scrim_fail(error, SCRIM_EINVAL,
                          "give DIR and the request's number, or --request, --segments, --vault "
                          "and --out");
    if (!offline && (args->request || args->segments || args->vault || args->out))
        return scrim_fail(error, SCRIM_EINVAL,
                          "with DIR, the documents and the place of the decision are the site's");
    return SCRIM_OK;
}

static int find_vault(const struct args *args, const char *dir, const struct scrim_share *share,
                      struct scrim_vault *ret, struct scrim_error *error)
{
    char state[SCRIM_PATH_MAX];
    struct scrim_vault_set *set = NULL;
    if (!dir)
        return scrim_vault_load(args->vault, ret, error);
    if (scrim_path_join(state, dir, "state") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int result = scrim_vault_set_load(state, &set, error);
    if (result < 0)
        return result;
    const struct scrim_vault *vault = scrim_vault_set_find(set, share->vault_id);
    if (vault)
        *ret = *vault;
    scrim_vault_set_destroy(set);
    return vault ? SCRIM_OK
                 : scrim_fail(error, SCRIM_EAUTH, "%s is of no vault of this site", args->share);
}

static void show_progress(void *context, size_t done, size_t count)
{
    (void)context;
    if (isatty(STDERR_FILENO) && (done % 50 == 0 || done == count))
        fprintf(stderr, "\r%zu of %zu segments%s", done, count, done == count ? "\n" : "");
}

static int decide(const struct args *args, const char *dir, bool approve,
                  const struct scrim_request_docs *docs, struct scrim_decision *ret,
                  struct scrim_error *error)
{
    struct scrim_share share = {0};
    struct scrim_vault vault;
    const struct scrim_share_source source = {args->share, args->passphrase_file, &args->devices};
    const struct scrim_decision_choice choice = {.request = docs->request_json.data,
                                                 .request_len = docs->request_json.len,
                                                 .segments = docs->segments_json.data,
                                                 .segments_len = docs->segments_json.len,
                                                 .approve = approve,
                                                 .reason = args->reason ? args->reason : "",
                                                 .at_us = scrim_clock_utc_us()};
    int result = scrim_share_unlock(&source, &share, error);
    if (result >= 0)
        result = find_vault(args, dir, &share, &vault, error);
    if (result >= 0)
        result = scrim_decision_make(&vault, &share, &choice, show_progress, NULL, ret, error);
    scrim_share_wipe(&share);
    return result;
}

static int inbox_path(const char *dir, uint64_t number, char ret[SCRIM_PATH_MAX],
                      struct scrim_error *error)
{
    char inbox[SCRIM_PATH_MAX];
    if (scrim_path_join(inbox, dir, SCRIM_REQUESTS_DIR "/inbox") < 0 ||
        snprintf(ret, SCRIM_PATH_MAX, "%s/%llu-%08x.json", inbox, (unsigned long long)number,
                 randombytes_random()) >= SCRIM_PATH_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    return scrim_fs_make_dirs(inbox, 0770, error);
}

static int hand_in(const struct args *args, const char *dir, uint64_t number,
                   const struct scrim_decision *decision, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf json;
    scrim_buf_init(&json, SCRIM_DECISION_JSON_MAX);
    int result = scrim_decision_write(decision, &json, error);
    if (result >= 0 && dir)
        result = inbox_path(dir, number, path, error);
    if (result >= 0)
        result = scrim_fs_create(dir ? path : args->out, json.data, json.len,
                                 dir ? INBOX_MODE : 0644, error);
    scrim_buf_finish(&json);
    if (result >= 0)
        printf("%s by holder %u: %s\n", decision->approve ? "approved" : "refused",
               decision->holder, dir ? path : args->out);
    if (result >= 0 && dir)
        printf("The desk takes it in within seconds; scrim vault show %s %llu says so.\n", dir,
               (unsigned long long)number);
    return result;
}

static int run_decision(const struct args *args, const char *dir, uint64_t number, bool approve,
                        struct scrim_error *error)
{
    struct scrim_request_docs docs = {0};
    struct scrim_decision decision = {0};
    int result = dir ? scrim_request_docs_of_site(dir, number, &docs, error)
                     : scrim_request_docs_load(args->request, args->segments, &docs, error);
    if (result >= 0) {
        scrim_request_docs_print(&docs); // before anything is asked for
        if (docs.request.expires_us <= scrim_clock_utc_us())
            result = scrim_fail(error, SCRIM_ETIMEOUT, "request %llu has expired",
                                (unsigned long long)docs.request.number);
    }
    if (result >= 0)
        result = decide(args, dir, approve, &docs, &decision, error);
    if (result >= 0)
        result = hand_in(args, dir, number, &decision, error);
    scrim_decision_finish(&decision);
    scrim_request_docs_finish(&docs);
    return result;
}

static int run(int argc, char **argv, bool approve)
{
    const struct scrim_opt_spec spec = {
        approve ? "scrim vault approve [DIR N] --share FILE [--reason TEXT]"
                : "scrim vault refuse [DIR N] --share FILE --reason TEXT",
        "Decides on a request with one holder's share, which stays on this machine. Shows the "
        "request, checks that each sealed segment lies inside it, and signs. Without DIR it works "
        "on files: --request, --segments, --vault, --out.",
        options, 0, 2};
    const char *name = approve ? "vault approve" : "vault refuse";
    struct args args = {0};
    const char *positionals[3] = {0};
    uint64_t number = 0;
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    const char *dir = positionals[0];
    if (result >= 0)
        result = check_args(&args, !dir, approve, &error);
    if (result >= 0 && dir)
        result = positionals[1]
                     ? scrim_request_number(positionals[1], &number, &error)
                     : scrim_fail(&error, SCRIM_EINVAL, "which request? give its number");
    if (result < 0)
        return scrim_cmd_usage(name, result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = run_decision(&args, dir, number, approve, &error);
    return result < 0 ? scrim_cmd_failed(name, &error) : 0;
}

int scrim_cmd_vault_approve(int argc, char **argv)
{
    return run(argc, argv, true);
}

int scrim_cmd_vault_refuse(int argc, char **argv)
{
    return run(argc, argv, false);
}
