// The stanza's text: "-> scrim-tdh2 <vault id> <L> <U> <Ū> <e> <f>" and the body C.
#include "vault/tdh2_impl.h"

#include "age/stanza.h"
#include "base/alloc.h"
#include "base/base64.h"

#include <string.h>

#define ARGS_COUNT 7
#define LABEL_CHARS_MAX SCRIM_BASE64_LENGTH(LABEL_MAX)

static const char stanza_type[] = "scrim-tdh2";

static int add_base64(struct scrim_age_stanza *stanza, const uint8_t *bytes, size_t count)
{
    char text[LABEL_CHARS_MAX + 1];
    sodium_bin2base64(text, sizeof text, bytes, count, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    return scrim_age_stanza_add_arg(stanza, text, strlen(text));
}

int scrim_tdh2_to_stanza(const struct scrim_tdh2 *sealed, struct scrim_age_stanza *ret)
{
    uint8_t label[LABEL_MAX];
    size_t label_count;
    int result = scrim_label_encode(&sealed->label, sealed->vault_id, label, &label_count);
    if (result < 0)
        return result;
    const struct {
        const uint8_t *bytes;
        size_t count;
    } args[] = {{sealed->vault_id, SCRIM_VAULT_ID}, {label, label_count},
                {sealed->u, POINT_BYTES},           {sealed->u_bar, POINT_BYTES},
                {sealed->e, SCALAR_BYTES},          {sealed->f, SCALAR_BYTES}};

    struct scrim_age_stanza stanza = {.body = scrim_new_bytes(sizeof sealed->c),
                                      .body_len = sizeof sealed->c};
    memcpy(stanza.body, sealed->c, sizeof sealed->c);
    result = scrim_age_stanza_add_arg(&stanza, stanza_type, strlen(stanza_type));
    for (size_t i = 0; i < sizeof args / sizeof args[0] && result >= 0; i++)
        result = add_base64(&stanza, args[i].bytes, args[i].count);
    if (result < 0)
        scrim_age_stanza_finish(&stanza);
    else
        *ret = stanza;
    return result;
}

static bool get_fixed(const char *text, uint8_t *ret, size_t count)
{
    return scrim_base64_decode_exact(text, strlen(text), ret, count) >= 0;
}

static bool get_label(const char *text, struct scrim_tdh2 *sealed)
{
    uint8_t label[LABEL_MAX], vault_id[SCRIM_VAULT_ID];
    size_t count;
    return scrim_base64_decode(text, strlen(text), label, sizeof label, &count) >= 0 &&
           scrim_label_decode(label, count, &sealed->label, vault_id) >= 0 &&
           memcmp(vault_id, sealed->vault_id, SCRIM_VAULT_ID) == 0;
}

int scrim_tdh2_parse(const struct scrim_age_stanza *stanza, struct scrim_tdh2 *ret,
                     struct scrim_error *error)
{
    struct scrim_tdh2 sealed = {0};
    if (stanza->args_count == 0 || strcmp(stanza->args[0], stanza_type) != 0)
        return scrim_fail(error, SCRIM_EFORMAT, "not a scrim-tdh2 stanza");
    if (stanza->args_count != ARGS_COUNT || stanza->body_len != sizeof sealed.c)
        return scrim_fail(error, SCRIM_EFORMAT, "scrim-tdh2 stanza: wrong number of fields");
    if (!get_fixed(stanza->args[1], sealed.vault_id, SCRIM_VAULT_ID) ||
        !get_label(stanza->args[2], &sealed))
        return scrim_fail(error, SCRIM_EFORMAT, "scrim-tdh2 stanza: malformed label");
    if (!get_fixed(stanza->args[3], sealed.u, POINT_BYTES) || !scrim_point_valid(sealed.u) ||
        !get_fixed(stanza->args[4], sealed.u_bar, POINT_BYTES) || !scrim_point_valid(sealed.u_bar))
        return scrim_fail(error, SCRIM_EFORMAT, "scrim-tdh2 stanza: not a valid point");
    if (!get_fixed(stanza->args[5], sealed.e, SCALAR_BYTES) || !scrim_scalar_valid(sealed.e) ||
        !get_fixed(stanza->args[6], sealed.f, SCALAR_BYTES) || !scrim_scalar_valid(sealed.f))
        return scrim_fail(error, SCRIM_EFORMAT, "scrim-tdh2 stanza: not a valid scalar");
    memcpy(sealed.c, stanza->body, sizeof sealed.c);
    *ret = sealed;
    return SCRIM_OK;
}
