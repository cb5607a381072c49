#include "cli/share_load.h"

#include "base/fs.h"
#include "cli/passphrase.h"
#include "cli/token_person.h"

#include <sodium.h>
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

static int unlock_with_token(const struct scrim_share_source *source,
                             const struct scrim_share_token *token, struct scrim_share *ret,
                             struct scrim_error *error)
{
    const struct scrim_token_use use = {
        .devices = source->devices->items,
        .devices_count = source->devices->count,
        .person = scrim_token_person_at_terminal(source->secret_file),
    };
    uint8_t secret[SCRIM_TOKEN_SECRET];
    int result = scrim_token_secret(&use, token, secret, error);
    if (result < 0)
        scrim_fail_prefix(error, "%s", scrim_path_name(source->file));
    else
        result = scrim_share_load_token(source->file, secret, ret, error);
    sodium_memzero(secret, sizeof secret);
    return result;
}

int scrim_share_unlock(const struct scrim_share_source *source, struct scrim_share *ret,
                       struct scrim_error *error)
{
    struct scrim_share_info info;
    const int result = scrim_share_describe(source->file, &info, error);
    if (result < 0)
        return result;
    switch (info.protection) {
    case SCRIM_SHARE_PASSPHRASE: return unlock_with_passphrase(source, ret, error);
    case SCRIM_SHARE_TOKEN: return unlock_with_token(source, &info.token, ret, error);
    case SCRIM_SHARE_BARE: break;
    }
    return scrim_share_load(source->file, NULL, ret, error);
}

int scrim_shares_unlock(const struct scrim_opt_list *files,
                        const struct scrim_opt_list *secret_files,
                        const struct scrim_opt_list *devices,
                        struct scrim_share ret[SCRIM_OPT_LIST_MAX], struct scrim_error *error)
{
    int result = SCRIM_OK;
    for (size_t i = 0; i < files->count && result >= 0; i++) {
        const size_t own = secret_files->count > 1 ? i : 0;
        const struct scrim_share_source source = {
            .file = files->items[i],
            .secret_file = secret_files->count > 0 ? secret_files->items[own] : NULL,
            .devices = devices,
        };
        result = scrim_share_unlock(&source, &ret[i], error);
    }
    return result;
}
