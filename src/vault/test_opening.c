#include "vault/test_opening.h"

#include "vault/json.h"
#include "vault/tdh2_impl.h"
#include "vault/vault_set.h"

#include "base/fs.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "scrim-vault-test/v1";

// --- making ---

static struct scrim_vault_label label_of(int64_t at_us)
{
    return (struct scrim_vault_label){.site = SCRIM_VAULT_TEST_SITE,
                                      .camera = SCRIM_VAULT_TEST_CAMERA,
                                      .start_utc_us = at_us,
                                      .hour = (uint64_t)at_us / UINT64_C(3600000000)};
}

// SHA-256("scrim-vault-test/v1" ‖ dealing id ‖ u64 at_us ‖ SHA-256(header)): what the holders'
// proofs are bound to.
static void request_id_of(const struct scrim_test_opening *proof, uint8_t ret[SCRIM_REQUEST_ID])
{
    uint8_t digest[crypto_hash_sha256_BYTES], at[8];
    crypto_hash_sha256_state state;
    for (unsigned i = 0; i < sizeof at; i++)
        at[i] = (uint8_t)((uint64_t)proof->at_us >> (8 * (7 - i)));
    crypto_hash_sha256(digest, (const uint8_t *)proof->header, strlen(proof->header));
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)format_name, sizeof format_name - 1);
    crypto_hash_sha256_update(&state, proof->dealing_id, sizeof proof->dealing_id);
    crypto_hash_sha256_update(&state, at, sizeof at);
    crypto_hash_sha256_update(&state, digest, sizeof digest);
    crypto_hash_sha256_final(&state, ret);
}

// The header that a segment with this key would begin with.
static int seal_header(const struct scrim_vault *vault, struct scrim_test_opening *proof)
{
    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    const struct scrim_vault_label label = label_of(proof->at_us);
    struct scrim_age_stanza stanza;
    struct scrim_buf header;
    randombytes_buf(file_key, sizeof file_key);
    randombytes_buf(proof->hour_key, sizeof proof->hour_key);
    scrim_buf_init(&header, sizeof proof->header - 1);
    int result = scrim_tdh2_wrap(vault, &label, proof->hour_key, file_key, &stanza);
    if (result >= 0) {
        result = scrim_age_header_write(&stanza, 1, file_key, &header);
        scrim_age_stanza_finish(&stanza);
    }
    if (result >= 0) {
        memcpy(proof->header, header.data, header.len);
        proof->header[header.len] = '\0';
    }
    scrim_buf_finish(&header);
    sodium_memzero(file_key, sizeof file_key);
    return result;
}

// The one stanza of the header, whose label is this proof's.
static int parse_header(const struct scrim_test_opening *proof, struct scrim_age_header *ret_header,
                        struct scrim_tdh2 *ret, struct scrim_error *error)
{
    const struct scrim_vault_label label = label_of(proof->at_us);
    struct scrim_age_header header;
    int result = scrim_age_header_parse(proof->header, strlen(proof->header), &header, error);
    if (result < 0)
        return scrim_fail(error, SCRIM_EFORMAT, "its header is not one of age");
    if (header.length != strlen(proof->header) || header.stanzas_count != 1)
        result = scrim_fail(error, SCRIM_EFORMAT, "its header is not that of a test opening");
    if (result >= 0)
        result = scrim_tdh2_parse(&header.stanzas[0], ret, error);
    if (result >= 0 &&
        (strcmp(ret->label.site, label.site) != 0 || strcmp(ret->label.camera, label.camera) != 0 ||
         ret->label.start_utc_us != label.start_utc_us))
        result = scrim_fail(error, SCRIM_EAUTH, "its label is not that of this test opening");
    if (result < 0)
        scrim_age_header_finish(&header);
    else
        *ret_header = header;
    return result;
}

static int compare_partials(const void *a, const void *b)
{
    const struct scrim_partial *one = a, *other = b;
    return (one->index > other->index) - (one->index < other->index);
}

static int make_partials(const struct scrim_vault *vault, const struct scrim_share *shares,
                         size_t count, struct scrim_test_opening *proof, struct scrim_error *error)
{
    struct scrim_age_header header;
    struct scrim_tdh2 sealed;
    uint8_t request_id[SCRIM_REQUEST_ID];
    int result = parse_header(proof, &header, &sealed, error);
    if (result < 0)
        return result;
    scrim_age_header_finish(&header);
    request_id_of(proof, request_id);
    for (size_t i = 0; i < count && result >= 0; i++)
        result =
            scrim_tdh2_partial(vault, &shares[i], &sealed, request_id, &proof->partials[i], error);
    proof->partials_count = (unsigned)count;
    qsort(proof->partials, count, sizeof proof->partials[0], compare_partials);
    return result;
}

int scrim_test_opening_make(const struct scrim_vault *vault, const struct scrim_share *shares,
                            size_t count, int64_t now_us, struct scrim_test_opening *ret,
                            struct scrim_error *error)
{
    struct scrim_test_opening proof = {.at_us = now_us};
    if (count > SCRIM_VAULT_HOLDERS_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "more shares than a vault can have");
    memcpy(proof.vault_id, vault->id, sizeof proof.vault_id);
    memcpy(proof.dealing_id, vault->dealing_id, sizeof proof.dealing_id);
    int result = seal_header(vault, &proof);
    if (result < 0)
        return scrim_fail(error, result, "nothing can be sealed to this vault");
    result = make_partials(vault, shares, count, &proof, error);
    if (result >= 0)
        result = scrim_test_opening_verify(vault, &proof, error);
    if (result >= 0)
        *ret = proof;
    return result;
}

// --- verifying ---

int scrim_test_opening_verify(const struct scrim_vault *vault,
                              const struct scrim_test_opening *proof, struct scrim_error *error)
{
    struct scrim_age_header header;
    struct scrim_tdh2 sealed;
    uint8_t request_id[SCRIM_REQUEST_ID], file_key[SCRIM_AGE_FILE_KEY];
    if (memcmp(proof->vault_id, vault->id, SCRIM_VAULT_ID) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "it is of another vault");
    if (memcmp(proof->dealing_id, vault->dealing_id, sizeof vault->dealing_id) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "it is of another dealing of this vault");
    int result = parse_header(proof, &header, &sealed, error);
    if (result < 0)
        return result;
    request_id_of(proof, request_id);
    result = scrim_tdh2_combine(vault, &sealed, request_id, proof->partials, proof->partials_count,
                                proof->hour_key, file_key, error);
    if (result >= 0 && scrim_age_header_verify(&header, file_key) < 0)
        result = scrim_fail(error, SCRIM_EAUTH, "its header was changed");
    sodium_memzero(file_key, sizeof file_key);
    scrim_age_header_finish(&header);
    return result;
}

// --- the file ---

static json_t *hex_json(const uint8_t *bytes, size_t count)
{
    char text[2 * 32 + 1];
    return json_string(sodium_bin2hex(text, sizeof text, bytes, count));
}

int scrim_test_opening_write(const struct scrim_test_opening *proof, struct scrim_buf *ret)
{
    json_t *partials = json_array();
    for (unsigned i = 0; i < proof->partials_count; i++) {
        const struct scrim_partial *partial = &proof->partials[i];
        json_array_append_new(partials,
                              json_pack("{s:i,s:o,s:o,s:o}", "holder", (int)partial->index, "u",
                                        hex_json(partial->u_i, 32), "e", hex_json(partial->e_i, 32),
                                        "f", hex_json(partial->f_i, 32)));
    }
    json_t *json = json_pack("{s:s,s:o,s:o,s:I,s:s,s:o,s:o}", "format", format_name, "vault",
                             hex_json(proof->vault_id, SCRIM_VAULT_ID), "dealing",
                             hex_json(proof->dealing_id, 32), "at_us", (json_int_t)proof->at_us,
                             "header", proof->header, "hour_key",
                             hex_json(proof->hour_key, SCRIM_HOUR_KEY), "partials", partials);
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;
    const int result = text ? scrim_buf_printf(ret, "%s\n", text) : SCRIM_ENOMEM;
    json_decref(json);
    free(text);
    return result;
}

static bool read_partial(const json_t *json, struct scrim_partial *ret)
{
    const json_t *holder = json_object_get(json, "holder");
    const json_int_t index = json_integer_value(holder);
    if (!json_is_integer(holder) || index < 1 || index > SCRIM_VAULT_HOLDERS_MAX)
        return false;
    ret->index = (unsigned)index;
    return scrim_json_has_only(json, 4) &&
           scrim_json_hex(json_object_get(json, "u"), ret->u_i, 32) &&
           scrim_json_hex(json_object_get(json, "e"), ret->e_i, 32) &&
           scrim_json_hex(json_object_get(json, "f"), ret->f_i, 32);
}

static bool read_partials(const json_t *array, struct scrim_test_opening *proof)
{
    const size_t count = json_array_size(array);
    if (count < 1 || count > SCRIM_VAULT_HOLDERS_MAX)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!read_partial(json_array_get(array, i), &proof->partials[i]) ||
            (i > 0 && proof->partials[i].index <= proof->partials[i - 1].index))
            return false;
    }
    proof->partials_count = (unsigned)count;
    return true;
}

static bool read_proof(const json_t *json, struct scrim_test_opening *proof)
{
    const json_t *at = json_object_get(json, "at_us");
    proof->at_us = json_integer_value(at);
    return scrim_json_has_only(json, 7) && json_is_integer(at) && proof->at_us >= 0 &&
           scrim_json_hex(json_object_get(json, "vault"), proof->vault_id, SCRIM_VAULT_ID) &&
           scrim_json_hex(json_object_get(json, "dealing"), proof->dealing_id, 32) &&
           scrim_json_text(json_object_get(json, "header"), proof->header, sizeof proof->header) &&
           scrim_json_hex(json_object_get(json, "hour_key"), proof->hour_key, SCRIM_HOUR_KEY) &&
           read_partials(json_object_get(json, "partials"), proof);
}

int scrim_test_opening_parse(const void *bytes, size_t count, struct scrim_test_opening *ret,
                             struct scrim_error *error)
{
    json_t *json;
    struct scrim_test_opening proof = {0};
    int result = scrim_json_load(bytes, count, format_name, &json, error);
    if (result < 0)
        return result;
    if (read_proof(json, &proof))
        *ret = proof;
    else
        result = scrim_fail(error, SCRIM_EFORMAT, "a member is missing, malformed or unknown");
    json_decref(json);
    return result;
}

// --- finding it ---

static int load_and_verify(const char *state, const char *name, const struct scrim_vault *vault,
                           struct scrim_test_opening *ret, struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    struct scrim_buf content;
    if (scrim_path_join(path, state, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", state);
    scrim_buf_init(&content, SCRIM_VAULT_TEST_MAX);
    int result = scrim_fs_read(path, &content, error);
    if (result >= 0) {
        result = scrim_test_opening_parse(content.data, content.len, ret, error);
        if (result >= 0)
            result = scrim_test_opening_verify(vault, ret, error);
        if (result < 0)
            scrim_fail_prefix(error, "%s does not hold", path);
    }
    scrim_buf_finish(&content);
    return result;
}

int scrim_test_opening_find(const char *state, const char *dir, const struct scrim_vault *vault,
                            struct scrim_test_opening *ret, struct scrim_error *error)
{
    struct scrim_test_opening proof;
    struct scrim_error why = {0};
    int result = load_and_verify(state, SCRIM_VAULT_TEST_FILE, vault, &proof, &why);
    // A crash may have come between a new dealing and its proof, which is written first.
    if (result < 0 && load_and_verify(state, SCRIM_VAULT_TEST_NEXT, vault, &proof, NULL) >= 0)
        result = SCRIM_OK;
    if (result >= 0) {
        if (ret)
            *ret = proof;
        return SCRIM_OK;
    }
    const bool absent = result == SCRIM_ENOENT;
    return scrim_fail(
        error, result,
        "it is not proven that the holders can open what is sealed to this vault%s%s; "
        "%u of them show it with: scrim vault test %s --share FILE --share FILE",
        absent ? "" : ": ", absent ? "" : why.text, vault->threshold, dir);
}

int scrim_vault_load_live(const char *dir, struct scrim_vault *ret, struct scrim_error *error)
{
    char state[SCRIM_PATH_MAX], path[SCRIM_PATH_MAX];
    if (scrim_path_join(state, dir, "state") < 0 ||
        scrim_path_join(path, state, SCRIM_VAULT_FILE) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int result = scrim_vault_load(path, ret, error);
    if (result == SCRIM_ENOENT)
        return scrim_fail(error, result,
                          "%s has no vault to seal with; make one: scrim vault init %s -k 2 "
                          "--holder NAME --holder NAME --holder NAME --out SHARES_DIR",
                          dir, dir);
    return result < 0 ? result : scrim_test_opening_find(state, dir, ret, NULL, error);
}
