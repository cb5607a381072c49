// A decision, as anybody may hand it in at the desk. What parses writes back the same; none that
// was not signed with a holder's key is ever verified.
#include "vault/decision.h"
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

// It says of itself what it is for: only the signature is left to refuse it.
static void verify(struct scrim_decision *decision)
{
    const struct scrim_vault *vault = fixed_vault();
    struct scrim_error error;
    memcpy(decision->vault, vault->id, sizeof decision->vault);
    memcpy(decision->dealing, vault->dealing_id, sizeof decision->dealing);
    if (scrim_decision_verify(vault, decision->request, decision, &error) >= 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scrim_decision decision, again;
    struct scrim_error error;
    struct scrim_buf json;
    if (scrim_decision_parse(data, size, &decision, &error) < 0)
        return 0;
    if (decision.holder < 1 || decision.holder > SCRIM_VAULT_HOLDERS_MAX ||
        decision.approve != (decision.partials != NULL))
        abort();
    scrim_buf_init(&json, SCRIM_DECISION_JSON_MAX);
    if (scrim_decision_write(&decision, &json, &error) < 0 ||
        scrim_decision_parse(json.data, json.len, &again, &error) < 0 ||
        again.partials_len != decision.partials_len || strcmp(again.reason, decision.reason) != 0 ||
        memcmp(again.signature, decision.signature, sizeof again.signature) != 0)
        abort();
    scrim_buf_finish(&json);
    scrim_decision_finish(&again);
    verify(&decision);
    scrim_decision_finish(&decision);
    return 0;
}
