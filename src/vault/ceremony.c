#include "vault/ceremony.h"

#include "vault/files.h"
#include "vault/json.h"

#include "base/fs.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define VAULT_TEXT_MAX (64 * 1024)

static const char format_name[] = "scrim-vault-transcript/v1";
static const char *const kinds[] = {"init", "refresh", "rotate"};

const char *scrim_ceremony_text(enum scrim_ceremony_kind kind)
{
    return kinds[kind];
}

void scrim_ceremony_digest(const void *bytes, size_t count, uint8_t ret[32])
{
    crypto_hash_sha256(ret, bytes, count);
}

void scrim_ceremony_digest_text(const uint8_t digest[32], char ret[SCRIM_CEREMONY_DIGEST_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    char *at = ret;
    for (unsigned i = 0; i < 32; i++) {
        if (i > 0 && i % 2 == 0)
            *at++ = ' ';
        *at++ = digits[digest[i] >> 4];
        *at++ = digits[digest[i] & 15];
    }
    *at = '\0';
}

// --- writing ---

static json_t *hex_json(const uint8_t *bytes, size_t count)
{
    char text[2 * 32 + 1];
    return json_string(sodium_bin2hex(text, sizeof text, bytes, count));
}

// The object of vault.json, member for member.
static json_t *vault_json(const struct scrim_vault *vault)
{
    struct scrim_buf text;
    scrim_buf_init(&text, VAULT_TEXT_MAX);
    json_t *json = scrim_vault_write(vault, &text) < 0
                       ? NULL
                       : json_loadb((const char *)text.data, text.len, 0, NULL);
    scrim_buf_finish(&text);
    return json;
}

static json_t *deals_json(const struct scrim_ceremony *ceremony)
{
    json_t *deals = json_array();
    for (unsigned i = 0; i < ceremony->deals_count; i++) {
        const struct scrim_reshare_deal *deal = &ceremony->deals[i];
        json_t *commitments = json_array();
        for (unsigned m = 0; m < deal->threshold; m++)
            json_array_append_new(commitments, hex_json(deal->commitments[m], 32));
        json_array_append_new(
            deals, json_pack("{s:i,s:o}", "holder", (int)deal->holder, "commitments", commitments));
    }
    return deals;
}

static json_t *before_json(const struct scrim_ceremony *ceremony)
{
    if (ceremony->kind == SCRIM_CEREMONY_INIT)
        return json_null();
    return json_pack("{s:o,s:o}", "vault", hex_json(ceremony->before_vault, SCRIM_VAULT_ID),
                     "dealing", hex_json(ceremony->before_dealing, 32));
}

int scrim_ceremony_write(const struct scrim_ceremony *ceremony, struct scrim_buf *ret)
{
    json_t *json =
        json_pack("{s:s,s:s,s:I,s:s,s:s,s:o,s:o,s:o,s:o}", "format", format_name, "what",
                  kinds[ceremony->kind], "at_us", (json_int_t)ceremony->at_us, "who", ceremony->who,
                  "program", ceremony->program, "vault", vault_json(&ceremony->vault), "dealing",
                  hex_json(ceremony->vault.dealing_id, 32), "before", before_json(ceremony),
                  "deals", deals_json(ceremony));
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    const int result = text ? scrim_buf_printf(ret, "%s\n", text) : SCRIM_ENOMEM;
    json_decref(json);
    free(text);
    return result;
}

// --- reading ---

static bool read_kind(const json_t *json, enum scrim_ceremony_kind *ret)
{
    const char *text = json_string_value(json);
    for (unsigned i = 0; text && i < sizeof kinds / sizeof *kinds; i++) {
        if (strcmp(text, kinds[i]) == 0) {
            *ret = (enum scrim_ceremony_kind)i;
            return true;
        }
    }
    return false;
}

static bool read_vault(const json_t *json, struct scrim_vault *ret)
{
    char *text = json_is_object(json) ? json_dumps(json, JSON_COMPACT) : NULL;
    const bool read = text && scrim_vault_parse(text, strlen(text), ret, NULL) >= 0;
    free(text);
    return read;
}

static bool read_before(const json_t *json, struct scrim_ceremony *ceremony)
{
    if (ceremony->kind == SCRIM_CEREMONY_INIT)
        return json_is_null(json);
    return scrim_json_has_only(json, 2) &&
           scrim_json_hex(json_object_get(json, "vault"), ceremony->before_vault, SCRIM_VAULT_ID) &&
           scrim_json_hex(json_object_get(json, "dealing"), ceremony->before_dealing, 32);
}

static bool read_deal(const json_t *json, struct scrim_reshare_deal *ret)
{
    const json_int_t holder = json_integer_value(json_object_get(json, "holder"));
    const json_t *commitments = json_object_get(json, "commitments");
    const size_t count = json_array_size(commitments);
    if (!scrim_json_has_only(json, 2) || holder < 1 || holder > SCRIM_VAULT_HOLDERS_MAX ||
        count < 1 || count > SCRIM_VAULT_HOLDERS_MAX)
        return false;
    ret->holder = (unsigned)holder;
    ret->threshold = (unsigned)count;
    for (size_t m = 0; m < count; m++) {
        if (!scrim_json_hex(json_array_get(commitments, m), ret->commitments[m], 32))
            return false;
    }
    return true;
}

static bool read_deals(const json_t *array, struct scrim_ceremony *ceremony)
{
    const size_t count = json_array_size(array);
    if (!json_is_array(array) || count > SCRIM_VAULT_HOLDERS_MAX ||
        (count > 0) != (ceremony->kind == SCRIM_CEREMONY_REFRESH))
        return false;
    ceremony->deals_count = (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        if (!read_deal(json_array_get(array, i), &ceremony->deals[i]))
            return false;
    }
    return true;
}

static bool read_ceremony(const json_t *json, struct scrim_ceremony *ceremony)
{
    uint8_t dealing[32];
    const json_t *at = json_object_get(json, "at_us");
    ceremony->at_us = json_integer_value(at);
    return scrim_json_has_only(json, 9) && json_is_integer(at) && ceremony->at_us >= 0 &&
           read_kind(json_object_get(json, "what"), &ceremony->kind) &&
           scrim_json_text(json_object_get(json, "who"), ceremony->who, sizeof ceremony->who) &&
           scrim_json_text(json_object_get(json, "program"), ceremony->program,
                           sizeof ceremony->program) &&
           read_vault(json_object_get(json, "vault"), &ceremony->vault) &&
           scrim_json_hex(json_object_get(json, "dealing"), dealing, sizeof dealing) &&
           memcmp(dealing, ceremony->vault.dealing_id, sizeof dealing) == 0 &&
           read_before(json_object_get(json, "before"), ceremony) &&
           read_deals(json_object_get(json, "deals"), ceremony);
}

int scrim_ceremony_parse(const void *bytes, size_t count, struct scrim_ceremony *ret,
                         struct scrim_error *error)
{
    json_t *json;
    int result = scrim_json_load(bytes, count, format_name, &json, error);
    if (result < 0)
        return result;
    *ret = (struct scrim_ceremony){0};
    if (!read_ceremony(json, ret))
        result = scrim_fail(error, SCRIM_EFORMAT, "a member is missing, malformed or unknown");
    json_decref(json);
    return result;
}

// --- finding it ---

static int load(const char *state, const char *name, const struct scrim_vault *vault,
                struct scrim_ceremony *ret, uint8_t ret_digest[32], struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf content;
    if (scrim_path_join(path, state, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", state);
    scrim_buf_init(&content, SCRIM_VAULT_TRANSCRIPT_MAX);
    int result = scrim_fs_read(path, &content, error);
    if (result >= 0) {
        result = scrim_ceremony_parse(content.data, content.len, ret, error);
        if (result >= 0 && memcmp(ret->vault.dealing_id, vault->dealing_id, 32) != 0)
            result = scrim_fail(error, SCRIM_EAUTH, "it is of another dealing");
        if (result < 0)
            scrim_fail_prefix(error, "%s", path);
        else
            scrim_ceremony_digest(content.data, content.len, ret_digest);
    }
    scrim_buf_finish(&content);
    return result;
}

int scrim_ceremony_find(const char *state, const struct scrim_vault *vault,
                        struct scrim_ceremony *ret, uint8_t ret_digest[32],
                        struct scrim_error *error)
{
    const int result = load(state, SCRIM_VAULT_TRANSCRIPT_FILE, vault, ret, ret_digest, error);
    // A crash may have come between a new dealing and its transcript, which is written first.
    if (result >= 0 || load(state, SCRIM_VAULT_TRANSCRIPT_NEXT, vault, ret, ret_digest, NULL) >= 0)
        return SCRIM_OK;
    return result;
}
