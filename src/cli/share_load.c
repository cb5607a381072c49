#include "cli/share_load.h"

#include "base/fs.h"
#include "cli/passphrase.h"

#include <stdio.h>

static int unlock_with_passphrase(const struct scrim_share_source *source, struct scrim_share *ret,
                                  struct scrim_error *error)
{
    char prompt[320];
    struct scrim_buf passphrase;
    snprintf(prompt, sizeof prompt, "Passphrase of %.256s: ", scrim_path_name(source->file));
    int result = scrim_passphrase_read(prompt, source->secret_file, &passphrase, error);
    if (result >= 0)
        result = scrim_share_load(source->file, (const char *)passphrase.data, ret, error);
    scrim_buf_finish_wipe(&passphrase);
    return result;
}

int scrim_share_unlock(const struct scrim_share_source *source, struct scrim_share *ret,
                       struct scrim_error *error)
{
    bool is_protected;
    const int result = scrim_share_protected(source->file, &is_protected, error);
    if (result < 0)
        return result;
    return is_protected ? unlock_with_passphrase(source, ret, error)
                        : scrim_share_load(source->file, NULL, ret, error);
}

int scrim_shares_unlock(const struct scrim_opt_list *files,
                        const struct scrim_opt_list *secret_files,
                        struct scrim_share ret[SCRIM_OPT_LIST_MAX], struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < files->count && result >= 0; i++) {
        const size_t own = secret_files->count > 1 ? i : 0;
        const struct scrim_share_source source = {
            .file = files->items[i],
            .secret_file = secret_files->count > 0 ? secret_files->items[own] : NULL,
        };
        result = scrim_share_unlock(&source, &ret[i], error);
    }
    return result;
}
