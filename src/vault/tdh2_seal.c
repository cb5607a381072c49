// Sealing, and the proof that comes with it (docs/ref/formats/scrim-tdh2.md "Seal" and "Check").
#include "vault/tdh2_impl.h"

#include "age/hkdf.h"

#include <string.h>

static const uint8_t zero_nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES]; // wk is used once

int scrim_tdh2_wrap_key(const uint8_t z[POINT_BYTES], const uint8_t hour_key[SCRIM_HOUR_KEY],
                        const uint8_t u[POINT_BYTES], const uint8_t vault_id[SCRIM_VAULT_ID],
                        const struct scrim_vault_label *label, uint8_t ret[32])
{
    static const char domain[] = "scrim-tdh2/v1 wrap";
    uint8_t ikm[POINT_BYTES + SCRIM_HOUR_KEY], salt[POINT_BYTES + SCRIM_VAULT_ID];
    uint8_t info[sizeof domain - 1 + LABEL_MAX];
    size_t label_count;
    memcpy(info, domain, sizeof domain - 1);
    const int result = scrim_label_encode(label, vault_id, info + sizeof domain - 1, &label_count);
    if (result < 0)
        return result;
    memcpy(salt, u, POINT_BYTES);
    memcpy(salt + POINT_BYTES, vault_id, SCRIM_VAULT_ID);
    memcpy(ikm, z, POINT_BYTES);
    memcpy(ikm + POINT_BYTES, hour_key, SCRIM_HOUR_KEY);
    scrim_hkdf_sha256(ikm, sizeof ikm, salt, sizeof salt, info, sizeof domain - 1 + label_count,
                      ret);
    sodium_memzero(ikm, sizeof ikm);
    return SCRIM_OK;
}

// e = scalar(SHA-512("scrim-tdh2/v1 seal" ‖ C ‖ |L| ‖ L ‖ U ‖ W ‖ Ū ‖ W̄)).
static int challenge(const struct scrim_tdh2 *sealed, const uint8_t w[POINT_BYTES],
                     const uint8_t w_bar[POINT_BYTES], uint8_t ret[SCALAR_BYTES])
{
    uint8_t label[LABEL_MAX];
    size_t label_count;
    const int result = scrim_label_encode(&sealed->label, sealed->vault_id, label, &label_count);
    if (result < 0)
        return result;
    struct scrim_transcript transcript;
    scrim_transcript_init(&transcript, "scrim-tdh2/v1 seal");
    scrim_transcript_add(&transcript, sealed->c, sizeof sealed->c);
    scrim_transcript_add_u16(&transcript, (uint16_t)label_count);
    scrim_transcript_add(&transcript, label, label_count);
    scrim_transcript_add(&transcript, sealed->u, POINT_BYTES);
    scrim_transcript_add(&transcript, w, POINT_BYTES);
    scrim_transcript_add(&transcript, sealed->u_bar, POINT_BYTES);
    scrim_transcript_add(&transcript, w_bar, POINT_BYTES);
    scrim_transcript_scalar(&transcript, ret);
    return SCRIM_OK;
}

// C = ChaCha20-Poly1305(wk, FK) with wk from Z = r·Y.
static int encrypt_file_key(const struct scrim_vault *vault, const uint8_t hour_key[SCRIM_HOUR_KEY],
                            const uint8_t file_key[SCRIM_AGE_FILE_KEY],
                            const uint8_t r[SCALAR_BYTES], struct scrim_tdh2 *sealed)
{
    uint8_t z[POINT_BYTES], wrap_key[32];
    int result = scrim_point_mul(r, vault->public_key, z) ? SCRIM_OK : SCRIM_EINVAL;
    if (result >= 0)
        result =
            scrim_tdh2_wrap_key(z, hour_key, sealed->u, sealed->vault_id, &sealed->label, wrap_key);
    if (result >= 0)
        crypto_aead_chacha20poly1305_ietf_encrypt(sealed->c, NULL, file_key, SCRIM_AGE_FILE_KEY,
                                                  NULL, 0, NULL, zero_nonce, wrap_key);
    sodium_memzero(z, sizeof z);
    sodium_memzero(wrap_key, sizeof wrap_key);
    return result;
}

// e and f = s + r·e, the proof that whoever sealed knows r.
static int prove(const uint8_t r[SCALAR_BYTES], const uint8_t s[SCALAR_BYTES],
                 struct scrim_tdh2 *sealed)
{
    uint8_t w[POINT_BYTES], w_bar[POINT_BYTES], product[SCALAR_BYTES];
    if (!scrim_point_mul(s, NULL, w) || !scrim_point_mul(s, scrim_group_second_generator, w_bar))
        return SCRIM_EINVAL;
    const int result = challenge(sealed, w, w_bar, sealed->e);
    if (result < 0)
        return result;
    crypto_core_ristretto255_scalar_mul(product, r, sealed->e);
    crypto_core_ristretto255_scalar_add(sealed->f, s, product);
    sodium_memzero(product, sizeof product);
    return SCRIM_OK;
}

int scrim_tdh2_seal_with(const struct scrim_vault *vault, const struct scrim_vault_label *label,
                         const uint8_t hour_key[SCRIM_HOUR_KEY],
                         const uint8_t file_key[SCRIM_AGE_FILE_KEY], const uint8_t r[SCALAR_BYTES],
                         const uint8_t s[SCALAR_BYTES], struct scrim_tdh2 *ret)
{
    struct scrim_tdh2 sealed = {.label = *label};
    memcpy(sealed.vault_id, vault->id, SCRIM_VAULT_ID);
    if (!scrim_point_mul(r, NULL, sealed.u) ||
        !scrim_point_mul(r, scrim_group_second_generator, sealed.u_bar))
        return SCRIM_EINVAL;
    int result = encrypt_file_key(vault, hour_key, file_key, r, &sealed);
    if (result >= 0)
        result = prove(r, s, &sealed);
    if (result >= 0)
        *ret = sealed;
    return result;
}

int scrim_tdh2_wrap(const struct scrim_vault *vault, const struct scrim_vault_label *label,
                    const uint8_t hour_key[SCRIM_HOUR_KEY],
                    const uint8_t file_key[SCRIM_AGE_FILE_KEY], struct scrim_age_stanza *ret)
{
    uint8_t r[SCALAR_BYTES], s[SCALAR_BYTES];
    struct scrim_tdh2 sealed;
    crypto_core_ristretto255_scalar_random(r);
    crypto_core_ristretto255_scalar_random(s);
    int result = scrim_tdh2_seal_with(vault, label, hour_key, file_key, r, s, &sealed);
    sodium_memzero(r, sizeof r);
    sodium_memzero(s, sizeof s);
    if (result >= 0)
        result = scrim_tdh2_to_stanza(&sealed, ret);
    return result;
}

int scrim_tdh2_check(const struct scrim_vault *vault, const struct scrim_tdh2 *sealed,
                     struct scrim_error *error)
{
    if (memcmp(sealed->vault_id, vault->id, SCRIM_VAULT_ID) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "the segment is sealed to another vault");
    uint8_t w[POINT_BYTES], w_bar[POINT_BYTES], expected[SCALAR_BYTES];
    if (!scrim_point_valid(sealed->u) || !scrim_point_valid(sealed->u_bar) ||
        !scrim_scalar_valid(sealed->e) || !scrim_scalar_valid(sealed->f) ||
        !scrim_point_mul_sub(sealed->f, NULL, sealed->e, sealed->u, w) ||
        !scrim_point_mul_sub(sealed->f, scrim_group_second_generator, sealed->e, sealed->u_bar,
                             w_bar) ||
        challenge(sealed, w, w_bar, expected) < 0 ||
        sodium_memcmp(expected, sealed->e, SCALAR_BYTES) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the seal of the segment was changed (its proof does not hold)");
    return SCRIM_OK;
}
