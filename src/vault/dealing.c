#include "vault/dealing.h"

#include "vault/group.h"
#include "vault/holder_key.h"

#include <string.h>

void scrim_vault_compute_id(const struct scrim_vault *vault, uint8_t ret[SCRIM_VAULT_ID])
{
    static const char domain[] = "scrim-vault/v1";
    uint8_t digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)domain, sizeof domain - 1);
    crypto_hash_sha256_update(&state, vault->public_key, POINT_BYTES);
    crypto_hash_sha256_final(&state, digest);
    memcpy(ret, digest, SCRIM_VAULT_ID);
}

static void add_number(crypto_hash_sha256_state *state, unsigned value, size_t bytes)
{
    for (size_t i = bytes; i-- > 0;) {
        const uint8_t byte = (uint8_t)(value >> (8 * i));
        crypto_hash_sha256_update(state, &byte, 1);
    }
}

static void add_text(crypto_hash_sha256_state *state, const char *text)
{
    const size_t length = strlen(text);
    add_number(state, (unsigned)length, 1);
    crypto_hash_sha256_update(state, (const uint8_t *)text, length);
}

void scrim_vault_compute_dealing_id(const struct scrim_vault *vault, uint8_t ret[SCRIM_DEALING_ID])
{
    static const char domain[] = "scrim-dealing/v1";
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)domain, sizeof domain - 1);
    crypto_hash_sha256_update(&state, vault->id, SCRIM_VAULT_ID);
    add_number(&state, vault->dealing, 4);
    add_number(&state, vault->threshold, 2);
    add_number(&state, vault->holders_count, 2);
    crypto_hash_sha256_update(&state, vault->commitments[0],
                              (size_t)vault->threshold * POINT_BYTES);
    for (unsigned i = 0; i < vault->holders_count; i++) {
        crypto_hash_sha256_update(&state, vault->verify_keys[i], POINT_BYTES);
        crypto_hash_sha256_update(&state, vault->sign_keys[i], sizeof vault->sign_keys[i]);
        add_text(&state, vault->names[i]);
        add_text(&state, vault->lines[i]);
    }
    crypto_hash_sha256_final(&state, ret);
}

void scrim_dealing_complete(struct scrim_vault *vault, struct scrim_share *shares)
{
    scrim_vault_compute_id(vault, vault->id);
    for (unsigned i = 0; i < vault->holders_count; i++) {
        memcpy(shares[i].vault_id, vault->id, SCRIM_VAULT_ID);
        memcpy(shares[i].name, vault->names[i], sizeof shares[i].name);
        shares[i].index = i + 1;
        scrim_holder_key(&shares[i], vault->sign_keys[i], NULL);
    }
    scrim_vault_compute_dealing_id(vault, vault->dealing_id);
}
