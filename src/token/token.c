#include "token/device.h"

#include "base/alloc.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define CLIENT_DATA_HASH 32
#define HMAC_SALT 32

// One conversation with one token: the PIN is asked for once, however often it is needed.
struct conversation {
    struct scrim_token_device device;
    const struct scrim_token_person *person;
    struct scrim_buf pin; // empty until it was asked for
};

static void end(struct conversation *conversation)
{
    scrim_buf_finish_wipe(&conversation->pin);
    scrim_token_close(&conversation->device);
}

// WebAuthn level 3, 10.1.4: what a browser makes of a page's salt before the token sees it.
static void prf_salt(const uint8_t salt[SCRIM_TOKEN_SALT], uint8_t ret[HMAC_SALT])
{
    static const uint8_t prefix[] = "WebAuthn PRF"; // its NUL belongs to it
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, prefix, sizeof prefix);
    crypto_hash_sha256_update(&state, salt, SCRIM_TOKEN_SALT);
    crypto_hash_sha256_final(&state, ret);
}

static int ask_pin(struct conversation *conversation, struct scrim_error *error)
{
    const struct scrim_token_device *device = &conversation->device;
    int left;
    if (!device->has_pin)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s has no PIN, and a share must not open for whoever finds the token: "
                          "set one first (fido2-token -S, or a browser's settings)",
                          device->name);
    if (fido_dev_get_retry_count(device->handle, &left) != FIDO_OK)
        left = -1;
    if (left == 0)
        return scrim_token_fail(device, FIDO_ERR_PIN_BLOCKED, error);
    return conversation->person->pin(conversation->person->context, device->name, left,
                                     &conversation->pin, error);
}

// Runs `command` with a finger where the token knows one, else with the PIN.
static int verified(struct conversation *conversation,
                    int (*command)(fido_dev_t *device, void *subject, const char *pin),
                    void *subject, struct scrim_error *error)
{
    struct scrim_token_device *device = &conversation->device;
    const struct scrim_token_person *person = conversation->person;
    int code = FIDO_ERR_PIN_REQUIRED;
    if (device->has_uv && !conversation->pin.data) {
        person->touch(person->context, device->name);
        code = command(device->handle, subject, NULL);
    }
    if (code == FIDO_ERR_PIN_REQUIRED ||
        (device->has_pin && (code == FIDO_ERR_UV_BLOCKED || code == FIDO_ERR_UV_INVALID))) {
        const int result = conversation->pin.data ? SCRIM_OK : ask_pin(conversation, error);
        if (result < 0)
            return result;
        person->touch(person->context, device->name);
        code = command(device->handle, subject, (const char *)conversation->pin.data);
    }
    return code == FIDO_OK ? SCRIM_OK : scrim_token_fail(device, code, error);
}

// --- what a credential makes of a salt ---

static void free_assertion(fido_assert_t **assertion)
{
    fido_assert_free(assertion);
}

static int run_assertion(fido_dev_t *device, void *subject, const char *pin)
{
    return fido_dev_get_assert(device, subject, pin);
}

// Nobody verifies the signature: a wrong secret does not open the file. So the hash that is signed
// is only random.
static bool prepare_assertion(fido_assert_t *assertion, const struct scrim_share_token *token)
{
    uint8_t hash[CLIENT_DATA_HASH];
    randombytes_buf(hash, sizeof hash);
    return assertion && fido_assert_set_clientdata_hash(assertion, hash, sizeof hash) == FIDO_OK &&
           fido_assert_set_rp(assertion, token->rp_id) == FIDO_OK &&
           fido_assert_allow_cred(assertion, token->credential, token->credential_len) == FIDO_OK;
}

static int derive(struct conversation *conversation, const struct scrim_share_token *token,
                  uint8_t ret[SCRIM_TOKEN_SECRET], struct scrim_error *error)
{
    uint8_t salt[HMAC_SALT];
    SCRIM_AUTO(free_assertion) fido_assert_t *assertion = fido_assert_new();
    prf_salt(token->salt, salt);
    if (!prepare_assertion(assertion, token) ||
        fido_assert_set_extensions(assertion, FIDO_EXT_HMAC_SECRET) != FIDO_OK ||
        fido_assert_set_hmac_salt(assertion, salt, sizeof salt) != FIDO_OK ||
        fido_assert_set_uv(assertion, FIDO_OPT_TRUE) != FIDO_OK)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for a security token");
    const int result = verified(conversation, run_assertion, assertion, error);
    if (result < 0)
        return result;
    if (fido_assert_count(assertion) != 1 ||
        fido_assert_hmac_secret_len(assertion, 0) != SCRIM_TOKEN_SECRET)
        return scrim_fail(error, SCRIM_EUNSUPPORTED,
                          "%s gave no secret for this credential: it cannot protect a share",
                          conversation->device.name);
    memcpy(ret, fido_assert_hmac_secret_ptr(assertion, 0), SCRIM_TOKEN_SECRET);
    return SCRIM_OK;
}

// Asks without PIN and touch whether the token has the credential. One that refuses such a question
// may have it.
static int has_credential(const struct scrim_token_device *device,
                          const struct scrim_share_token *token, bool *ret,
                          struct scrim_error *error)
{
    SCRIM_AUTO(free_assertion) fido_assert_t *assertion = fido_assert_new();
    if (!prepare_assertion(assertion, token) ||
        fido_assert_set_up(assertion, FIDO_OPT_FALSE) != FIDO_OK)
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for a security token");
    const int code = fido_dev_get_assert(device->handle, assertion, NULL);
    if (code == FIDO_ERR_TX || code == FIDO_ERR_RX)
        return scrim_token_fail(device, code, error);
    *ret = code != FIDO_ERR_NO_CREDENTIALS && code != FIDO_ERR_INVALID_CREDENTIAL;
    return SCRIM_OK;
}

// Opens the token that has the credential. With a single one, why it would not do is the answer;
// among several, those that would not do are passed over.
static int open_owner(const struct scrim_token_paths *found, const struct scrim_share_token *token,
                      struct scrim_token_device *ret, struct scrim_error *error)
{
    size_t unusable = 0;
    for (size_t i = 0; i < found->count; i++) {
        bool has = false;
        int result = scrim_token_open(found->paths[i], found->names[i], ret, error);
        if (result >= 0)
            result = has_credential(ret, token, &has, error);
        if (result >= 0 && has)
            return SCRIM_OK;
        if (found->count == 1)
            return result < 0 ? result : scrim_token_fail(ret, FIDO_ERR_NO_CREDENTIALS, error);
        unusable += result < 0;
        scrim_token_close(ret);
    }
    return scrim_fail(
        error, SCRIM_EAUTH,
        "none of %zu security tokens holds this share; %zu of them could not be asked",
        found->count, unusable);
}

int scrim_token_secret(const struct scrim_token_use *use, const struct scrim_share_token *token,
                       uint8_t ret_secret[SCRIM_TOKEN_SECRET], struct scrim_error *error)
{
    struct scrim_token_paths found;
    struct conversation conversation = {.person = &use->person};
    int result = scrim_token_find(use, &found, error);
    if (result >= 0)
        result = open_owner(&found, token, &conversation.device, error);
    if (result >= 0)
        result = derive(&conversation, token, ret_secret, error);
    end(&conversation);
    return result;
}

// --- a new credential ---

static void free_cred(fido_cred_t **cred)
{
    fido_cred_free(cred);
}

static int run_make(fido_dev_t *device, void *subject, const char *pin)
{
    return fido_dev_make_cred(device, subject, pin);
}

// Not discoverable: the token keeps nothing of it, and who finds the token learns nothing of Scrim.
static bool prepare_cred(fido_cred_t *cred, const char *rp_id, const char *holder)
{
    uint8_t hash[CLIENT_DATA_HASH], user[16];
    char title[96];
    randombytes_buf(hash, sizeof hash);
    randombytes_buf(user, sizeof user);
    snprintf(title, sizeof title, "Share of %s", holder);
    return cred && fido_cred_set_type(cred, COSE_ES256) == FIDO_OK &&
           fido_cred_set_clientdata_hash(cred, hash, sizeof hash) == FIDO_OK &&
           fido_cred_set_rp(cred, rp_id, "Scrim") == FIDO_OK &&
           fido_cred_set_user(cred, user, sizeof user, holder, title, NULL) == FIDO_OK &&
           fido_cred_set_extensions(cred, FIDO_EXT_HMAC_SECRET) == FIDO_OK;
}

static int make(struct conversation *conversation, const char *rp_id, const char *holder,
                struct scrim_share_token *ret, struct scrim_error *error)
{
    SCRIM_AUTO(free_cred) fido_cred_t *cred = fido_cred_new();
    if (!prepare_cred(cred, rp_id, holder))
        return scrim_fail(error, SCRIM_ENOMEM, "there is no memory for a security token");
    if (conversation->device.has_uv && fido_cred_set_uv(cred, FIDO_OPT_TRUE) != FIDO_OK)
        return scrim_fail(error, SCRIM_EINTERNAL, "cannot ask for user verification");
    const int result = verified(conversation, run_make, cred, error);
    if (result < 0)
        return result;
    *ret = (struct scrim_share_token){.credential_len = fido_cred_id_len(cred)};
    if (ret->credential_len < 1 || ret->credential_len > sizeof ret->credential)
        return scrim_fail(error, SCRIM_EFORMAT, "%s made a credential of %zu bytes",
                          conversation->device.name, ret->credential_len);
    memcpy(ret->credential, fido_cred_id_ptr(cred), ret->credential_len);
    snprintf(ret->rp_id, sizeof ret->rp_id, "%s", rp_id);
    randombytes_buf(ret->salt, sizeof ret->salt);
    return SCRIM_OK;
}

int scrim_token_make(const struct scrim_token_use *use, const char *rp_id, const char *holder,
                     struct scrim_share_token *ret, uint8_t ret_secret[SCRIM_TOKEN_SECRET],
                     struct scrim_error *error)
{
    struct scrim_token_paths found;
    struct conversation conversation = {.person = &use->person};
    int result = scrim_token_find(use, &found, error);
    if (result >= 0 && found.count > 1)
        return scrim_fail(error, SCRIM_EINVAL,
                          "%zu security tokens are plugged in: leave one, or name it with --device",
                          found.count);
    if (result >= 0)
        result = scrim_token_open(found.paths[0], found.names[0], &conversation.device, error);
    if (result >= 0)
        result = make(&conversation, rp_id, holder, ret, error);
    if (result >= 0)
        result = derive(&conversation, ret, ret_secret, error);
    end(&conversation);
    return result;
}
