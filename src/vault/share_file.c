// One holder's share in a file (docs/ref/formats/vault.md "Share file"): readable fields that say
// whose it is and how it is protected, then the secret, sealed under a passphrase or, on request,
// in the clear.
//
// Two questions are kept apart: a checksum over everything tells damage, the AEAD tag then tells a
// wrong passphrase. The cost of Argon2id comes from the file, so it is bounded before it is spent.
#include "vault/files.h"

#include "vault/json.h"
#include "vault/tdh2_impl.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>

#define FILE_MAX (16 * 1024)

#define SALT_BYTES crypto_pwhash_argon2id_SALTBYTES
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEALED_BYTES (SCALAR_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define DIGEST_BYTES crypto_hash_sha256_BYTES

// About 0.4 s on one core of a 2020s server; RFC 9106 asks for 64 MiB and 3 passes at least.
#define WRITE_PASSES 3U
#define WRITE_MEMORY_KIB (128U * 1024)
// What a file may ask of us.
#define PASSES_MAX 10
#define MEMORY_KIB_MIN 8
#define MEMORY_KIB_MAX (1024 * 1024)

static const char format_name[] = "scrim-share/v1";

struct share_file {
    uint8_t vault_id[SCRIM_VAULT_ID];
    unsigned index;
    char name[64];
    bool is_protected;
    uint32_t passes, memory_kib;
    uint8_t salt[SALT_BYTES], nonce[NONCE_BYTES];
    uint8_t secret[SEALED_BYTES]; // sealed; unprotected: only SCALAR_BYTES of it, in the clear
};

static size_t secret_count(const struct share_file *file)
{
    return file->is_protected ? SEALED_BYTES : SCALAR_BYTES;
}

#define BINDING_MAX (14 + SCRIM_VAULT_ID + 2 + 1 + 63 + 1 + 4 + 4 + SALT_BYTES + NONCE_BYTES)

// Every readable field in fixed order: the AEAD's associated data and the start of the checksum.
static size_t binding(const struct share_file *file, uint8_t ret[BINDING_MAX])
{
    struct scrim_buf fields = {.data = ret, .capacity = BINDING_MAX, .max = BINDING_MAX};
    int result = scrim_buf_append(&fields, format_name, sizeof format_name - 1);
    result |= scrim_buf_append(&fields, file->vault_id, SCRIM_VAULT_ID);
    result |= scrim_buf_append_u16(&fields, (uint16_t)file->index);
    result |= scrim_buf_append_u8(&fields, (uint8_t)strlen(file->name));
    result |= scrim_buf_append_text(&fields, file->name);
    result |= scrim_buf_append_u8(&fields, file->is_protected);
    if (file->is_protected) {
        result |= scrim_buf_append_u32(&fields, file->passes);
        result |= scrim_buf_append_u32(&fields, file->memory_kib);
        result |= scrim_buf_append(&fields, file->salt, SALT_BYTES);
        result |= scrim_buf_append(&fields, file->nonce, NONCE_BYTES);
    }
    if (result < 0)
        abort(); // BINDING_MAX is the sum of the above
    return fields.len;
}

static void checksum(const struct share_file *file, uint8_t ret[DIGEST_BYTES])
{
    uint8_t fields[BINDING_MAX];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, fields, binding(file, fields));
    crypto_hash_sha256_update(&state, file->secret, secret_count(file));
    crypto_hash_sha256_final(&state, ret);
    sodium_memzero(&state, sizeof state);
}

static int derive_key(const struct share_file *file, const char *passphrase,
                      uint8_t ret[crypto_aead_xchacha20poly1305_ietf_KEYBYTES])
{
    if (crypto_pwhash_argon2id(ret, crypto_aead_xchacha20poly1305_ietf_KEYBYTES, passphrase,
                               strlen(passphrase), file->salt, file->passes,
                               (size_t)file->memory_kib * 1024,
                               crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0)
        return SCRIM_ENOMEM;
    return SCRIM_OK;
}

static int protect(struct share_file *file, const uint8_t secret[SCALAR_BYTES],
                   const char *passphrase)
{
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES], fields[BINDING_MAX];
    file->is_protected = true;
    file->passes = WRITE_PASSES;
    file->memory_kib = WRITE_MEMORY_KIB;
    randombytes_buf(file->salt, sizeof file->salt);
    randombytes_buf(file->nonce, sizeof file->nonce);
    const int result = derive_key(file, passphrase, key);
    if (result >= 0)
        crypto_aead_xchacha20poly1305_ietf_encrypt(file->secret, NULL, secret, SCALAR_BYTES, fields,
                                                   binding(file, fields), NULL, file->nonce, key);
    sodium_memzero(key, sizeof key);
    return result;
}

static int append_hex(struct scrim_buf *buf, const char *name, const uint8_t *bytes, size_t count,
                      const char *after)
{
    char text[2 * SEALED_BYTES + 1];
    const int result = scrim_buf_printf(buf, "  \"%s\": \"%s\"%s\n", name,
                                        sodium_bin2hex(text, sizeof text, bytes, count), after);
    sodium_memzero(text, sizeof text);
    return result;
}

static int append_readable(const struct share_file *file, struct scrim_buf *buf)
{
    json_t *json = json_string(file->name);
    SCRIM_AUTO(scrim_free_pointer) char *name = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
    json_decref(json);
    if (!name)
        return SCRIM_ENOMEM;
    int result = scrim_buf_printf(buf, "{\n  \"format\": \"%s\",\n", format_name);
    if (result >= 0)
        result = append_hex(buf, "vault", file->vault_id, SCRIM_VAULT_ID, ",");
    if (result >= 0)
        result = scrim_buf_printf(buf, "  \"index\": %u,\n  \"name\": %s,\n", file->index, name);
    if (result >= 0)
        result = scrim_buf_printf(buf, "  \"protection\": \"%s\",\n",
                                  file->is_protected ? "argon2id" : "none");
    return result;
}

static int render(const struct share_file *file, struct scrim_buf *buf)
{
    uint8_t digest[DIGEST_BYTES];
    checksum(file, digest);
    int result = append_readable(file, buf);
    if (result >= 0 && file->is_protected)
        result = scrim_buf_printf(buf, "  \"passes\": %u,\n  \"memory_kib\": %u,\n", file->passes,
                                  file->memory_kib);
    if (result >= 0 && file->is_protected)
        result = append_hex(buf, "salt", file->salt, SALT_BYTES, ",");
    if (result >= 0 && file->is_protected)
        result = append_hex(buf, "nonce", file->nonce, NONCE_BYTES, ",");
    if (result >= 0)
        result = append_hex(buf, file->is_protected ? "sealed" : "secret", file->secret,
                            secret_count(file), ",");
    if (result >= 0)
        result = append_hex(buf, "checksum", digest, DIGEST_BYTES, "");
    return result < 0 ? result : scrim_buf_append_text(buf, "}\n");
}

int scrim_share_save(const char *path, const struct scrim_share *share, const char *passphrase,
                     struct scrim_error *error)
{
    struct share_file file = {.index = share->index};
    memcpy(file.vault_id, share->vault_id, SCRIM_VAULT_ID);
    memcpy(file.name, share->name, sizeof file.name);
    memcpy(file.secret, share->secret, SCALAR_BYTES);
    struct scrim_buf text;
    scrim_buf_init(&text, FILE_MAX);

    int result = passphrase ? protect(&file, share->secret, passphrase) : SCRIM_OK;
    if (result >= 0)
        result = scrim_buf_reserve(&text, FILE_MAX); // it holds a secret: never moves
    if (result >= 0)
        result = render(&file, &text);
    if (result < 0)
        result = scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    else
        result = scrim_fs_create(path, text.data, text.len, 0600, error);
    scrim_buf_finish_wipe(&text);
    sodium_memzero(&file, sizeof file);
    return result;
}

static bool read_integer(const json_t *json, json_int_t min, json_int_t max, uint32_t *ret)
{
    const json_int_t value = json_integer_value(json);
    if (!json_is_integer(json) || value < min || value > max)
        return false;
    *ret = (uint32_t)value;
    return true;
}

static bool read_protection(const json_t *json, struct share_file *file)
{
    const char *protection = json_string_value(json_object_get(json, "protection"));
    if (protection && strcmp(protection, "none") == 0)
        return scrim_json_has_only(json, 7) &&
               scrim_json_hex(json_object_get(json, "secret"), file->secret, SCALAR_BYTES);
    file->is_protected = protection && strcmp(protection, "argon2id") == 0;
    return file->is_protected && scrim_json_has_only(json, 11) &&
           read_integer(json_object_get(json, "passes"), 1, PASSES_MAX, &file->passes) &&
           read_integer(json_object_get(json, "memory_kib"), MEMORY_KIB_MIN, MEMORY_KIB_MAX,
                        &file->memory_kib) &&
           scrim_json_hex(json_object_get(json, "salt"), file->salt, SALT_BYTES) &&
           scrim_json_hex(json_object_get(json, "nonce"), file->nonce, NONCE_BYTES) &&
           scrim_json_hex(json_object_get(json, "sealed"), file->secret, SEALED_BYTES);
}

static bool read_file(const json_t *json, struct share_file *file)
{
    uint32_t index;
    uint8_t stated[DIGEST_BYTES], found[DIGEST_BYTES];
    if (!scrim_json_hex(json_object_get(json, "vault"), file->vault_id, SCRIM_VAULT_ID) ||
        !read_integer(json_object_get(json, "index"), 1, SCRIM_VAULT_HOLDERS_MAX, &index) ||
        !scrim_json_text(json_object_get(json, "name"), file->name, sizeof file->name) ||
        !scrim_holder_name_valid(file->name) || !read_protection(json, file) ||
        !scrim_json_hex(json_object_get(json, "checksum"), stated, DIGEST_BYTES))
        return false;
    file->index = index;
    checksum(file, found);
    return sodium_memcmp(stated, found, DIGEST_BYTES) == 0;
}

// jansson keeps its own copy of an unprotected secret; overwrite it before it is freed.
static void wipe_secret(const json_t *json)
{
    const json_t *secret = json_object_get(json, "secret");
    union {
        const char *read;
        char *write;
    } text = {.read = json_string_value(secret)};
    if (text.read)
        sodium_memzero(text.write, json_string_length(secret));
}

static int parse_file(const void *bytes, size_t count, struct share_file *ret,
                      struct scrim_error *error)
{
    json_t *json;
    struct share_file file = {0};
    int result = scrim_json_load(bytes, count, format_name, &json, error);
    if (result < 0)
        return result;
    if (read_file(json, &file))
        *ret = file;
    else
        result = scrim_fail(error, SCRIM_EFORMAT,
                            "a member is missing or malformed, or the checksum does not fit");
    wipe_secret(json);
    json_decref(json);
    sodium_memzero(&file, sizeof file);
    return result;
}

static int open_file(const struct share_file *file, const char *passphrase,
                     uint8_t ret[SCALAR_BYTES], struct scrim_error *error)
{
    uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES], fields[BINDING_MAX];
    if (!file->is_protected) {
        memcpy(ret, file->secret, SCALAR_BYTES);
        return SCRIM_OK;
    }
    if (!passphrase)
        return scrim_fail(error, SCRIM_EAUTH, "the share of %s needs its passphrase", file->name);
    int result = derive_key(file, passphrase, key);
    if (result < 0)
        return scrim_fail(error, result, "not enough memory for its passphrase (%u MiB)",
                          file->memory_kib / 1024);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret, NULL, NULL, file->secret, SEALED_BYTES,
                                                   fields, binding(file, fields), file->nonce,
                                                   key) != 0)
        result = scrim_fail(error, SCRIM_EAUTH, "wrong passphrase for the share of %s", file->name);
    sodium_memzero(key, sizeof key);
    return result;
}

int scrim_share_parse(const void *bytes, size_t count, const char *passphrase,
                      struct scrim_share *ret, struct scrim_error *error)
{
    struct share_file file = {0};
    struct scrim_share share = {0};
    struct scrim_error why = {0};
    int result = parse_file(bytes, count, &file, &why);
    if (result < 0)
        return scrim_fail(error, result, "damaged or not a share: %s", why.text);
    result = open_file(&file, passphrase, share.secret, error);
    if (result >= 0 && !scrim_scalar_valid(share.secret))
        result =
            scrim_fail(error, SCRIM_EFORMAT, "damaged or not a share: its secret is no scalar");
    if (result >= 0) {
        memcpy(share.vault_id, file.vault_id, SCRIM_VAULT_ID);
        memcpy(share.name, file.name, sizeof share.name);
        share.index = file.index;
        *ret = share;
    }
    scrim_share_wipe(&share);
    sodium_memzero(&file, sizeof file);
    return result;
}

static int read_share_file(const char *path, struct scrim_buf *ret, struct scrim_error *error)
{
    scrim_buf_init(ret, FILE_MAX);
    const int result = scrim_buf_reserve(ret, FILE_MAX); // it may hold a secret: never moves
    if (result < 0)
        return scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    return scrim_fs_read(path, ret, error);
}

int scrim_share_protected(const char *path, bool *ret, struct scrim_error *error)
{
    struct scrim_buf content;
    struct share_file file = {0};
    struct scrim_error why = {0};
    int result = read_share_file(path, &content, error);
    if (result >= 0) {
        result = parse_file(content.data, content.len, &file, &why);
        if (result < 0)
            scrim_fail(error, result, "%s: damaged or not a share: %s", path, why.text);
        else
            *ret = file.is_protected;
    }
    scrim_buf_finish_wipe(&content);
    sodium_memzero(&file, sizeof file);
    return result;
}

int scrim_share_load(const char *path, const char *passphrase, struct scrim_share *ret,
                     struct scrim_error *error)
{
    struct scrim_buf content;
    int result = read_share_file(path, &content, error);
    if (result >= 0) {
        struct scrim_error why = {0};
        result = scrim_share_parse(content.data, content.len, passphrase, ret, &why);
        if (result < 0)
            scrim_fail(error, result, "%s: %s", path, why.text);
    }
    scrim_buf_finish_wipe(&content);
    return result;
}
