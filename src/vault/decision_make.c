// A holder's side of a decision: what is checked before the share is touched, the parts, the
// signature.
#include "vault/decision.h"

#include "base/alloc.h"
#include "vault/decision_impl.h"
#include "vault/holder_key.h"
#include "vault/tdh2_impl.h"

#include <stdlib.h>
#include <string.h>

struct making {
    const struct scrim_vault *vault;
    const struct scrim_share *share;
    struct scrim_request request;
    uint8_t request_id[SCRIM_REQUEST_ID];
    struct scrim_segment_list list;
    struct scrim_partial *partials; // of this vault's segments
    size_t partials_count;
};

// --- the documents ---

// -1: the request does not name this vault.
static int place_of(const struct scrim_request *request, const uint8_t vault_id[SCRIM_VAULT_ID])
{
    for (size_t i = 0; i < request->vaults_count; i++) {
        if (memcmp(request->vaults[i].id, vault_id, SCRIM_VAULT_ID) == 0)
            return (int)i;
    }
    return -1;
}

static int check_vault(const struct making *making, struct scrim_error *error)
{
    const struct scrim_request *request = &making->request;
    const int at = place_of(request, making->vault->id);
    if (at < 0)
        return scrim_fail(error, SCRIM_EAUTH, "the request does not ask the holders of this vault");
    if (memcmp(request->vaults[at].dealing, making->vault->dealing_id, SCRIM_DEALING_ID) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the request was made for another dealing of the vault's shares: it must "
                          "be made again");
    return SCRIM_OK;
}

static int take_documents(struct making *making, const struct scrim_decision_choice *choice,
                          struct scrim_error *error)
{
    uint8_t digest[32];
    int result = scrim_request_parse(choice->request, choice->request_len, &making->request, error);
    if (result < 0) {
        scrim_fail_prefix(error, "the request");
        return result;
    }
    scrim_request_digest(choice->request, choice->request_len, making->request_id);
    scrim_request_digest(choice->segments, choice->segments_len, digest);
    if (memcmp(digest, making->request.segments_sha256, sizeof digest) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the list of segments is not the one that belongs to request %llu: one "
                          "of the two was changed",
                          (unsigned long long)making->request.number);
    result = scrim_segment_list_parse(choice->segments, choice->segments_len, &making->list, error);
    if (result < 0) {
        scrim_fail_prefix(error, "the list of segments");
        return result;
    }
    if (making->list.count != making->request.segments)
        return scrim_fail(error, SCRIM_EAUTH, "the request says %u segments, its list has %zu",
                          making->request.segments, making->list.count);
    if (making->request.expires_us <= choice->at_us)
        return scrim_fail(error, SCRIM_ETIMEOUT, "request %llu has expired",
                          (unsigned long long)making->request.number);
    return check_vault(making, error);
}

// --- the parts ---

static int make_partial(struct making *making, const struct scrim_tdh2 *sealed,
                        struct scrim_error *error)
{
    uint8_t t[SCALAR_BYTES];
    int result = scrim_tdh2_check(making->vault, sealed, error);
    if (result < 0)
        return result;
    crypto_core_ristretto255_scalar_random(t);
    result = scrim_tdh2_partial_with(making->vault, making->share, sealed, making->request_id, t,
                                     &making->partials[making->partials_count]);
    sodium_memzero(t, sizeof t);
    if (result < 0)
        return scrim_fail(error, result, "the share of %s cannot open it", making->share->name);
    making->partials_count++;
    return SCRIM_OK;
}

// Every segment must lie inside the request, whoever's it is: nobody agrees to half of one.
static int take_segment(struct making *making, const struct scrim_segment_entry *entry,
                        struct scrim_error *error)
{
    struct scrim_tdh2 sealed;
    int result = scrim_segment_entry_seal(entry, &sealed, error);
    if (result >= 0)
        result = scrim_request_covers(&making->request, entry, &sealed, error);
    if (result >= 0 && place_of(&making->request, sealed.vault_id) < 0)
        result = scrim_fail(error, SCRIM_EAUTH,
                            "camera %s, %s: sealed to a vault that the request does not name",
                            entry->camera, entry->file);
    if (result < 0 || memcmp(sealed.vault_id, making->vault->id, SCRIM_VAULT_ID) != 0)
        return result;
    result = make_partial(making, &sealed, error);
    if (result < 0)
        scrim_fail_prefix(error, "camera %s, %s", entry->camera, entry->file);
    return result;
}

static int make_partials(struct making *making,
                         void (*progress)(void *context, size_t done, size_t count), void *context,
                         struct scrim_decision *ret, struct scrim_error *error)
{
    uint8_t recipient[32];
    struct scrim_buf file;
    int result = scrim_age_recipient_parse(making->request.recipient, recipient, error);
    making->partials = scrim_new_array(making->list.count + 1, struct scrim_partial);
    for (size_t i = 0; i < making->list.count && result >= 0; i++) {
        result = take_segment(making, &making->list.entries[i], error);
        if (progress)
            progress(context, i + 1, making->list.count);
    }
    if (result < 0)
        return result;
    scrim_buf_init(&file, SCRIM_DECISION_JSON_MAX);
    result = scrim_partials_seal(recipient, making->request_id, making->share->index,
                                 making->partials, making->partials_count, &file);
    if (result >= 0) {
        ret->partials = scrim_new_bytes(file.len);
        ret->partials_len = file.len;
        memcpy(ret->partials, file.data, file.len);
    }
    scrim_buf_finish(&file);
    return result < 0 ? scrim_fail(error, result, "the parts cannot be sealed for %s: %s",
                                   making->request.recipient, scrim_err_text(result))
                      : SCRIM_OK;
}

// --- the decision ---

static void sign(const struct scrim_share *share, struct scrim_decision *decision)
{
    uint8_t bytes[SCRIM_DECISION_SIGNED_BYTES], public[32], secret[SCRIM_HOLDER_SECRET];
    scrim_decision_signed_bytes(decision, bytes);
    scrim_holder_key(share, public, secret);
    crypto_sign_detached(decision->signature, NULL, bytes, sizeof bytes, secret);
    sodium_memzero(secret, sizeof secret);
}

static int check_choice(const struct scrim_decision_choice *choice, struct scrim_error *error)
{
    if (strlen(choice->reason) > SCRIM_DECISION_REASON_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "the reason is longer than %d bytes",
                          SCRIM_DECISION_REASON_MAX);
    if (!choice->approve && choice->reason[strspn(choice->reason, " \t\r\n")] == '\0')
        return scrim_fail(error, SCRIM_EINVAL, "a refusal needs a reason: who asked will read it");
    return SCRIM_OK;
}

int scrim_decision_make(const struct scrim_vault *vault, const struct scrim_share *share,
                        const struct scrim_decision_choice *choice,
                        void (*progress)(void *context, size_t done, size_t count), void *context,
                        struct scrim_decision *ret, struct scrim_error *error)
{
    struct making *making = scrim_new(struct making);
    struct scrim_decision decision = {.approve = choice->approve, .at_us = choice->at_us};
    making->vault = vault;
    making->share = share;
    int result = check_choice(choice, error);
    if (result >= 0)
        result = scrim_share_check(vault, share, error);
    if (result >= 0)
        result = take_documents(making, choice, error);
    if (result >= 0 && choice->approve)
        result = make_partials(making, progress, context, &decision, error);
    if (result >= 0) {
        memcpy(decision.request, making->request_id, sizeof decision.request);
        memcpy(decision.vault, vault->id, sizeof decision.vault);
        memcpy(decision.dealing, vault->dealing_id, sizeof decision.dealing);
        memcpy(decision.reason, choice->reason, strlen(choice->reason));
        decision.holder = share->index;
        sign(share, &decision);
        *ret = decision;
    } else {
        scrim_decision_finish(&decision);
    }
    // With those of others they open the segments: outside the sealed file nobody shall find them.
    if (making->partials)
        sodium_memzero(making->partials, making->partials_count * sizeof *making->partials);
    scrim_segment_list_finish(&making->list);
    free(making->partials);
    free(making);
    return result;
}
