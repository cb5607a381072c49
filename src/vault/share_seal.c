// The secret of a share file: sealed under a passphrase (Argon2id) or under what a FIDO2 token
// makes of the file's salt, or left bare on request.
#include "vault/files.h"
#include "vault/share_file_impl.h"

#include "age/hkdf.h"
#include "base/fs.h"

#include <string.h>

// About 0.4 s on one core of a 2020s server; RFC 9106 asks for 64 MiB and 3 passes at least.
#define WRITE_PASSES 3U
#define WRITE_MEMORY_KIB (128U * 1024)

#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES

// What somebody brought to open a file with: one of them, or nothing.
struct opener {
    const char *passphrase;
    const uint8_t *token_secret; // SCRIM_TOKEN_SECRET
};

static int passphrase_key(const struct scrim_share_file *file, const char *passphrase,
                          uint8_t ret[KEY_BYTES])
{
    if (crypto_pwhash_argon2id(ret, KEY_BYTES, passphrase, strlen(passphrase),
                               file->passphrase_salt, file->passes, (size_t)file->memory_kib * 1024,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        return SCRIM_ENOMEM;
    return SCRIM_OK;
}

static void token_key(const struct scrim_share_file *file, const uint8_t secret[SCRIM_TOKEN_SECRET],
                      uint8_t ret[KEY_BYTES])
{
    static const char info[] = "scrim-share/v1 fido2";
    scrim_hkdf_sha256(secret, SCRIM_TOKEN_SECRET, file->info.token.salt, SCRIM_TOKEN_SALT, info,
                      sizeof info - 1, ret);
}

// --- saving ---

static void seal(struct scrim_share_file *file, const uint8_t key[KEY_BYTES],
                 const uint8_t secret[SCALAR_BYTES])
{
    uint8_t fields[SHARE_BINDING_MAX];
    crypto_aead_xchacha20poly1305_ietf_encrypt(file->secret, NULL, secret, SCALAR_BYTES, fields,
                                               scrim_share_file_binding(file, fields), NULL,
                                               file->nonce, key);
}

static int save(const char *path, const struct scrim_share_file *file, struct scrim_error *error)
{
    struct scrim_buf text;
    scrim_buf_init(&text, SHARE_FILE_MAX);
    int result = scrim_buf_reserve(&text, SHARE_FILE_MAX);
    if (result >= 0)
        result = scrim_share_file_render(file, &text);
    if (result < 0)
        result = scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    else
        result = scrim_fs_create(path, text.data, text.len, 0600, error);
    scrim_buf_finish_wipe(&text);
    return result;
}

static struct scrim_share_file file_of(const struct scrim_share *share,
                                       enum scrim_share_protection protection)
{
    struct scrim_share_file file = {.info = {.index = share->index, .protection = protection}};
    memcpy(file.info.vault_id, share->vault_id, SCRIM_VAULT_ID);
    memcpy(file.info.name, share->name, sizeof file.info.name);
    randombytes_buf(file.nonce, sizeof file.nonce);
    return file;
}

static int save_bare(const char *path, const struct scrim_share *share, struct scrim_error *error)
{
    struct scrim_share_file file = file_of(share, SCRIM_SHARE_BARE);
    memcpy(file.secret, share->secret, SCALAR_BYTES);
    const int result = save(path, &file, error);
    sodium_memzero(&file, sizeof file);
    return result;
}

int scrim_share_save(const char *path, const struct scrim_share *share, const char *passphrase,
                     struct scrim_error *error)
{
    if (!passphrase)
        return save_bare(path, share, error);
    uint8_t key[KEY_BYTES];
    struct scrim_share_file file = file_of(share, SCRIM_SHARE_PASSPHRASE);
    file.passes = WRITE_PASSES;
    file.memory_kib = WRITE_MEMORY_KIB;
    randombytes_buf(file.passphrase_salt, sizeof file.passphrase_salt);
    int result = passphrase_key(&file, passphrase, key);
    if (result < 0)
        return scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    seal(&file, key, share->secret);
    sodium_memzero(key, sizeof key);
    return save(path, &file, error);
}

int scrim_share_save_token(const char *path, const struct scrim_share *share,
                           const struct scrim_share_token *token,
                           const uint8_t secret[SCRIM_TOKEN_SECRET], struct scrim_error *error)
{
    uint8_t key[KEY_BYTES];
    struct scrim_share_file file = file_of(share, SCRIM_SHARE_TOKEN);
    if (!scrim_rp_id_valid(token->rp_id) || token->credential_len < 1 ||
        token->credential_len > sizeof token->credential)
        return scrim_fail(error, SCRIM_EINVAL, "%s: no credential of a security token", path);
    file.info.token = *token;
    token_key(&file, secret, key);
    seal(&file, key, share->secret);
    sodium_memzero(key, sizeof key);
    return save(path, &file, error);
}

// --- opening ---

static int unseal(const struct scrim_share_file *file, const uint8_t key[KEY_BYTES],
                  uint8_t ret[SCALAR_BYTES])
{
    uint8_t fields[SHARE_BINDING_MAX];
    return crypto_aead_xchacha20poly1305_ietf_decrypt(
               ret, NULL, NULL, file->secret, SHARE_SEALED, fields,
               scrim_share_file_binding(file, fields), file->nonce, key) == 0
               ? SCRIM_OK
               : SCRIM_EAUTH;
}

static int open_with_passphrase(const struct scrim_share_file *file, const char *passphrase,
                                uint8_t ret[SCALAR_BYTES], struct scrim_error *error)
{
    uint8_t key[KEY_BYTES];
    if (!passphrase)
        return scrim_fail(error, SCRIM_EAUTH, "the share of %s needs its passphrase",
                          file->info.name);
    int result = passphrase_key(file, passphrase, key);
    if (result < 0)
        return scrim_fail(error, result, "not enough memory for its passphrase (%u MiB)",
                          file->memory_kib / 1024);
    result = unseal(file, key, ret);
    sodium_memzero(key, sizeof key);
    return result < 0
               ? scrim_fail(error, result, "wrong passphrase for the share of %s", file->info.name)
               : result;
}

static int open_with_token(const struct scrim_share_file *file, const uint8_t *secret,
                           uint8_t ret[SCALAR_BYTES], struct scrim_error *error)
{
    uint8_t key[KEY_BYTES];
    if (!secret)
        return scrim_fail(error, SCRIM_EAUTH, "the share of %s needs its security token",
                          file->info.name);
    token_key(file, secret, key);
    const int result = unseal(file, key, ret);
    sodium_memzero(key, sizeof key);
    return result < 0 ? scrim_fail(error, result,
                                   "the share of %s was not sealed under this security token",
                                   file->info.name)
                      : result;
}

static int open_file(const struct scrim_share_file *file, const struct opener *opener,
                     uint8_t ret[SCALAR_BYTES], struct scrim_error *error)
{
    switch (file->info.protection) {
    case SCRIM_SHARE_PASSPHRASE: return open_with_passphrase(file, opener->passphrase, ret, error);
    case SCRIM_SHARE_TOKEN: return open_with_token(file, opener->token_secret, ret, error);
    case SCRIM_SHARE_BARE: break;
    }
    memcpy(ret, file->secret, SCALAR_BYTES);
    return SCRIM_OK;
}

static int parse(const void *bytes, size_t count, const struct opener *opener,
                 struct scrim_share *ret, struct scrim_error *error)
{
    struct scrim_share_file file = {0};
    struct scrim_share share = {0};
    struct scrim_error why = {0};
    int result = scrim_share_file_parse(bytes, count, &file, &why);
    if (result < 0)
        return scrim_fail(error, result, "damaged or not a share: %s", why.text);
    result = open_file(&file, opener, share.secret, error);
    if (result >= 0 && !scrim_scalar_valid(share.secret))
        result =
            scrim_fail(error, SCRIM_EFORMAT, "damaged or not a share: its secret is no scalar");
    if (result >= 0) {
        memcpy(share.vault_id, file.info.vault_id, SCRIM_VAULT_ID);
        memcpy(share.name, file.info.name, sizeof share.name);
        share.index = file.info.index;
        *ret = share;
    }
    scrim_share_wipe(&share);
    sodium_memzero(&file, sizeof file);
    return result;
}

int scrim_share_parse(const void *bytes, size_t count, const char *passphrase,
                      struct scrim_share *ret, struct scrim_error *error)
{
    return parse(bytes, count, &(struct opener){.passphrase = passphrase}, ret, error);
}

int scrim_share_parse_token(const void *bytes, size_t count,
                            const uint8_t secret[SCRIM_TOKEN_SECRET], struct scrim_share *ret,
                            struct scrim_error *error)
{
    return parse(bytes, count, &(struct opener){.token_secret = secret}, ret, error);
}

static int read_share_file(const char *path, struct scrim_buf *ret, struct scrim_error *error)
{
    scrim_buf_init(ret, SHARE_FILE_MAX);
    const int result = scrim_buf_reserve(ret, SHARE_FILE_MAX); // may hold a secret: never moves
    if (result < 0)
        return scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    return scrim_fs_read(path, ret, error);
}

int scrim_share_describe(const char *path, struct scrim_share_info *ret, struct scrim_error *error)
{
    struct scrim_buf content;
    struct scrim_share_file file = {0};
    struct scrim_error why = {0};
    int result = read_share_file(path, &content, error);
    if (result >= 0) {
        result = scrim_share_file_parse(content.data, content.len, &file, &why);
        if (result < 0)
            scrim_fail(error, result, "%s: damaged or not a share: %s", path, why.text);
        else
            *ret = file.info;
    }
    scrim_buf_finish_wipe(&content);
    sodium_memzero(&file, sizeof file);
    return result;
}

static int load(const char *path, const struct opener *opener, struct scrim_share *ret,
                struct scrim_error *error)
{
    struct scrim_buf content;
    int result = read_share_file(path, &content, error);
    if (result >= 0) {
        struct scrim_error why = {0};
        result = parse(content.data, content.len, opener, ret, &why);
        if (result < 0)
            scrim_fail(error, result, "%s: %s", path, why.text);
    }
    scrim_buf_finish_wipe(&content);
    return result;
}

int scrim_share_load(const char *path, const char *passphrase, struct scrim_share *ret,
                     struct scrim_error *error)
{
    return load(path, &(struct opener){.passphrase = passphrase}, ret, error);
}

int scrim_share_load_token(const char *path, const uint8_t secret[SCRIM_TOKEN_SECRET],
                           struct scrim_share *ret, struct scrim_error *error)
{
    return load(path, &(struct opener){.token_secret = secret}, ret, error);
}
