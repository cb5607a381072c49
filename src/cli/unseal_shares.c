#include "cli/passphrase.h"
#include "cli/unseal.h"

#include <stdio.h>
#include <string.h>

static int load_share(const char *file, const char *passphrase_file, struct scrim_share *ret,
                      struct scrim_error *error)
{
    bool is_protected;
    int result = scrim_share_protected(file, &is_protected, error);
    if (result < 0)
        return result;
    if (!is_protected)
        return scrim_share_load(file, NULL, ret, error);
    char prompt[320];
    struct scrim_buf passphrase;
    snprintf(prompt, sizeof prompt, "Passphrase of %.256s: ", scrim_path_name(file));
    result = scrim_passphrase_read(prompt, passphrase_file, &passphrase, error);
    if (result >= 0)
        result = scrim_share_load(file, (const char *)passphrase.data, ret, error);
    scrim_buf_finish_wipe(&passphrase);
    return result;
}

int scrim_unseal_load_shares(const struct scrim_opt_list *files,
                             const struct scrim_opt_list *passphrase_files,
                             struct scrim_share ret[SCRIM_VAULT_HOLDERS_MAX],
                             struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < files->count && result >= 0; i++) {
        const size_t own = passphrase_files->count > 1 ? i : 0;
        const char *passphrase_file =
            passphrase_files->count > 0 ? passphrase_files->items[own] : NULL;
        result = load_share(files->items[i], passphrase_file, &ret[i], error);
    }
    return result;
}
