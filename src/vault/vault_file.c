// state/vault.json, the public part (docs/ref/formats/vault.md). Read strictly: every member
// expected, none besides, and everything that can be recomputed is.
#include "vault/files.h"

#include "vault/json.h"
#include "vault/tdh2_impl.h"

#include "base/fs.h"

#include <jansson.h>
#include <string.h>

#define FILE_MAX (64 * 1024)
#define DEALING_MAX 1000000

static const char format_name[] = "scrim-vault/v1";

static bool read_commitments(const json_t *array, struct scrim_vault *vault)
{
    if (json_array_size(array) != vault->threshold)
        return false;
    for (unsigned j = 0; j < vault->threshold; j++)
        if (!scrim_json_hex(json_array_get(array, j), vault->commitments[j], POINT_BYTES))
            return false;
    return true;
}

static bool read_holder(const json_t *json, unsigned at, struct scrim_vault *vault)
{
    return scrim_json_has_only(json, 5) &&
           json_integer_value(json_object_get(json, "index")) == (json_int_t)at + 1 &&
           scrim_json_text(json_object_get(json, "name"), vault->names[at],
                           sizeof vault->names[at]) &&
           scrim_json_text(json_object_get(json, "line"), vault->lines[at],
                           sizeof vault->lines[at]) &&
           scrim_json_hex(json_object_get(json, "verify_key"), vault->verify_keys[at],
                          POINT_BYTES) &&
           scrim_json_hex(json_object_get(json, "sign_key"), vault->sign_keys[at],
                          sizeof vault->sign_keys[at]);
}

static bool read_holders(const json_t *array, struct scrim_vault *vault)
{
    const size_t count = json_array_size(array);
    if (count < 1 || count > SCRIM_VAULT_HOLDERS_MAX)
        return false;
    vault->holders_count = (unsigned)count;
    for (unsigned i = 0; i < vault->holders_count; i++)
        if (!read_holder(json_array_get(array, i), i, vault))
            return false;
    return true;
}

static bool read_vault(const json_t *json, struct scrim_vault *vault)
{
    const json_int_t threshold = json_integer_value(json_object_get(json, "threshold"));
    if (threshold < 1 || threshold > SCRIM_VAULT_HOLDERS_MAX)
        return false;
    const json_int_t dealing = json_integer_value(json_object_get(json, "dealing"));
    if (dealing < 1 || dealing > DEALING_MAX)
        return false;
    vault->threshold = (unsigned)threshold;
    vault->dealing = (unsigned)dealing;
    return scrim_json_has_only(json, 8) &&
           scrim_json_hex(json_object_get(json, "id"), vault->id, SCRIM_VAULT_ID) &&
           scrim_json_hex(json_object_get(json, "public_key"), vault->public_key, POINT_BYTES) &&
           read_commitments(json_object_get(json, "commitments"), vault) &&
           scrim_json_hex(json_object_get(json, "dealing_id"), vault->dealing_id,
                          SCRIM_DEALING_ID) &&
           read_holders(json_object_get(json, "holders"), vault);
}

int scrim_vault_parse(const void *bytes, size_t count, struct scrim_vault *ret,
                      struct scrim_error *error)
{
    json_t *json;
    struct scrim_vault vault = {0};
    int result = scrim_json_load(bytes, count, format_name, &json, error);
    if (result < 0)
        return result;
    if (!read_vault(json, &vault))
        result = scrim_fail(error, SCRIM_EFORMAT, "a member is missing, malformed or unknown");
    json_decref(json);
    if (result >= 0 && scrim_vault_validate(&vault, error) < 0)
        result = SCRIM_EFORMAT;
    if (result >= 0)
        *ret = vault;
    return result;
}

int scrim_vault_load(const char *path, struct scrim_vault *ret, struct scrim_error *error)
{
    struct scrim_error why = {0};
    struct scrim_buf content;
    scrim_buf_init(&content, FILE_MAX);
    int result = scrim_fs_read(path, &content, error);
    if (result >= 0) {
        result = scrim_vault_parse(content.data, content.len, ret, &why);
        if (result < 0)
            scrim_fail(error, result, "%s: damaged or not a vault: %s", path, why.text);
    }
    scrim_buf_finish(&content);
    return result;
}

static json_t *vault_to_json(const struct scrim_vault *vault)
{
    json_t *commitments = json_array(), *holders = json_array();
    for (unsigned j = 0; j < vault->threshold; j++)
        json_array_append_new(commitments, scrim_json_from_hex(vault->commitments[j], POINT_BYTES));
    for (unsigned i = 0; i < vault->holders_count; i++)
        json_array_append_new(
            holders,
            json_pack("{s:i,s:s,s:s,s:o,s:o}", "index", (int)(i + 1), "name", vault->names[i],
                      "line", vault->lines[i], "verify_key",
                      scrim_json_from_hex(vault->verify_keys[i], POINT_BYTES), "sign_key",
                      scrim_json_from_hex(vault->sign_keys[i], sizeof vault->sign_keys[i])));
    return json_pack("{s:s,s:o,s:i,s:o,s:i,s:o,s:o,s:o}", "format", format_name, "id",
                     scrim_json_from_hex(vault->id, SCRIM_VAULT_ID), "dealing", (int)vault->dealing,
                     "dealing_id", scrim_json_from_hex(vault->dealing_id, SCRIM_DEALING_ID),
                     "threshold", (int)vault->threshold, "public_key",
                     scrim_json_from_hex(vault->public_key, POINT_BYTES), "commitments",
                     commitments, "holders", holders);
}

// What is about to be written must read back as this vault: a file that cannot open what was sealed
// to it would be noticed years later. It also catches memory that ran out halfway through the JSON.
int scrim_vault_write(const struct scrim_vault *vault, struct scrim_buf *ret)
{
    json_t *json = vault_to_json(vault);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    int result = text ? scrim_buf_printf(ret, "%s\n", text) : SCRIM_ENOMEM;
    json_decref(json);
    free(text);
    struct scrim_vault again;
    if (result >= 0)
        result = scrim_vault_parse(ret->data, ret->len, &again, NULL);
    if (result >= 0 && memcmp(again.dealing_id, vault->dealing_id, SCRIM_DEALING_ID) != 0)
        result = SCRIM_EINTERNAL;
    return result;
}

int scrim_vault_save(const char *path, const struct scrim_vault *vault, struct scrim_error *error)
{
    struct scrim_buf text;
    scrim_buf_init(&text, FILE_MAX);
    int result = scrim_vault_write(vault, &text);
    if (result < 0)
        result = scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    else
        result = scrim_fs_create(path, text.data, text.len, 0644, error);
    scrim_buf_finish(&text);
    return result;
}
