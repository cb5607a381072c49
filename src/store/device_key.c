// The site's signing key (Ed25519), as PEM that stock openssl reads: PKCS #8 (RFC 8410) for the
// secret, SubjectPublicKeyInfo for the public part. Both have fixed DER prefixes, so exact text is
// all that is accepted.
#include "store/journal.h"
#include "store/journal_impl.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

static const uint8_t secret_prefix[16] = {0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                          0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
static const uint8_t public_prefix[12] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03,
                                          0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
#define PEM_MAX 256

struct pem {
    const char *label;
    const uint8_t *prefix;
    size_t prefix_len;
};
static const struct pem secret_pem = {"PRIVATE KEY", secret_prefix, sizeof secret_prefix};
static const struct pem public_pem = {"PUBLIC KEY", public_prefix, sizeof public_prefix};

static int pem_format(const struct pem *pem, const uint8_t key[32], char ret[PEM_MAX])
{
    uint8_t der[48];
    char base64[sodium_base64_ENCODED_LEN(sizeof der, sodium_base64_VARIANT_ORIGINAL)];
    memcpy(der, pem->prefix, pem->prefix_len);
    memcpy(der + pem->prefix_len, key, 32);
    sodium_bin2base64(base64, sizeof base64, der, pem->prefix_len + 32,
                      sodium_base64_VARIANT_ORIGINAL);
    const int length = snprintf(ret, PEM_MAX, "-----BEGIN %s-----\n%s\n-----END %s-----\n",
                                pem->label, base64, pem->label);
    sodium_memzero(der, sizeof der);
    sodium_memzero(base64, sizeof base64);
    return length;
}

// Accepts exactly what pem_format writes.
static int pem_parse(const struct pem *pem, const struct scrim_buf *text, uint8_t ret[32])
{
    char begin[64], again[PEM_MAX];
    uint8_t der[48];
    size_t count = 0;
    const int skip = snprintf(begin, sizeof begin, "-----BEGIN %s-----\n", pem->label);
    int result = SCRIM_EFORMAT;
    const char *body = (const char *)text->data + skip;
    if (text->len > (size_t)skip && memcmp(text->data, begin, (size_t)skip) == 0 &&
        sodium_base642bin(der, sizeof der, body, strcspn(body, "\n"), NULL, &count, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0 &&
        count == pem->prefix_len + 32) {
        const int length = pem_format(pem, der + pem->prefix_len, again);
        if ((size_t)length == text->len && sodium_memcmp(again, text->data, text->len) == 0) {
            memcpy(ret, der + pem->prefix_len, 32);
            result = SCRIM_OK;
        }
    }
    sodium_memzero(der, sizeof der);
    sodium_memzero(again, sizeof again);
    return result;
}

static int load_pem(const struct pem *pem, const char *dir, const char *name, uint8_t ret[32],
                    struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX];
    if (scrim_path_join(path, dir, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    struct scrim_buf text;
    scrim_buf_init(&text, PEM_MAX);
    int result = scrim_buf_reserve(&text, PEM_MAX); // secret: it must not move while it grows
    if (result < 0)
        return scrim_fail(error, result, "%s: %s", path, scrim_err_text(result));
    result = scrim_fs_read(path, &text, error);
    if (result >= 0) {
        if (text.len < PEM_MAX)
            text.data[text.len] = '\0';
        result = text.len < PEM_MAX ? pem_parse(pem, &text, ret) : SCRIM_EFORMAT;
        if (result < 0)
            scrim_fail(error, result, "%s: not an Ed25519 key as scrim init writes it", path);
    }
    scrim_buf_finish_wipe(&text);
    return result;
}

static int create_pem(const struct pem *pem, const char *dir, const char *name, mode_t mode,
                      const uint8_t key[32], struct scrim_error *error)
{
    char path[SCRIM_PATH_MAX], text[PEM_MAX];
    if (scrim_path_join(path, dir, name) < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int length = pem_format(pem, key, text);
    const int result = scrim_fs_create(path, text, (size_t)length, mode, error);
    sodium_memzero(text, sizeof text);
    return result;
}

// The two files of a pair. Those of a log's owner are named otherwise, and their user is another
// one.
struct pair {
    const char *secret, *public;
};
static const struct pair device_pair = {"state/keys/device.key", "state/keys/device.pub"};
static const struct pair log_pairs[] = {
    [SCRIM_LOG_OF_DESK] = {"state/keys/desk.key", "state/keys/desk.pub"},
    [SCRIM_LOG_OF_OPENER] = {"state/keys/opener.key", "state/keys/opener.pub"},
};

static int create_pair(const struct pair *pair, const char *dir, struct scrim_error *error)
{
    uint8_t seed[crypto_sign_SEEDBYTES], public[32], secret[crypto_sign_SECRETKEYBYTES];
    randombytes_buf(seed, sizeof seed);
    crypto_sign_seed_keypair(public, secret, seed);
    int result = create_pem(&secret_pem, dir, pair->secret, 0600, seed, error);
    if (result >= 0)
        result = create_pem(&public_pem, dir, pair->public, 0644, public, error);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(secret, sizeof secret);
    return result;
}

int scrim_device_key_create(const char *dir, struct scrim_error *error)
{
    char keys[SCRIM_PATH_MAX];
    if (scrim_path_join(keys, dir, "state/keys") < 0)
        return scrim_fail(error, SCRIM_EINVAL, "%s: path too long", dir);
    const int result = scrim_fs_make_dirs(keys, 0700, error);
    return result < 0 ? result : create_pair(&device_pair, dir, error);
}

static int load_pair(const struct pair *pair, const char *dir, struct scrim_device_key **ret,
                     struct scrim_error *error)
{
    struct scrim_device_key *key = sodium_malloc(sizeof *key);
    if (!key)
        return scrim_fail(error, SCRIM_ENOMEM, "no memory for the device key");
    uint8_t seed[crypto_sign_SEEDBYTES];
    const int result = load_pem(&secret_pem, dir, pair->secret, seed, error);
    if (result >= 0)
        crypto_sign_seed_keypair(key->public, key->secret, seed);
    sodium_memzero(seed, sizeof seed);
    if (result < 0) {
        sodium_free(key);
        return result;
    }
    sodium_mprotect_readonly(key);
    *ret = key;
    return SCRIM_OK;
}

int scrim_device_key_load(const char *dir, struct scrim_device_key **ret, struct scrim_error *error)
{
    return load_pair(&device_pair, dir, ret, error);
}

int scrim_log_key_obtain(const char *dir, enum scrim_log_owner owner, struct scrim_device_key **ret,
                         struct scrim_error *error)
{
    const struct pair *pair = &log_pairs[owner];
    struct scrim_device_key *key = NULL;
    int result = load_pair(pair, dir, &key, error);
    if (result == SCRIM_ENOENT) {
        result = create_pair(pair, dir, error);
        if (result >= 0)
            result = load_pair(pair, dir, &key, error);
    }
    if (result < 0)
        return result;
    // A crash may have come between the two files.
    uint8_t public[32];
    result = scrim_log_public_load(dir, owner, public, error);
    if (result == SCRIM_ENOENT)
        result = create_pem(&public_pem, dir, pair->public, 0644, key->public, error);
    if (result < 0)
        scrim_device_key_destroy(key);
    else
        *ret = key;
    return result;
}

void scrim_device_key_destroy(struct scrim_device_key *key)
{
    sodium_free(key);
}

int scrim_device_public_load(const char *dir, uint8_t ret[32], struct scrim_error *error)
{
    return load_pem(&public_pem, dir, device_pair.public, ret, error);
}

int scrim_log_public_load(const char *dir, enum scrim_log_owner owner, uint8_t ret[32],
                          struct scrim_error *error)
{
    return load_pem(&public_pem, dir, log_pairs[owner].public, ret, error);
}
