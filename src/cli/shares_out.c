#include "cli/shares_out.h"

#include "base/clock.h"
#include "base/fs.h"
#include "cli/passphrase.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int share_path(const struct scrim_shares_out *out, const struct scrim_vault *vault,
                      unsigned at, char ret[SCRIM_PATH_MAX], struct scrim_error *error)
{
    char name[sizeof vault->names[0] + 32];
    snprintf(name, sizeof name, "share-%u-%s.json", at + 1, vault->names[at]);
    return scrim_path_join(ret, out->directory, name) < 0
               ? scrim_fail(error, SCRIM_EINVAL, "%s: path too long", out->directory)
               : SCRIM_OK;
}

// What is on disk must be the share again: one that cannot be read would be noticed years later.
static int save_and_read_back(const char *path, const struct scrim_share *share,
                              const char *passphrase, struct scrim_share *ret_again,
                              struct scrim_error *error)
{
    int result = scrim_share_save(path, share, passphrase, error);
    if (result < 0)
        return result;
    result = scrim_share_load(path, passphrase, ret_again, error);
    if (result >= 0 && sodium_memcmp(ret_again->secret, share->secret, sizeof share->secret) != 0)
        result = scrim_fail(error, SCRIM_EIO, "%s: reads back as something else", path);
    if (result < 0)
        unlink(path);
    return result;
}

static int hand_out_one(const struct scrim_shares_out *out, const struct scrim_vault *vault,
                        const struct scrim_share *share, struct scrim_share *ret_again,
                        struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], prompt[128];
    struct scrim_buf passphrase = {0};
    int result = share_path(out, vault, share->index - 1, path, error);
    if (result >= 0 && !out->unprotected) {
        snprintf(prompt, sizeof prompt, "New passphrase for the share of %s: ", share->name);
        result = scrim_passphrase_choose(prompt, out->passphrase_file, &passphrase, error);
    }
    if (result >= 0)
        result = save_and_read_back(path, share, out->unprotected ? NULL : (char *)passphrase.data,
                                    ret_again, error);
    scrim_buf_finish_wipe(&passphrase);
    if (result >= 0)
        printf("  %s\n", path);
    return result;
}

static void remove_first(const struct scrim_shares_out *out, const struct scrim_vault *vault,
                         unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        char path[SCRIM_PATH_MAX];
        if (share_path(out, vault, i, path, NULL) >= 0)
            unlink(path);
    }
}

int scrim_shares_out(const struct scrim_shares_out *out, const struct scrim_vault *vault,
                     const struct scrim_share *shares, struct scrim_test_opening *ret_proof,
                     struct scrim_error *error)
{
    struct scrim_share again[SCRIM_VAULT_HOLDERS_MAX];
    unsigned saved = 0;
    int result = scrim_fs_make_dirs(out->directory, 0700, error);
    if (result < 0)
        return result;
    (void)sodium_mlock(again, sizeof again); // best effort: the limit may be low
    printf("shares:\n");
    while (saved < vault->holders_count && result >= 0) {
        result = hand_out_one(out, vault, &shares[saved], &again[saved], error);
        saved += result >= 0;
    }
    if (result >= 0)
        result =
            scrim_test_opening_make(vault, again, saved, scrim_clock_utc_us(), ret_proof, error);
    (void)sodium_munlock(again, sizeof again); // which also wipes it
    sodium_memzero(again, sizeof again);
    if (result < 0)
        remove_first(out, vault, saved);
    else
        printf("test opening: all %u, read back from their files, opened what was sealed to them\n",
               saved);
    return result;
}

void scrim_shares_take_back(const struct scrim_shares_out *out, const struct scrim_vault *vault)
{
    remove_first(out, vault, vault->holders_count);
}
