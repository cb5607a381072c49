// A decision as bytes: read, written, verified.
#include "vault/decision.h"

#include "base/alloc.h"
#include "base/base64.h"
#include "vault/decision_impl.h"
#include "vault/json.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char format_name[] = "scrim-decision/v1";

void scrim_decision_finish(struct scrim_decision *decision)
{
    free(decision->partials);
    *decision = (struct scrim_decision){0};
}

// --- what is signed ---

static uint8_t *put(uint8_t *at, const void *bytes, size_t count)
{
    memcpy(at, bytes, count);
    return at + count;
}

static uint8_t *put_number(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    return at + bytes;
}

static uint8_t *put_digest(uint8_t *at, const void *bytes, size_t count)
{
    crypto_hash_sha256(at, bytes, count);
    return at + crypto_hash_sha256_BYTES;
}

void scrim_decision_signed_bytes(const struct scrim_decision *d,
                                 uint8_t ret[SCRIM_DECISION_SIGNED_BYTES])
{
    uint8_t *at = put(ret, format_name, sizeof format_name - 1);
    at = put(at, d->request, sizeof d->request);
    at = put(at, d->vault, sizeof d->vault);
    at = put(at, d->dealing, sizeof d->dealing);
    at = put_number(at, d->holder, 2);
    at = put_number(at, d->approve, 1);
    at = put_number(at, (uint64_t)d->at_us, 8);
    at = put_digest(at, d->reason, strlen(d->reason));
    at = put_digest(at, d->partials ? d->partials : (const uint8_t *)"", d->partials_len);
    (void)at;
}

// --- reading ---

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static bool read_partials(const json_t *json, struct scrim_decision *ret)
{
    const char *text = json_string_value(json);
    const size_t length = json_string_length(json);
    if (json_is_null(json))
        return true;
    if (!text || length == 0)
        return false;
    ret->partials = scrim_new_bytes(length);
    return scrim_base64_decode(text, length, ret->partials, length, &ret->partials_len) >= 0;
}

static bool read_decision(const json_t *json, struct scrim_decision *ret)
{
    uint64_t holder, at_us;
    const json_t *approve = json_object_get(json, "approve");
    if (!scrim_json_has_only(json, 10) ||
        !scrim_json_hex(json_object_get(json, "request"), ret->request, sizeof ret->request) ||
        !scrim_json_hex(json_object_get(json, "vault"), ret->vault, sizeof ret->vault) ||
        !scrim_json_hex(json_object_get(json, "dealing"), ret->dealing, sizeof ret->dealing) ||
        !scrim_json_number(json_object_get(json, "holder"), &holder) || holder < 1 ||
        holder > SCRIM_VAULT_HOLDERS_MAX || !json_is_boolean(approve) ||
        !scrim_json_text(json_object_get(json, "reason"), ret->reason, sizeof ret->reason) ||
        !scrim_json_number(json_object_get(json, "at_us"), &at_us) ||
        !scrim_json_hex(json_object_get(json, "signature"), ret->signature,
                        sizeof ret->signature) ||
        !read_partials(json_object_get(json, "partials"), ret))
        return false;
    ret->holder = (unsigned)holder;
    ret->at_us = (int64_t)at_us;
    ret->approve = json_is_true(approve);
    return ret->approve ? ret->partials != NULL : !ret->partials && !is_blank(ret->reason);
}

int scrim_decision_parse(const void *bytes, size_t count, struct scrim_decision *ret,
                         struct scrim_error *error)
{
    json_t *json;
    struct scrim_decision decision = {0};
    if (count > SCRIM_DECISION_JSON_MAX)
        return scrim_fail(error, SCRIM_EFORMAT, "the decision is too long");
    int result = scrim_json_load(bytes, count, format_name, &json, error);
    if (result < 0)
        return result;
    if (!read_decision(json, &decision))
        result = scrim_fail(error, SCRIM_EFORMAT,
                            "the decision has a member that is missing, malformed or unknown");
    json_decref(json);
    if (result < 0)
        scrim_decision_finish(&decision);
    else
        *ret = decision;
    return result;
}

// --- writing ---

static json_t *partials_json(const struct scrim_decision *d)
{
    if (!d->partials)
        return json_null();
    char *text = scrim_base64_text(d->partials, d->partials_len);
    json_t *json = json_string(text);
    free(text);
    return json;
}

int scrim_decision_write(const struct scrim_decision *d, struct scrim_buf *ret,
                         struct scrim_error *error)
{
    json_t *json = json_pack("{s:s,s:o,s:o,s:o,s:i,s:b,s:s,s:I,s:o,s:o}", "format", format_name,
                             "request", scrim_json_from_hex(d->request, sizeof d->request), "vault",
                             scrim_json_from_hex(d->vault, sizeof d->vault), "dealing",
                             scrim_json_from_hex(d->dealing, sizeof d->dealing), "holder",
                             (int)d->holder, "approve", (int)d->approve, "reason", d->reason,
                             "at_us", (json_int_t)d->at_us, "partials", partials_json(d),
                             "signature", scrim_json_from_hex(d->signature, sizeof d->signature));
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;
    int result = text ? scrim_buf_append_text(ret, text) : SCRIM_EINVAL;
    if (result >= 0)
        result = scrim_buf_append_text(ret, "\n");
    json_decref(json);
    free(text);
    return result < 0 ? scrim_fail(error, result, "the decision cannot be written: %s",
                                   scrim_err_text(result))
                      : SCRIM_OK;
}

// --- verifying ---

int scrim_decision_verify(const struct scrim_vault *vault,
                          const uint8_t request_id[SCRIM_REQUEST_ID],
                          const struct scrim_decision *decision, struct scrim_error *error)
{
    uint8_t bytes[SCRIM_DECISION_SIGNED_BYTES];
    if (decision->holder < 1 || decision->holder > vault->holders_count ||
        memcmp(decision->vault, vault->id, SCRIM_VAULT_ID) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "the decision is for another vault");
    const char *name = vault->names[decision->holder - 1];
    if (memcmp(decision->dealing, vault->dealing_id, SCRIM_DEALING_ID) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the decision of %s is for another dealing of the vault's shares", name);
    if (memcmp(decision->request, request_id, SCRIM_REQUEST_ID) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the decision of %s is for another request, or for what this one was "
                          "before it was changed",
                          name);
    scrim_decision_signed_bytes(decision, bytes);
    if (crypto_sign_verify_detached(decision->signature, bytes, sizeof bytes,
                                    vault->sign_keys[decision->holder - 1]) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "the decision is not signed by %s", name);
    return SCRIM_OK;
}
