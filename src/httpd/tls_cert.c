#include "httpd/tls_cert.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define VALID_DAYS 825 // the longest that browsers of all makers take
#define PEM_MAX (64U << 10)

static void free_pkey(EVP_PKEY **key)
{
    EVP_PKEY_free(*key);
}

static void free_x509(X509 **certificate)
{
    X509_free(*certificate);
}

static void free_bio(BIO **bio)
{
    BIO_free(*bio);
}

static int add_extension(X509 *certificate, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    const int done = extension ? X509_add_ext(certificate, extension, -1) : 0;
    X509_EXTENSION_free(extension);
    return done;
}

static bool plain_name(const char *host)
{
    return host[0] && strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                   ".-") == strlen(host);
}

// "DNS:localhost,IP:127.0.0.1,…". Wildcard addresses name nothing and are left out.
static void alternative_names(const char *host, char *ret, size_t size)
{
    unsigned char address[16];
    char machine[256] = "";
    gethostname(machine, sizeof machine - 1);
    snprintf(ret, size, "DNS:localhost,IP:127.0.0.1,IP:::1");
    const bool is_address =
        inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
    const bool known = strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ||
                       strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0 ||
                       strcmp(host, "localhost") == 0;
    size_t used = strlen(ret);
    if (!known && (is_address || plain_name(host)))
        snprintf(ret + used, size - used, ",%s:%s", is_address ? "IP" : "DNS", host);
    used = strlen(ret);
    if (plain_name(machine) && strcmp(machine, host) != 0 && strcmp(machine, "localhost") != 0)
        snprintf(ret + used, size - used, ",DNS:%s", machine);
}

static X509 *self_signed(EVP_PKEY *key, const char *host)
{
    X509 *certificate = X509_new();
    unsigned char serial[16];
    char names[1024];
    alternative_names(host, names, sizeof names);
    if (!certificate || RAND_bytes(serial, sizeof serial) != 1)
        goto failed;
    serial[0] &= 0x7f; // positive
    BIGNUM *number = BN_bin2bn(serial, sizeof serial, NULL);
    const bool numbered = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
    BN_free(number);
    X509_NAME *subject = X509_get_subject_name(certificate);
    if (!numbered || !X509_set_version(certificate, X509_VERSION_3) ||
        !X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) ||
        !X509_gmtime_adj(X509_getm_notAfter(certificate), VALID_DAYS * 86400L) ||
        !X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)"Scrim",
                                    -1, -1, 0) ||
        !X509_set_issuer_name(certificate, subject) || !X509_set_pubkey(certificate, key) ||
        !add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(certificate, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(certificate, NID_ext_key_usage, "serverAuth") ||
        !add_extension(certificate, NID_subject_alt_name, names) ||
        X509_sign(certificate, key, EVP_sha256()) == 0)
        goto failed;
    return certificate;
failed:
    X509_free(certificate);
    return NULL;
}

static int write_pem(BIO *bio, const char *path, mode_t mode, struct scrim_error *error)
{
    char *bytes;
    const long count = BIO_get_mem_data(bio, &bytes);
    return scrim_fs_create(path, bytes, (size_t)count, mode, error);
}

static int create(const char *key_file, const char *cert_file, const char *host,
                  struct scrim_error *error)
{
    SCRIM_AUTO(free_pkey) EVP_PKEY *key = EVP_EC_gen("P-256");
    SCRIM_AUTO(free_x509) X509 *certificate = key ? self_signed(key, host) : NULL;
    SCRIM_AUTO(free_bio) BIO *key_pem = BIO_new(BIO_s_secmem()); // wiped when freed
    SCRIM_AUTO(free_bio) BIO *cert_pem = BIO_new(BIO_s_mem());
    if (!certificate || !key_pem || !cert_pem ||
        !PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) ||
        !PEM_write_bio_X509(cert_pem, certificate))
        return scrim_fail(error, SCRIM_EINTERNAL, "cannot make a TLS certificate");
    const int result = write_pem(key_pem, key_file, 0600, error);
    return result < 0 ? result : write_pem(cert_pem, cert_file, 0600, error);
}

int scrim_tls_ensure(const char *key_file, const char *cert_file, const char *host,
                     struct scrim_error *error)
{
    const bool has_key = access(key_file, F_OK) == 0, has_cert = access(cert_file, F_OK) == 0;
    if (has_key && has_cert)
        return SCRIM_OK;
    if (has_cert)
        return scrim_fail(error, SCRIM_ENOENT,
                          "%s: there is no key for %s: put it there, or remove "
                          "the certificate to have both made",
                          key_file, cert_file);
    if (has_key)
        return scrim_fail(error, SCRIM_ENOENT,
                          "%s: there is no certificate for %s: put it there, "
                          "or remove the key to have both made",
                          cert_file, key_file);
    return create(key_file, cert_file, host, error);
}

static BIO *open_pem(const char *path, struct scrim_buf *content, struct scrim_error *error)
{
    scrim_buf_init(content, PEM_MAX);
    if (scrim_fs_read(path, content, error) < 0)
        return NULL;
    BIO *bio = BIO_new_mem_buf(content->data, (int)content->len);
    if (!bio)
        scrim_fail(error, SCRIM_EFORMAT, "%s: empty", path);
    return bio;
}

static void fingerprint(const X509 *certificate, char ret[SCRIM_FINGERPRINT_TEXT])
{
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    X509_digest(certificate, EVP_sha256(), hash, &length);
    for (unsigned i = 0; i < length; i++)
        snprintf(ret + 3 * (size_t)i, SCRIM_FINGERPRINT_TEXT - 3 * (size_t)i, "%02X%s", hash[i],
                 i + 1 < length ? ":" : "");
}

int scrim_tls_check(const char *key_file, const char *cert_file,
                    char ret_fingerprint[SCRIM_FINGERPRINT_TEXT], struct scrim_error *error)
{
    struct scrim_buf key_text, cert_text;
    SCRIM_AUTO(free_bio) BIO *key_pem = open_pem(key_file, &key_text, error);
    SCRIM_AUTO(free_bio) BIO *cert_pem = key_pem ? open_pem(cert_file, &cert_text, error) : NULL;
    int result = SCRIM_EFORMAT;
    if (!cert_pem) {
        scrim_buf_finish_wipe(&key_text);
        return error ? error->code : SCRIM_EFORMAT;
    }
    SCRIM_AUTO(free_pkey) EVP_PKEY *key = PEM_read_bio_PrivateKey(key_pem, NULL, NULL, NULL);
    SCRIM_AUTO(free_x509) X509 *certificate = PEM_read_bio_X509(cert_pem, NULL, NULL, NULL);
    if (!key)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: no private key in PEM", key_file);
    else if (!certificate)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: no certificate in PEM", cert_file);
    else if (X509_check_private_key(certificate, key) != 1)
        result = scrim_fail(error, SCRIM_EFORMAT, "%s: not the key of %s", key_file, cert_file);
    else if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
        result = scrim_fail(error, SCRIM_EINVAL,
                            "%s: expired; remove it and its key to have new "
                            "ones made",
                            cert_file);
    else
        result = SCRIM_OK;
    if (result == SCRIM_OK)
        fingerprint(certificate, ret_fingerprint);
    scrim_buf_finish_wipe(&key_text);
    scrim_buf_finish(&cert_text);
    return result;
}
