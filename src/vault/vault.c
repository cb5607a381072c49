// Making a vault and its shares, and what must hold of both (docs/ref/formats/scrim-tdh2.md
// "Setup").
#include "vault/vault.h"

#include "vault/dealing.h"
#include "vault/holder_key.h"
#include "vault/polynomial.h"
#include "vault/tdh2_impl.h"

#include <stdio.h>
#include <string.h>

// The number of bytes of the UTF-8 character at `at`, 0 if it is none (RFC 3629: no overlong
// forms, no surrogates, nothing above U+10FFFF).
static size_t utf8_length(const unsigned char *at)
{
    static const struct {
        unsigned char first_low, first_high, second_low, second_high;
        size_t length;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at[0] < forms[i].first_low || at[0] > forms[i].first_high)
            continue;
        if (forms[i].length > 1 && (at[1] < forms[i].second_low || at[1] > forms[i].second_high))
            continue;
        for (size_t j = 2; j < forms[i].length; j++)
            if ((at[j] & 0xc0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}

#define TEXT_SIZE sizeof((struct scrim_share *)0)->name

static bool is_text(const char *text)
{
    if (strnlen(text, TEXT_SIZE) == TEXT_SIZE)
        return false;
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        const size_t step = utf8_length(at);
        if (step == 0 || *at < 0x20 || *at == 0x7f)
            return false;
        at += step;
    }
    return true;
}

bool scrim_holder_name_valid(const char *name)
{
    return is_text(name) && name[0] != '\0' && name[0] != '.' && !strchr(name, '/');
}

bool scrim_holder_line_valid(const char *line)
{
    return is_text(line);
}

static int check_names(const struct scrim_vault *vault, struct scrim_error *error)
{
    for (unsigned i = 0; i < vault->holders_count; i++) {
        if (!scrim_holder_name_valid(vault->names[i]))
            return scrim_fail(
                error, SCRIM_EINVAL,
                "the name of holder %u must be 1 to 63 bytes of UTF-8, without '/' or "
                "control characters, and not start with a dot",
                i + 1);
        if (!scrim_holder_line_valid(vault->lines[i]))
            return scrim_fail(error, SCRIM_EINVAL,
                              "the reporting line of %s must be at most 63 bytes of UTF-8, without "
                              "control characters",
                              vault->names[i]);
        for (unsigned j = 0; j < i; j++)
            if (strcmp(vault->names[i], vault->names[j]) == 0)
                return scrim_fail(error, SCRIM_EINVAL, "holders %u and %u have the same name (%s)",
                                  j + 1, i + 1, vault->names[i]);
    }
    return SCRIM_OK;
}

static int check_sizes(unsigned k, unsigned n, struct scrim_error *error)
{
    if (n > SCRIM_VAULT_HOLDERS_MAX)
        return scrim_fail(error, SCRIM_EINVAL, "a vault has at most %d holders, not %u",
                          SCRIM_VAULT_HOLDERS_MAX, n);
    if (k < 2) // nobody alone
        return scrim_fail(error, SCRIM_EINVAL, "at least 2 holders must agree to open, not %u", k);
    if (k > n)
        return scrim_fail(error, SCRIM_EINVAL, "%u holders cannot agree where there are only %u", k,
                          n);
    return SCRIM_OK;
}

// Y = A_0 and Y_i = Σ i^j·A_j, all of them points and none the identity.
static bool keys_consistent(const struct scrim_vault *vault)
{
    for (unsigned j = 0; j < vault->threshold; j++)
        if (!scrim_point_valid(vault->commitments[j]))
            return false;
    if (memcmp(vault->public_key, vault->commitments[0], POINT_BYTES) != 0)
        return false;
    for (unsigned i = 0; i < vault->holders_count; i++) {
        uint8_t expected[POINT_BYTES];
        if (!scrim_polynomial_public(vault->commitments, vault->threshold, i + 1, expected) ||
            memcmp(expected, vault->verify_keys[i], POINT_BYTES) != 0)
            return false;
    }
    return true;
}

int scrim_vault_validate(const struct scrim_vault *vault, struct scrim_error *error)
{
    int result = check_sizes(vault->threshold, vault->holders_count, error);
    if (result >= 0)
        result = check_names(vault, error);
    if (result < 0)
        return result;
    if (!keys_consistent(vault))
        return scrim_fail(error, SCRIM_EINVAL,
                          "the holders' keys do not fit the vault's commitments");
    uint8_t id[SCRIM_VAULT_ID], dealing_id[SCRIM_DEALING_ID];
    scrim_vault_compute_id(vault, id);
    if (vault->dealing < 1 || memcmp(id, vault->id, sizeof id) != 0)
        return scrim_fail(error, SCRIM_EINVAL, "the vault id is not the digest of its public key");
    scrim_vault_compute_dealing_id(vault, dealing_id);
    if (memcmp(dealing_id, vault->dealing_id, sizeof dealing_id) != 0)
        return scrim_fail(error, SCRIM_EINVAL, "the dealing's id is not the digest of its content");
    return SCRIM_OK;
}

static int deal(const uint8_t (*coefficients)[SCALAR_BYTES], struct scrim_vault *vault,
                struct scrim_share *shares)
{
    for (unsigned j = 0; j < vault->threshold; j++)
        if (!scrim_point_mul(coefficients[j], NULL, vault->commitments[j]))
            return SCRIM_EINVAL;
    memcpy(vault->public_key, vault->commitments[0], POINT_BYTES);
    for (unsigned i = 0; i < vault->holders_count; i++) {
        scrim_polynomial_evaluate(coefficients, vault->threshold, i + 1, shares[i].secret);
        if (!scrim_point_mul(shares[i].secret, NULL, vault->verify_keys[i]))
            return SCRIM_EINVAL;
    }
    scrim_dealing_complete(vault, shares);
    return SCRIM_OK;
}

int scrim_vault_generate_with(unsigned k, unsigned n, const char *const *names,
                              const char *const *lines, const uint8_t (*coefficients)[SCALAR_BYTES],
                              struct scrim_vault *ret_vault, struct scrim_share *ret_shares,
                              struct scrim_error *error)
{
    int result = check_sizes(k, n, error);
    if (result < 0)
        return result;
    struct scrim_vault vault = {.dealing = 1, .threshold = k, .holders_count = n};
    for (unsigned i = 0; i < n; i++) {
        const char *line = lines && lines[i] ? lines[i] : "";
        snprintf(vault.names[i], sizeof vault.names[i], "%s",
                 scrim_holder_name_valid(names[i]) ? names[i] : ""); // "" is refused below
        snprintf(vault.lines[i], sizeof vault.lines[i], "%s",
                 scrim_holder_line_valid(line) ? line : "\x7f"); // refused likewise
    }
    result = check_names(&vault, error);
    if (result < 0)
        return result;
    result = deal(coefficients, &vault, ret_shares);
    if (result < 0) {
        for (unsigned i = 0; i < n; i++)
            scrim_share_wipe(&ret_shares[i]);
        return scrim_fail(error, result, "these coefficients make no vault");
    }
    *ret_vault = vault;
    return SCRIM_OK;
}

int scrim_vault_generate(unsigned k, unsigned n, const char *const *names, const char *const *lines,
                         struct scrim_vault *ret_vault, struct scrim_share *ret_shares,
                         struct scrim_error *error)
{
    uint8_t coefficients[SCRIM_VAULT_HOLDERS_MAX][SCALAR_BYTES];
    (void)sodium_mlock(coefficients, sizeof coefficients); // best effort: the limit may be low
    for (unsigned j = 0; j < k && j < SCRIM_VAULT_HOLDERS_MAX; j++)
        crypto_core_ristretto255_scalar_random(coefficients[j]);
    const int result =
        scrim_vault_generate_with(k, n, names, lines, coefficients, ret_vault, ret_shares, error);
    (void)sodium_munlock(coefficients, sizeof coefficients);
    sodium_memzero(coefficients, sizeof coefficients);
    return result;
}

void scrim_share_wipe(struct scrim_share *share)
{
    if (share)
        sodium_memzero(share, sizeof *share);
}

int scrim_share_check(const struct scrim_vault *vault, const struct scrim_share *share,
                      struct scrim_error *error)
{
    if (sodium_memcmp(share->vault_id, vault->id, SCRIM_VAULT_ID) != 0)
        return scrim_fail(error, SCRIM_EAUTH, "the share of %s is for another vault", share->name);
    uint8_t expected[POINT_BYTES], sign_key[32];
    scrim_holder_key(share, sign_key, NULL);
    if (share->index < 1 || share->index > vault->holders_count ||
        strcmp(share->name, vault->names[share->index - 1]) != 0 ||
        !scrim_scalar_valid(share->secret) || !scrim_point_mul(share->secret, NULL, expected) ||
        memcmp(expected, vault->verify_keys[share->index - 1], POINT_BYTES) != 0 ||
        memcmp(sign_key, vault->sign_keys[share->index - 1], sizeof sign_key) != 0)
        return scrim_fail(error, SCRIM_EAUTH,
                          "the share of %s does not belong to dealing %u of this vault",
                          share->name, vault->dealing);
    return SCRIM_OK;
}
