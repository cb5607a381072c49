// The text of a share file: readable fields that say whose it is and how it is protected, then the
// secret as share_seal.c made it. A checksum over everything tells damage, so that a seal that does
// not open tells a wrong passphrase or token.
#include "vault/share_file_impl.h"

#include "vault/json.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#define DIGEST_BYTES crypto_hash_sha256_BYTES
#define SECRET_DIGITS (2 * SCALAR_BYTES)

// What a file may ask of us: the cost comes from outside, so it is bounded before it is spent.
#define PASSES_MAX 10
#define MEMORY_KIB_MIN 8
#define MEMORY_KIB_MAX (1024 * 1024)

static const char format_name[] = "scrim-share/v1";

static const char *const protections[] = {
    [SCRIM_SHARE_BARE] = "none",
    [SCRIM_SHARE_PASSPHRASE] = "argon2id",
    [SCRIM_SHARE_TOKEN] = "fido2",
};

static bool label_valid(const char *label, size_t length)
{
    return length >= 1 && length <= 63 &&
           strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-") >= length && label[0] != '-' &&
           label[length - 1] != '-';
}

bool scrim_rp_id_valid(const char *text)
{
    if (strlen(text) > SCRIM_RP_ID_MAX)
        return false;
    const char *label = text;
    for (const char *dot = strchr(label, '.'); dot; label = dot + 1, dot = strchr(label, '.'))
        if (!label_valid(label, (size_t)(dot - label)))
            return false;
    // A browser reads a name whose last label is a number as an IPv4 address (URL Standard, 3.5).
    return label_valid(label, strlen(label)) && label[strspn(label, "0123456789")] != '\0';
}

static int append_protection(const struct scrim_share_file *file, struct scrim_buf *fields)
{
    const struct scrim_share_token *token = &file->info.token;
    int result = scrim_buf_append_u8(fields, (uint8_t)file->info.protection);
    if (file->info.protection == SCRIM_SHARE_PASSPHRASE) {
        result |= scrim_buf_append_u32(fields, file->passes);
        result |= scrim_buf_append_u32(fields, file->memory_kib);
        result |= scrim_buf_append(fields, file->passphrase_salt, SHARE_PASSPHRASE_SALT);
    } else if (file->info.protection == SCRIM_SHARE_TOKEN) {
        result |= scrim_buf_append_u8(fields, (uint8_t)strlen(token->rp_id));
        result |= scrim_buf_append_text(fields, token->rp_id);
        result |= scrim_buf_append_u16(fields, (uint16_t)token->credential_len);
        result |= scrim_buf_append(fields, token->credential, token->credential_len);
        result |= scrim_buf_append(fields, token->salt, SCRIM_TOKEN_SALT);
    }
    if (file->info.protection != SCRIM_SHARE_BARE)
        result |= scrim_buf_append(fields, file->nonce, SHARE_NONCE);
    return result;
}

size_t scrim_share_file_binding(const struct scrim_share_file *file, uint8_t ret[SHARE_BINDING_MAX])
{
    const struct scrim_share_info *info = &file->info;
    struct scrim_buf fields = {
        .data = ret, .capacity = SHARE_BINDING_MAX, .max = SHARE_BINDING_MAX};
    int result = scrim_buf_append(&fields, format_name, sizeof format_name - 1);
    result |= scrim_buf_append(&fields, info->vault_id, SCRIM_VAULT_ID);
    result |= scrim_buf_append_u16(&fields, (uint16_t)info->index);
    result |= scrim_buf_append_u8(&fields, (uint8_t)strlen(info->name));
    result |= scrim_buf_append_text(&fields, info->name);
    result |= append_protection(file, &fields);
    if (result < 0)
        abort(); // SHARE_BINDING_MAX is the sum of the above
    return fields.len;
}

static size_t secret_count(const struct scrim_share_file *file)
{
    return file->info.protection == SCRIM_SHARE_BARE ? SCALAR_BYTES : SHARE_SEALED;
}

static void checksum(const struct scrim_share_file *file, uint8_t ret[DIGEST_BYTES])
{
    uint8_t fields[SHARE_BINDING_MAX];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, fields, scrim_share_file_binding(file, fields));
    crypto_hash_sha256_update(&state, file->secret, secret_count(file));
    crypto_hash_sha256_final(&state, ret);
    sodium_memzero(&state, sizeof state);
}

// --- writing ---

static int append_hex(struct scrim_buf *buf, const char *name, const uint8_t *bytes, size_t count,
                      const char *after)
{
    char text[2 * SCRIM_TOKEN_CREDENTIAL_MAX + 1];
    const int result = scrim_buf_printf(buf, "  \"%s\": \"%s\"%s\n", name,
                                        sodium_bin2hex(text, sizeof text, bytes, count), after);
    sodium_memzero(text, sizeof text);
    return result;
}

static int append_readable(const struct scrim_share_info *info, struct scrim_buf *buf)
{
    json_t *json = json_string(info->name);
    SCRIM_AUTO(scrim_free_pointer) char *name = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;
    json_decref(json);
    if (!name)
        return SCRIM_ENOMEM;
    int result = scrim_buf_printf(buf, "{\n  \"format\": \"%s\",\n", format_name);
    if (result >= 0)
        result = append_hex(buf, "vault", info->vault_id, SCRIM_VAULT_ID, ",");
    if (result >= 0)
        result = scrim_buf_printf(buf, "  \"index\": %u,\n  \"name\": %s,\n", info->index, name);
    if (result >= 0)
        result =
            scrim_buf_printf(buf, "  \"protection\": \"%s\",\n", protections[info->protection]);
    return result;
}

static int append_passphrase(const struct scrim_share_file *file, struct scrim_buf *buf)
{
    const int result = scrim_buf_printf(buf, "  \"passes\": %u,\n  \"memory_kib\": %u,\n",
                                        file->passes, file->memory_kib);
    return result < 0 ? result
                      : append_hex(buf, "salt", file->passphrase_salt, SHARE_PASSPHRASE_SALT, ",");
}

static int append_token(const struct scrim_share_token *token, struct scrim_buf *buf)
{
    int result = scrim_buf_printf(buf, "  \"rp_id\": \"%s\",\n", token->rp_id);
    if (result >= 0)
        result = append_hex(buf, "credential", token->credential, token->credential_len, ",");
    return result < 0 ? result : append_hex(buf, "salt", token->salt, SCRIM_TOKEN_SALT, ",");
}

int scrim_share_file_render(const struct scrim_share_file *file, struct scrim_buf *text)
{
    const bool bare = file->info.protection == SCRIM_SHARE_BARE;
    uint8_t digest[DIGEST_BYTES];
    checksum(file, digest);
    int result = append_readable(&file->info, text);
    if (result >= 0 && file->info.protection == SCRIM_SHARE_PASSPHRASE)
        result = append_passphrase(file, text);
    if (result >= 0 && file->info.protection == SCRIM_SHARE_TOKEN)
        result = append_token(&file->info.token, text);
    if (result >= 0 && !bare)
        result = append_hex(text, "nonce", file->nonce, SHARE_NONCE, ",");
    if (result >= 0)
        result =
            append_hex(text, bare ? "secret" : "sealed", file->secret, secret_count(file), ",");
    if (result >= 0)
        result = append_hex(text, "checksum", digest, DIGEST_BYTES, "");
    return result < 0 ? result : scrim_buf_append_text(text, "}\n");
}

// --- reading ---

static bool read_integer(const json_t *json, json_int_t min, json_int_t max, uint32_t *ret)
{
    const json_int_t value = json_integer_value(json);
    if (!json_is_integer(json) || value < min || value > max)
        return false;
    *ret = (uint32_t)value;
    return true;
}

static bool read_sealed(const json_t *json, struct scrim_share_file *file)
{
    return scrim_json_has_only(json, 11) &&
           scrim_json_hex(json_object_get(json, "nonce"), file->nonce, SHARE_NONCE) &&
           scrim_json_hex(json_object_get(json, "sealed"), file->secret, SHARE_SEALED);
}

static bool read_passphrase(const json_t *json, struct scrim_share_file *file)
{
    return read_sealed(json, file) &&
           read_integer(json_object_get(json, "passes"), 1, PASSES_MAX, &file->passes) &&
           read_integer(json_object_get(json, "memory_kib"), MEMORY_KIB_MIN, MEMORY_KIB_MAX,
                        &file->memory_kib) &&
           scrim_json_hex(json_object_get(json, "salt"), file->passphrase_salt,
                          SHARE_PASSPHRASE_SALT);
}

static bool read_token(const json_t *json, struct scrim_share_file *file)
{
    struct scrim_share_token *token = &file->info.token;
    const json_t *credential = json_object_get(json, "credential");
    token->credential_len = json_string_length(credential) / 2;
    return read_sealed(json, file) &&
           scrim_json_text(json_object_get(json, "rp_id"), token->rp_id, sizeof token->rp_id) &&
           scrim_rp_id_valid(token->rp_id) && token->credential_len >= 1 &&
           token->credential_len <= sizeof token->credential &&
           scrim_json_hex(credential, token->credential, token->credential_len) &&
           scrim_json_hex(json_object_get(json, "salt"), token->salt, SCRIM_TOKEN_SALT);
}

// `taken`: a bare secret is in `file` already.
static bool read_protection(const json_t *json, bool taken, struct scrim_share_file *file)
{
    const char *text = json_string_value(json_object_get(json, "protection"));
    if (text && strcmp(text, protections[SCRIM_SHARE_BARE]) == 0) {
        file->info.protection = SCRIM_SHARE_BARE;
        return taken && scrim_json_has_only(json, 7) &&
               json_is_string(json_object_get(json, "secret"));
    }
    if (text && strcmp(text, protections[SCRIM_SHARE_PASSPHRASE]) == 0) {
        file->info.protection = SCRIM_SHARE_PASSPHRASE;
        return read_passphrase(json, file);
    }
    file->info.protection = SCRIM_SHARE_TOKEN;
    return text && strcmp(text, protections[SCRIM_SHARE_TOKEN]) == 0 && read_token(json, file);
}

static bool read_file(const json_t *json, bool taken, struct scrim_share_file *file)
{
    struct scrim_share_info *info = &file->info;
    uint32_t index;
    uint8_t stated[DIGEST_BYTES], found[DIGEST_BYTES];
    if (!scrim_json_hex(json_object_get(json, "vault"), info->vault_id, SCRIM_VAULT_ID) ||
        !read_integer(json_object_get(json, "index"), 1, SCRIM_VAULT_HOLDERS_MAX, &index) ||
        !scrim_json_text(json_object_get(json, "name"), info->name, sizeof info->name) ||
        !scrim_holder_name_valid(info->name) || !read_protection(json, taken, file) ||
        !scrim_json_hex(json_object_get(json, "checksum"), stated, DIGEST_BYTES))
        return false;
    info->index = index;
    checksum(file, found);
    return sodium_memcmp(stated, found, DIGEST_BYTES) == 0;
}

static char *skip_space(char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n'))
        at++;
    return at;
}

// The digits of the member "secret", if there are as many as there must be.
static char *find_secret(char *text, size_t count)
{
    static const char name[] = "\"secret\"";
    if (count == 0)
        return NULL;
    const char *end = text + count;
    char *at = text;
    while ((at = memmem(at, (size_t)(end - at), name, sizeof name - 1))) {
        char *after = skip_space(at + sizeof name - 1, end);
        if (after < end && *after == ':') {
            after = skip_space(after + 1, end);
            return end - after >= SECRET_DIGITS + 2 && after[0] == '"' &&
                           after[SECRET_DIGITS + 1] == '"'
                       ? after + 1
                       : NULL;
        }
        at++; // a holder of that name
    }
    return NULL;
}

// A bare secret is taken out before the text is parsed, and noughts put in its place: jansson
// copies what it reads into buffers that it grows and frees without wiping them. Within a string of
// JSON
// `"secret"` cannot stand, for its quotes would be escaped; before a colon it is a member's name.
// Constant time in the digits.
static bool take_secret(char *text, size_t count, uint8_t ret[SCALAR_BYTES])
{
    char again[SECRET_DIGITS + 1];
    char *digits = find_secret(text, count);
    if (!digits || sodium_hex2bin(ret, SCALAR_BYTES, digits, SECRET_DIGITS, NULL, NULL, NULL) != 0)
        return false;
    sodium_bin2hex(again, sizeof again, ret, SCALAR_BYTES);
    const bool lower_case = sodium_memcmp(again, digits, SECRET_DIGITS) == 0;
    sodium_memzero(again, sizeof again);
    memset(digits, '0', SECRET_DIGITS);
    return lower_case;
}

static int load_without_secret(const void *bytes, size_t count, struct scrim_share_file *file,
                               json_t **ret, bool *ret_taken, struct scrim_error *error)
{
    struct scrim_buf text;
    scrim_buf_init(&text, SHARE_FILE_MAX);
    int result = scrim_buf_append(&text, bytes, count);
    if (result < 0)
        return scrim_fail(error, SCRIM_EFORMAT, "longer than %d bytes", SHARE_FILE_MAX);
    *ret_taken = take_secret((char *)text.data, text.len, file->secret);
    result = scrim_json_load(text.data, text.len, format_name, ret, error);
    scrim_buf_finish_wipe(&text);
    return result;
}

int scrim_share_file_parse(const void *bytes, size_t count, struct scrim_share_file *ret,
                           struct scrim_error *error)
{
    json_t *json;
    struct scrim_share_file file = {0};
    bool taken = false;
    int result = load_without_secret(bytes, count, &file, &json, &taken, error);
    if (result >= 0) {
        if (read_file(json, taken, &file))
            *ret = file;
        else
            result = scrim_fail(error, SCRIM_EFORMAT,
                                "a member is missing or malformed, or the checksum does not fit");
        json_decref(json);
    }
    sodium_memzero(&file, sizeof file);
    return result;
}
