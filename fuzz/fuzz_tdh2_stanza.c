// The vault's stanza. What parses is canonical and survives its check whatever the points are; no
// partial made of input bytes is ever accepted.
#include "age/stanza.h"
#include "vault/tdh2_impl.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct scrim_vault *fixed_vault(void)
{
    static struct scrim_vault vault;
    static struct scrim_share shares[3];
    static const char *const names[] = {"anna", "ben", "cléo"};
    static const uint8_t coefficients[2][SCALAR_BYTES] = {{1}, {2}};
    if (vault.threshold == 0 &&
        scrim_vault_generate_with(2, 3, names, NULL, coefficients, &vault, shares, NULL) < 0)
        abort();
    return &vault;
}

static void canonical(const struct scrim_age_stanza *stanza, const struct scrim_tdh2 *sealed)
{
    struct scrim_age_stanza again = {0};
    if (scrim_tdh2_to_stanza(sealed, &again) < 0 || again.args_count != stanza->args_count ||
        again.body_len != stanza->body_len || memcmp(again.body, stanza->body, again.body_len) != 0)
        abort();
    for (size_t i = 0; i < again.args_count; i++)
        if (strcmp(again.args[i], stanza->args[i]) != 0)
            abort();
    scrim_age_stanza_finish(&again);
}

static void open_with(const struct scrim_tdh2 *sealed)
{
    static const uint8_t request_id[SCRIM_REQUEST_ID], hour_key[SCRIM_HOUR_KEY];
    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    struct scrim_error error;
    struct scrim_partial partials[2] = {{.index = 1}, {.index = 2}};
    for (size_t i = 0; i < 2; i++) {
        memcpy(partials[i].u_i, sealed->u_bar, sizeof sealed->u_bar);
        memcpy(partials[i].e_i, sealed->e, sizeof sealed->e);
        memcpy(partials[i].f_i, sealed->f, sizeof sealed->f);
    }
    if (scrim_tdh2_combine(fixed_vault(), sealed, request_id, partials, 2, hour_key, file_key,
                           &error) >= 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_age_header header;
    struct scrim_error error;
    if (scrim_age_header_parse(data, size, &header, &error) < 0)
        return 0;
    for (size_t i = 0; i < header.stanzas_count; i++) {
        struct scrim_tdh2 sealed;
        if (scrim_tdh2_parse(&header.stanzas[i], &sealed, &error) < 0)
            continue;
        canonical(&header.stanzas[i], &sealed);
        open_with(&sealed);
    }
    scrim_age_header_finish(&header);
    return 0;
}
