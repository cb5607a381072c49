// scrim vault paper, restore: a share onto a page that can be locked away, and back from it.
#include "base/alloc.h"
#include "base/clock.h"
#include "base/sandbox.h"
#include "cli/commands.h"
#include "cli/paper_page.h"
#include "cli/passphrase.h"
#include "cli/share_load.h"
#include "cli/vault_place.h"
#include "vault/paper.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TYPED_MAX 4096

// --- paper ---

struct paper_args {
    const char *share, *passphrase_file, *out;
    struct scrim_opt_list devices;
};

static const struct scrim_opt paper_options[] = {
    {"share", 0, SCRIM_OPT_TEXT, offsetof(struct paper_args, share), "FILE", "the share file", 0,
     0},
    {"passphrase-file", 0, SCRIM_OPT_TEXT, offsetof(struct paper_args, passphrase_file), "FILE",
     "its passphrase, or the PIN of its token, is the first line of FILE (default: ask)", 0, 0},
    {"device", 0, SCRIM_OPT_LIST, offsetof(struct paper_args, devices), "PATH",
     "a security token, as /dev/hidraw1 (default: all that are plugged in)", 0, 0},
    {"out", 'o', SCRIM_OPT_TEXT, offsetof(struct paper_args, out), "FILE",
     "the page, as FILE.svg or FILE.html: print it, then delete it", 0, 0},
    {0},
};

static bool ends_with(const char *text, const char *end)
{
    const size_t length = strlen(text), end_length = strlen(end);
    return length > end_length && strcmp(text + length - end_length, end) == 0;
}

static int check_paper_args(const struct paper_args *args, struct scrim_error *error)
{
    if (!args->share)
        return scrim_fail(error, SCRIM_EINVAL, "which share? give --share FILE");
    if (!args->out)
        return scrim_fail(error, SCRIM_EINVAL, "where does the page go? give --out FILE.svg");
    if (!ends_with(args->out, ".svg") && !ends_with(args->out, ".html"))
        return scrim_fail(error, SCRIM_EINVAL, "--out %s: the page is an .svg or an .html",
                          args->out);
    return SCRIM_OK;
}

static int find_vault(const struct scrim_vault_set *set, const uint8_t *id, size_t count,
                      const struct scrim_vault **ret, struct scrim_error *error)
{
    for (size_t i = 0; i < scrim_vault_set_count(set); i++) {
        *ret = scrim_vault_set_at(set, i);
        if (memcmp((*ret)->id, id, count) == 0)
            return SCRIM_OK;
    }
    return scrim_fail(error, SCRIM_EAUTH, "it is of another vault than those of this site");
}

static int write_page(const struct paper_args *args, const struct scrim_vault_place *place,
                      const struct scrim_vault *vault, const struct scrim_share *share,
                      struct scrim_error *error)
{
    char text[SCRIM_PAPER_TEXT];
    struct scrim_buf page;
    scrim_buf_init(&page, SCRIM_PAPER_PAGE_MAX);
    int result = scrim_paper_write(vault, share, text, error);
    const struct scrim_paper_page content = {.vault = vault,
                                             .share = share,
                                             .text = text,
                                             .site = place->is_site ? place->site.config->name : "",
                                             .at_us = scrim_clock_utc_us(),
                                             .html = ends_with(args->out, ".html")};
    if (result >= 0)
        result = scrim_paper_page_write(&content, &page, error);
    if (result >= 0)
        result = scrim_fs_create(args->out, page.data, page.len, 0600, error);
    sodium_memzero(text, sizeof text);
    scrim_buf_finish_wipe(&page);
    return result;
}

static int paper(const struct paper_args *args, const char *dir, struct scrim_error *error)
{
    struct scrim_vault_place place;
    struct scrim_vault_set *set = NULL;
    const struct scrim_vault *vault;
    struct scrim_share share = {0};
    const struct scrim_share_source source = {
        .file = args->share, .secret_file = args->passphrase_file, .devices = &args->devices};
    int result = scrim_vault_place_open(dir, &place, error);
    if (result >= 0)
        result = scrim_vault_set_load(place.state, &set, error);
    if (result >= 0)
        result = scrim_share_unlock(&source, &share, error);
    if (result >= 0)
        result = find_vault(set, share.vault_id, sizeof share.vault_id, &vault, error);
    if (result >= 0)
        result = write_page(args, &place, vault, &share, error);
    if (result >= 0)
        printf("%s has the share of %s in the clear. Print it, delete the file, and lock the page "
               "away.\n",
               args->out, share.name);
    scrim_share_wipe(&share);
    scrim_vault_set_destroy(set);
    scrim_vault_place_close(&place);
    return result;
}

int scrim_cmd_vault_paper(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault paper DIR --share FILE --out FILE.svg|FILE.html",
        "Makes a page with the share on it, as text and as QR code, for a safe. DIR is the site, "
        "or the directory of a vault made with --offline.",
        paper_options, 1, 1};
    struct paper_args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_paper_args(&args, &error);
    if (result < 0)
        return scrim_cmd_usage("vault paper", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = paper(&args, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault paper", &error) : 0;
}

// --- restore ---

struct restore_args {
    const char *out, *text, *passphrase_file;
    bool unprotected;
};

static const struct scrim_opt restore_options[] = {
    {"out", 'o', SCRIM_OPT_TEXT, offsetof(struct restore_args, out), "SHARE_FILE",
     "the share file to make", 0, 0},
    {"text", 0, SCRIM_OPT_TEXT, offsetof(struct restore_args, text), "FILE",
     "read the text from FILE (default: what is typed)", 0, 0},
    {"passphrase-file", 0, SCRIM_OPT_TEXT, offsetof(struct restore_args, passphrase_file), "FILE",
     "its new passphrase is the first line of FILE (default: ask)", 0, 0},
    {"unprotected", 0, SCRIM_OPT_FLAG, offsetof(struct restore_args, unprotected), NULL,
     "leave the share without passphrase; the file says so", 0, 0},
    {0},
};

static int check_restore_args(const struct restore_args *args, struct scrim_error *error)
{
    if (!args->out)
        return scrim_fail(error, SCRIM_EINVAL, "where does the share go? give --out SHARE_FILE");
    if (args->unprotected && args->passphrase_file)
        return scrim_fail(error, SCRIM_EINVAL,
                          "--unprotected and --passphrase-file exclude each other");
    return SCRIM_OK;
}

// At a terminal an empty line ends it; it is shown as it is typed, for nobody types it blindly.
static int read_typed(struct scrim_buf *ret, struct scrim_error *error)
{
    const bool terminal = isatty(STDIN_FILENO);
    if (terminal)
        fprintf(stderr, "Type what the page says, on as many lines as you like, then an empty "
                        "line:\n");
    for (;;) {
        const ssize_t got = read(STDIN_FILENO, ret->data + ret->len, ret->max - ret->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return scrim_fail_errno(error, errno, "what is typed");
        ret->len += (size_t)got;
        if (got == 0 || (terminal && got == 1 && ret->data[ret->len - 1] == '\n'))
            return SCRIM_OK;
        if (ret->len == ret->max)
            return scrim_fail(error, SCRIM_EFORMAT, "this is longer than any share");
    }
}

static int read_paper(const struct restore_args *args, struct scrim_paper *ret,
                      struct scrim_error *error)
{
    struct scrim_buf text;
    scrim_buf_init(&text, TYPED_MAX);
    int result = scrim_buf_reserve(&text, text.max); // it holds a secret: never moves
    if (result < 0)
        return scrim_fail(error, result, "no memory for the text");
    result = args->text ? scrim_fs_read(args->text, &text, error) : read_typed(&text, error);
    if (result >= 0)
        result = scrim_paper_read(text.data, text.len, ret, error);
    scrim_buf_finish_wipe(&text);
    return result;
}

static int save(const struct restore_args *args, const struct scrim_share *share,
                struct scrim_error *error)
{
    char prompt[128];
    struct scrim_buf passphrase = {0};
    int result = SCRIM_OK;
    if (!args->unprotected) {
        snprintf(prompt, sizeof prompt, "New passphrase for the share of %s: ", share->name);
        result = scrim_passphrase_choose(prompt, args->passphrase_file, &passphrase, error);
    }
    if (result >= 0)
        result = scrim_share_save(args->out, share,
                                  args->unprotected ? NULL : (char *)passphrase.data, error);
    scrim_buf_finish_wipe(&passphrase);
    return result;
}

static int restore(const struct restore_args *args, const char *dir, struct scrim_error *error)
{
    struct scrim_vault_place place;
    struct scrim_vault_set *set = NULL;
    const struct scrim_vault *vault;
    struct scrim_paper typed = {0};
    struct scrim_share share = {0};
    char id[SCRIM_VAULT_ID_TEXT];
    int result = scrim_vault_place_open(dir, &place, error);
    if (result >= 0)
        result = scrim_vault_set_load(place.state, &set, error);
    if (result >= 0)
        result = read_paper(args, &typed, error);
    if (result >= 0)
        result = find_vault(set, typed.vault, sizeof typed.vault, &vault, error);
    if (result >= 0)
        result = scrim_paper_share(&typed, vault, &share, error);
    if (result >= 0)
        result = save(args, &share, error);
    if (result >= 0)
        printf("%s is share %u (%s) of vault %s, dealing %u\n", args->out, share.index, share.name,
               scrim_vault_id_text(vault->id, id), vault->dealing);
    sodium_memzero(&typed, sizeof typed);
    scrim_share_wipe(&share);
    scrim_vault_set_destroy(set);
    scrim_vault_place_close(&place);
    return result;
}

int scrim_cmd_vault_restore(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim vault restore DIR --out SHARE_FILE [--text FILE]",
        "Makes a share file of what a page of `scrim vault paper` says.", restore_options, 1, 1};
    struct restore_args args = {0};
    const char *positionals[2];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result >= 0)
        result = check_restore_args(&args, &error);
    if (result < 0)
        return scrim_cmd_usage("vault restore", result, &error);
    result = scrim_sandbox_begin(&error);
    if (result >= 0)
        result = restore(&args, positionals[0], &error);
    return result < 0 ? scrim_cmd_failed("vault restore", &error) : 0;
}
