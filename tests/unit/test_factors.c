// The second step of signing in: codes by the clock, recovery codes, security keys. The keys of
// these tests are made with OpenSSL here; a real browser's are in tests/integration.
#include "base/clock.h"
#include "people/factors.h"
#include "people/recovery.h"
#include "people/totp.h"
#include "people/webauthn.h"
#include "people/webauthn_data.h"
#include "test.h"

#include <jansson.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/stat.h>

// --- codes by the clock ---

static const uint8_t rfc_secret[SCRIM_TOTP_SECRET] = "12345678901234567890";

static void hotp_vectors(void)
{
    static const uint32_t right[] = {755224, 287082, 359152, 969429, 338314, 254676,
                                     287922, 162583, 399871, 520489}; // RFC 4226, appendix D
    for (uint64_t i = 0; i < 10; i++) {
        uint32_t code = 0;
        CHECK(scrim_hotp(rfc_secret, sizeof rfc_secret, i, &code) >= 0);
        CHECK_INT(code, right[i]);
    }
}

static void totp_vectors(void)
{
    static const struct {
        int64_t seconds;
        uint32_t code;
    } right[] = {{59, 287082},       {1111111109, 81804},  {1111111111, 50471},
                 {1234567890, 5924}, {2000000000, 279037}, {20000000000, 353130}}; // RFC 6238, B
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        int64_t step = 0;
        CHECK(
            scrim_totp_fits(rfc_secret, right[i].code, right[i].seconds * SCRIM_SECOND, -1, &step));
        CHECK_INT(step, right[i].seconds / SCRIM_TOTP_STEP_S);
        CHECK(!scrim_totp_fits(rfc_secret, right[i].code ^ 1, right[i].seconds * SCRIM_SECOND, -1,
                               &step));
    }
}

static void totp_drift_and_replay(void)
{
    const int64_t now_us = 1234567890 * SCRIM_SECOND, now = 1234567890 / SCRIM_TOTP_STEP_S;
    for (int64_t offset = -2; offset <= 2; offset++) {
        uint32_t code = 0;
        int64_t step = 0;
        CHECK(scrim_hotp(rfc_secret, sizeof rfc_secret, (uint64_t)(now + offset), &code) >= 0);
        const bool fits = scrim_totp_fits(rfc_secret, code, now_us, -1, &step);
        CHECK_INT(fits, offset >= -1 && offset <= 1);
        if (!fits)
            continue;
        CHECK_INT(step, now + offset);
        CHECK(!scrim_totp_fits(rfc_secret, code, now_us, step, &step)); // once only
    }
}

static void totp_text(void)
{
    uint32_t code = 0;
    CHECK(scrim_totp_code_parse("000042", &code));
    CHECK_INT(code, 42);
    CHECK(scrim_totp_code_parse("123 456", &code));
    CHECK_INT(code, 123456);
    static const char *const wrong[] = {"",         "12345",   "1234567", "12a456", " 123456",
                                        "123  456", "1234 56", "123456 ", "-12345", "１２３４５６"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(!scrim_totp_code_parse(wrong[i], &code));

    char text[SCRIM_TOTP_SECRET_TEXT];
    scrim_totp_secret_text(rfc_secret, text);
    CHECK_TEXT(text, "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    struct scrim_buf uri;
    scrim_buf_init(&uri, 4096);
    CHECK(scrim_totp_uri("Quay & Co", "olga", rfc_secret, &uri) >= 0);
    CHECK(scrim_buf_append(&uri, "", 1) >= 0);
    CHECK_TEXT((const char *)uri.data, "otpauth://totp/Quay%20%26%20Co:olga?secret="
                                       "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Quay%20%26%20Co");
    scrim_buf_finish(&uri);
}

// --- recovery codes ---

static void recovery_codes(void)
{
    char code[SCRIM_RECOVERY_TEXT], other[SCRIM_RECOVERY_TEXT];
    uint8_t hash[SCRIM_RECOVERY_HASH], again[SCRIM_RECOVERY_HASH];
    scrim_recovery_make(code, hash);
    CHECK_INT(strlen(code), SCRIM_RECOVERY_TEXT - 1);
    REQUIRE(scrim_recovery_hash(code, again));
    CHECK(memcmp(hash, again, sizeof hash) == 0);

    char typed[64];
    size_t length = 0;
    for (const char *at = code; *at; at++) {
        if (*at != '-')
            typed[length++] = *at >= 'a' ? (char)(*at - ('a' - 'A')) : *at;
        if (length == 5)
            typed[length++] = ' ';
    }
    typed[length] = '\0';
    REQUIRE(scrim_recovery_hash(typed, again));
    CHECK(memcmp(hash, again, sizeof hash) == 0);

    scrim_recovery_make(other, again);
    CHECK(memcmp(hash, again, sizeof hash) != 0);
    CHECK(!scrim_recovery_hash("", again));
    CHECK(!scrim_recovery_hash("abcd-efgh-jkmn-pqr", again));
    CHECK(!scrim_recovery_hash("abcd-efgh-jkmn-pqrss", again));
    CHECK(!scrim_recovery_hash("abcd-efgh-jkmn-pqr!", again));
}

// --- security keys ---

#define KEY_ID "a credential's id"
#define KEY_ID_LEN (sizeof KEY_ID - 1)

struct rig {
    EVP_PKEY *key;
    uint8_t x[32], y[32];
    struct scrim_webauthn_expected expected;
};

struct change { // of what a right answer would be; zero: none
    const char *type, *origin, *rp_id;
    bool challenge, cross, signature, absent, other_id;
    uint32_t count;
};

static void begin(struct rig *rig)
{
    uint8_t point[65];
    size_t length = 0;
    *rig = (struct rig){.key = EVP_EC_gen("P-256"),
                        .expected = {"https://localhost:8443", "localhost", {0}}};
    randombytes_buf(rig->expected.challenge, sizeof rig->expected.challenge);
    EVP_PKEY_get_octet_string_param(rig->key, "pub", point, sizeof point, &length);
    memcpy(rig->x, point + 1, 32);
    memcpy(rig->y, point + 33, 32);
}

static json_t *encoded(const void *bytes, size_t count)
{
    char text[8192];
    sodium_bin2base64(text, sizeof text, bytes, count, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return json_string(text);
}

static char *client_data(const struct rig *rig, const char *type, const struct change *change)
{
    uint8_t challenge[SCRIM_WEBAUTHN_CHALLENGE];
    memcpy(challenge, rig->expected.challenge, sizeof challenge);
    challenge[0] ^= change->challenge;
    json_t *object = json_pack("{s:s,s:o,s:s,s:b}", "type", change->type ? change->type : type,
                               "challenge", encoded(challenge, sizeof challenge), "origin",
                               change->origin ? change->origin : rig->expected.origin,
                               "crossOrigin", change->cross);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static int append_data_head(const struct change *change, uint8_t flags, struct scrim_buf *ret)
{
    uint8_t hash[32];
    const char *rp_id = change->rp_id ? change->rp_id : "localhost";
    crypto_hash_sha256(hash, (const uint8_t *)rp_id, strlen(rp_id));
    return scrim_buf_append(ret, hash, sizeof hash) |
           scrim_buf_append_u8(ret, flags & (change->absent ? 0xfe : 0xff)) |
           scrim_buf_append_u32(ret, change->count);
}

// {"fmt": "none", "attStmt": {}, "authData": …} with an ES256 key.
static int append_attestation(const struct rig *rig, const struct change *change,
                              struct scrim_buf *ret)
{
    static const uint8_t aaguid[16];
    static const uint8_t key_head[] = {0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20};
    static const uint8_t key_middle[] = {0x22, 0x58, 0x20};
    static const char head[] = "\xa3\x63"
                               "fmt\x64none\x67"
                               "attStmt\xa0\x68"
                               "authData\x58";
    struct scrim_buf data;
    scrim_buf_init(&data, 4096);
    int result = append_data_head(change, 0x41, &data);
    result |= scrim_buf_append(&data, aaguid, sizeof aaguid);
    result |= scrim_buf_append_u16(&data, KEY_ID_LEN);
    result |= scrim_buf_append(&data, change->other_id ? "another key's ids" : KEY_ID, KEY_ID_LEN);
    result |= scrim_buf_append(&data, key_head, sizeof key_head);
    result |= scrim_buf_append(&data, rig->x, 32);
    result |= scrim_buf_append(&data, key_middle, sizeof key_middle);
    result |= scrim_buf_append(&data, rig->y, 32);
    result |= scrim_buf_append(ret, head, sizeof head - 1);
    result |= scrim_buf_append_u8(ret, (uint8_t)data.len);
    result |= scrim_buf_append(ret, data.data, data.len);
    scrim_buf_finish(&data);
    return result;
}

static char *answer_text(json_t *response, const char *client)
{
    json_object_set_new(response, "clientDataJSON", encoded(client, strlen(client)));
    json_t *object =
        json_pack("{s:o,s:o,s:s,s:o}", "id", encoded(KEY_ID, KEY_ID_LEN), "rawId",
                  encoded(KEY_ID, KEY_ID_LEN), "type", "public-key", "response", response);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    return text;
}

static int enrol(const struct rig *rig, const struct change *change,
                 struct scrim_webauthn_credential *ret)
{
    struct scrim_buf attestation;
    struct scrim_error error;
    scrim_buf_init(&attestation, 4096);
    CHECK(append_attestation(rig, change, &attestation) >= 0);
    char *client = client_data(rig, "webauthn.create", change);
    char *text = answer_text(
        json_pack("{s:o}", "attestationObject", encoded(attestation.data, attestation.len)),
        client);
    const int result = scrim_webauthn_register(text, strlen(text), &rig->expected, ret, &error);
    free(text);
    free(client);
    scrim_buf_finish(&attestation);
    return result;
}

static size_t sign(const struct rig *rig, const struct scrim_buf *data, const char *client,
                   uint8_t ret[128])
{
    uint8_t message[37 + 32];
    size_t length = 128;
    memcpy(message, data->data, 37);
    crypto_hash_sha256(message + 37, (const uint8_t *)client, strlen(client));
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, rig->key);
    EVP_DigestSign(context, ret, &length, message, sizeof message);
    EVP_MD_CTX_free(context);
    return length;
}

static char *assertion(const struct rig *rig, const struct change *change)
{
    struct scrim_buf data;
    uint8_t signature[128];
    scrim_buf_init(&data, 4096);
    CHECK(append_data_head(change, 0x01, &data) >= 0);
    char *client = client_data(rig, "webauthn.get", change);
    const size_t length = sign(rig, &data, client, signature);
    signature[length - 1] ^= change->signature;
    char *text =
        answer_text(json_pack("{s:o,s:o}", "authenticatorData", encoded(data.data, data.len),
                              "signature", encoded(signature, length)),
                    client);
    free(client);
    scrim_buf_finish(&data);
    return text;
}

static int verify(const struct rig *rig, const struct change *change,
                  const struct scrim_webauthn_credential *credential, uint32_t *ret_count)
{
    struct scrim_error error = {0};
    char *text = assertion(rig, change);
    const int result =
        scrim_webauthn_verify(text, strlen(text), &rig->expected, credential, ret_count, &error);
    free(text);
    return result;
}

static void key_enrols_and_verifies(void)
{
    struct rig rig;
    struct scrim_webauthn_credential credential;
    uint32_t count = 0;
    begin(&rig);
    REQUIRE(enrol(&rig, &(struct change){.count = 3}, &credential) >= 0);
    CHECK_INT(credential.alg, -7);
    CHECK_INT(credential.count, 3);
    CHECK_INT(credential.id_len, KEY_ID_LEN);
    CHECK_TEXT(credential.rp_id, "localhost");
    CHECK_INT(verify(&rig, &(struct change){.count = 4}, &credential, &count), SCRIM_OK);
    CHECK_INT(count, 4);
    EVP_PKEY_free(rig.key);
}

static void key_that_does_not_count(void)
{
    struct rig rig;
    struct scrim_webauthn_credential credential;
    uint32_t count = 1;
    begin(&rig);
    REQUIRE(enrol(&rig, &(struct change){0}, &credential) >= 0);
    CHECK_INT(verify(&rig, &(struct change){0}, &credential, &count), SCRIM_OK);
    CHECK_INT(count, 0);
    EVP_PKEY_free(rig.key);
}

static void key_refuses_what_is_altered(void)
{
    static const struct {
        const char *what;
        struct change change;
    } cases[] = {{"type", {.type = "webauthn.other", .count = 9}},
                 {"challenge", {.challenge = true, .count = 9}},
                 {"origin", {.origin = "https://localhost.evil.example", .count = 9}},
                 {"plain origin", {.origin = "http://localhost:8443", .count = 9}},
                 {"frame", {.cross = true, .count = 9}},
                 {"rp id", {.rp_id = "evil.example", .count = 9}},
                 {"nobody touched", {.absent = true, .count = 9}}};
    struct rig rig;
    struct scrim_webauthn_credential credential, other;
    uint32_t count = 0;
    begin(&rig);
    REQUIRE(enrol(&rig, &(struct change){.count = 3}, &credential) >= 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        printf("  %s\n", cases[i].what);
        CHECK_INT(verify(&rig, &cases[i].change, &credential, &count), SCRIM_EAUTH);
        CHECK_INT(enrol(&rig, &cases[i].change, &other), SCRIM_EAUTH);
    }
    CHECK_INT(enrol(&rig, &(struct change){.other_id = true}, &other), SCRIM_EFORMAT);
    CHECK_INT(verify(&rig, &(struct change){.signature = true, .count = 9}, &credential, &count),
              SCRIM_EAUTH);
    CHECK_INT(verify(&rig, &(struct change){.count = 3}, &credential, &count), SCRIM_EAUTH);
    CHECK_INT(verify(&rig, &(struct change){.count = 2}, &credential, &count), SCRIM_EAUTH);
    CHECK_INT(verify(&rig, &(struct change){.count = 0}, &credential, &count), SCRIM_EAUTH);
    credential.id[0] ^= 1;
    CHECK_INT(verify(&rig, &(struct change){.count = 9}, &credential, &count), SCRIM_EAUTH);
    EVP_PKEY_free(rig.key);
}

// An answer to one challenge is none to the next: that is what makes a replay worthless.
static void key_refuses_a_replay(void)
{
    struct rig rig;
    struct scrim_webauthn_credential credential;
    struct scrim_error error;
    uint32_t count = 0;
    begin(&rig);
    REQUIRE(enrol(&rig, &(struct change){0}, &credential) >= 0);
    char *text = assertion(&rig, &(struct change){.count = 1});
    CHECK(scrim_webauthn_verify(text, strlen(text), &rig.expected, &credential, &count, &error) >=
          0);
    randombytes_buf(rig.expected.challenge, sizeof rig.expected.challenge);
    CHECK_INT(scrim_webauthn_verify(text, strlen(text), &rig.expected, &credential, &count, &error),
              SCRIM_EAUTH);
    free(text);
    EVP_PKEY_free(rig.key);
}

// Every byte that is missing or changed is noticed, or at least does no harm.
static void damaged_attestations(void)
{
    struct rig rig;
    struct scrim_buf bytes;
    struct scrim_attestation ret;
    struct scrim_authenticator_data data;
    begin(&rig);
    scrim_buf_init(&bytes, 4096);
    CHECK(append_attestation(&rig, &(struct change){0}, &bytes) >= 0);
    REQUIRE(scrim_attestation_parse(bytes.data, bytes.len, &ret));
    REQUIRE(scrim_authenticator_data_parse(ret.data, ret.data_len, &data));
    for (size_t length = 0; length < ret.data_len; length++)
        CHECK(!scrim_authenticator_data_parse(ret.data, length, &data));
    for (size_t length = 0; length < bytes.len; length++)
        CHECK(!scrim_attestation_parse(bytes.data, length, &ret));
    CHECK(scrim_buf_append_u8(&bytes, 0) >= 0);
    CHECK(!scrim_attestation_parse(bytes.data, bytes.len, &ret));
    scrim_buf_finish(&bytes);
    EVP_PKEY_free(rig.key);
}

static void hosts(void)
{
    static const struct {
        const char *host, *origin, *rp_id; // NULL: refused
    } cases[] = {{"localhost:8443", "https://localhost:8443", "localhost"},
                 {"Desk.Example", "https://desk.example", "desk.example"},
                 {"desk.example:443", "https://desk.example", "desk.example"},
                 {"127.0.0.1:8443", NULL, NULL},
                 {"[::1]:8443", NULL, NULL},
                 {"desk.example:", NULL, NULL},
                 {"desk.example:12x", NULL, NULL},
                 {"desk.example/x", NULL, NULL},
                 {"", NULL, NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char origin[SCRIM_WEBAUTHN_HOST_MAX + 16], rp_id[SCRIM_WEBAUTHN_HOST_MAX + 1];
        const bool fine = scrim_webauthn_host(cases[i].host, origin, rp_id);
        CHECK_INT(fine, cases[i].origin != NULL);
        if (fine && cases[i].origin) {
            CHECK_TEXT(origin, cases[i].origin);
            CHECK_TEXT(rp_id, cases[i].rp_id);
        }
    }
}

// --- what site.db keeps ---

#define NOW_US (1234567890 * SCRIM_SECOND)

static void in_site(void (*run)(const char *dir, struct scrim_factors *factors, int64_t user_id))
{
    char dir[256], path[300];
    struct scrim_factors *factors = NULL;
    struct scrim_error error = {0};
    sqlite3 *db = NULL;
    test_make_dir(dir);
    snprintf(path, sizeof path, "%s/state", dir);
    CHECK(mkdir(path, 0700) == 0);
    snprintf(path, sizeof path, "%s/state/keys", dir);
    CHECK(mkdir(path, 0700) == 0);
    if (scrim_factors_open(dir, &factors, &error) < 0) {
        printf("  %s\n", error.text);
        test_failures++;
        return;
    }
    snprintf(path, sizeof path, "%s/state/site.db", dir);
    CHECK(sqlite3_open(path, &db) == SQLITE_OK);
    CHECK(sqlite3_exec(db,
                       "INSERT INTO users (id, name, role, password, created_us)"
                       " VALUES (7, 'olga', 'operator', 'x', 0), (8, 'otto', 'viewer', '', 0)",
                       NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    run(dir, factors, 7);
    scrim_factors_close(factors);
    test_remove_dir(dir);
}

static uint32_t code_at(const uint8_t secret[SCRIM_TOTP_SECRET], int64_t utc_us)
{
    uint32_t code = 0;
    CHECK(scrim_hotp(secret, SCRIM_TOTP_SECRET,
                     (uint64_t)(utc_us / SCRIM_SECOND / SCRIM_TOTP_STEP_S), &code) >= 0);
    return code;
}

static void check_codes(const char *dir, struct scrim_factors *factors, int64_t user_id)
{
    uint8_t secret[SCRIM_TOTP_SECRET];
    struct scrim_factor_state state;
    struct scrim_error error;
    (void)dir;
    CHECK_INT(scrim_factors_totp_confirm(factors, user_id, 1, NOW_US, &error), SCRIM_ENOENT);
    REQUIRE(scrim_factors_totp_begin(factors, user_id, secret, &error) >= 0);
    CHECK(scrim_factors_state(factors, user_id, &state, &error) >= 0 && !state.totp);
    const uint32_t code = code_at(secret, NOW_US);
    CHECK_INT(scrim_factors_totp_check(factors, user_id, code, NOW_US, &error), SCRIM_EAUTH);
    CHECK_INT(scrim_factors_totp_confirm(factors, user_id, code ^ 1, NOW_US, &error), SCRIM_EAUTH);
    CHECK_INT(scrim_factors_totp_confirm(factors, user_id, code, NOW_US, &error), SCRIM_OK);
    CHECK(scrim_factors_state(factors, user_id, &state, &error) >= 0 && state.totp);

    // The code that confirmed is used up, the next is not, and only once.
    const int64_t later_us = NOW_US + 30 * SCRIM_SECOND;
    CHECK_INT(scrim_factors_totp_check(factors, user_id, code, NOW_US, &error), SCRIM_EAUTH);
    const uint32_t next = code_at(secret, later_us);
    CHECK_INT(scrim_factors_totp_check(factors, user_id, next, later_us, &error), SCRIM_OK);
    CHECK_INT(scrim_factors_totp_check(factors, user_id, next, later_us, &error), SCRIM_EAUTH);

    // A new secret changes nothing until it is confirmed.
    uint8_t fresh[SCRIM_TOTP_SECRET];
    const int64_t much_later_us = NOW_US + 300 * SCRIM_SECOND;
    CHECK(scrim_factors_totp_begin(factors, user_id, fresh, &error) >= 0);
    CHECK_INT(scrim_factors_totp_check(factors, user_id, code_at(secret, much_later_us),
                                       much_later_us, &error),
              SCRIM_OK);
    CHECK_INT(scrim_factors_totp_confirm(factors, user_id, code_at(fresh, much_later_us),
                                         much_later_us, &error),
              SCRIM_OK);
    const int64_t end_us = NOW_US + 600 * SCRIM_SECOND;
    CHECK_INT(scrim_factors_totp_check(factors, user_id, code_at(secret, end_us), end_us, &error),
              SCRIM_EAUTH);
    CHECK_INT(scrim_factors_totp_check(factors, user_id, code_at(fresh, end_us), end_us, &error),
              SCRIM_OK);
}

static void kept_codes(void)
{
    in_site(check_codes);
}

// The database alone is worth nothing, and neither is a row moved to somebody else.
static void check_sealing(const char *dir, struct scrim_factors *factors, int64_t user_id)
{
    uint8_t secret[SCRIM_TOTP_SECRET];
    struct scrim_error error;
    char path[300];
    sqlite3 *db = NULL;
    REQUIRE(scrim_factors_totp_begin(factors, user_id, secret, &error) >= 0);
    CHECK(scrim_factors_totp_confirm(factors, user_id, code_at(secret, NOW_US), NOW_US, &error) >=
          0);
    snprintf(path, sizeof path, "%s/state/site.db", dir);
    REQUIRE(sqlite3_open(path, &db) == SQLITE_OK);
    sqlite3_stmt *row = NULL;
    CHECK(sqlite3_prepare_v2(db, "SELECT secret FROM totp", -1, &row, NULL) == SQLITE_OK &&
          sqlite3_step(row) == SQLITE_ROW);
    CHECK(!memmem(sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0), secret,
                  sizeof secret));
    sqlite3_finalize(row);
    CHECK(sqlite3_exec(db, "UPDATE totp SET user_id = 8", NULL, NULL, NULL) == SQLITE_OK);
    sqlite3_close(db);
    const int64_t later_us = NOW_US + 60 * SCRIM_SECOND;
    CHECK_INT(scrim_factors_totp_check(factors, 8, code_at(secret, later_us), later_us, &error),
              SCRIM_EFORMAT);
    struct stat info;
    snprintf(path, sizeof path, "%s/" SCRIM_FACTORS_KEY_FILE, dir);
    CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0600 && info.st_size == 32);
}

static void sealed_secrets(void)
{
    in_site(check_sealing);
}

static void check_recovery(const char *dir, struct scrim_factors *factors, int64_t user_id)
{
    struct scrim_recovery_set first, second;
    struct scrim_factor_state state;
    struct scrim_error error;
    uint8_t secret[SCRIM_TOTP_SECRET];
    (void)dir;
    CHECK(scrim_factors_totp_begin(factors, user_id, secret, &error) >= 0);
    CHECK(scrim_factors_totp_confirm(factors, user_id, code_at(secret, NOW_US), NOW_US, &error) >=
          0);
    REQUIRE(scrim_factors_recovery_renew(factors, user_id, &first, &error) >= 0);
    CHECK_INT(scrim_factors_recovery_use(factors, 8, first.codes[0], &error), SCRIM_EAUTH);
    CHECK_INT(scrim_factors_recovery_use(factors, user_id, first.codes[0], &error), SCRIM_OK);
    CHECK_INT(scrim_factors_recovery_use(factors, user_id, first.codes[0], &error), SCRIM_EAUTH);
    CHECK(scrim_factors_state(factors, user_id, &state, &error) >= 0);
    CHECK_INT(state.recovery, SCRIM_RECOVERY_CODES - 1);
    REQUIRE(scrim_factors_recovery_renew(factors, user_id, &second, &error) >= 0);
    CHECK_INT(scrim_factors_recovery_use(factors, user_id, first.codes[1], &error), SCRIM_EAUTH);
    CHECK_INT(scrim_factors_recovery_use(factors, user_id, second.codes[9], &error), SCRIM_OK);
    CHECK(scrim_factors_totp_remove(factors, user_id, &error) >= 0);
    CHECK_INT(scrim_factors_recovery_use(factors, user_id, second.codes[1], &error), SCRIM_EAUTH);
}

static void kept_recovery(void)
{
    in_site(check_recovery);
}

static void check_keys(const char *dir, struct scrim_factors *factors, int64_t user_id)
{
    struct scrim_factor_key key = {.name = "Yubikey",
                                   .created_us = NOW_US,
                                   .credential = {.id = {1, 2, 3},
                                                  .id_len = 3,
                                                  .alg = -7,
                                                  .key = {4},
                                                  .key_len = 64,
                                                  .count = 5,
                                                  .rp_id = "localhost"}};
    struct scrim_factor_key *list = NULL;
    struct scrim_error error;
    struct scrim_factor_news news;
    size_t count = 0;
    (void)dir;
    REQUIRE(scrim_factors_key_add(factors, user_id, &key, &error) >= 0);
    CHECK_INT(scrim_factors_key_add(factors, 8, &key, &error), SCRIM_EEXIST);
    REQUIRE(scrim_factors_keys(factors, user_id, &list, &count, &error) >= 0);
    CHECK_INT(count, 1);
    CHECK_TEXT(list[0].name, "Yubikey");
    CHECK_INT(list[0].credential.count, 5);
    CHECK(memcmp(&list[0].credential, &key.credential, sizeof key.credential) == 0);
    CHECK_INT(scrim_factors_key_used(factors, &list[0], 6, NOW_US, &error), SCRIM_OK);
    CHECK_INT(scrim_factors_key_used(factors, &list[0], 7, NOW_US, &error), SCRIM_EAUTH);
    free(list);
    REQUIRE(scrim_factors_news(factors, &news, &error) >= 0 && news.count == 1);
    CHECK(news.list[0].user_id == user_id && news.list[0].state.keys == 1 && news.list[0].password);
    scrim_factor_news_finish(&news);
    CHECK_INT(scrim_factors_key_remove(factors, 8, key.id, &error), SCRIM_ENOENT);
    CHECK_INT(scrim_factors_key_remove(factors, user_id, key.id, &error), SCRIM_OK);

    for (uint8_t i = 0; i < SCRIM_FACTOR_KEYS_MAX; i++) {
        key.credential.id[0] = i;
        CHECK_INT(scrim_factors_key_add(factors, user_id, &key, &error), SCRIM_OK);
    }
    key.credential.id[0] = 99;
    CHECK_INT(scrim_factors_key_add(factors, user_id, &key, &error), SCRIM_ENOSPACE);
    CHECK(scrim_factors_clear(factors, user_id, &error) >= 0);
    REQUIRE(scrim_factors_news(factors, &news, &error) >= 0);
    CHECK_INT(news.count, 0);
    scrim_factor_news_finish(&news);
}

static void kept_keys(void)
{
    in_site(check_keys);
}

static void check_accounts(const char *dir, struct scrim_factors *factors, int64_t user_id)
{
    struct scrim_error error;
    struct scrim_user found = {0};
    struct scrim_factor_news news;
    unsigned roles = 99;
    (void)dir;
    CHECK_INT(scrim_factors_oidc_find(factors, "https://a", "1", &found, &error), SCRIM_ENOENT);
    CHECK_INT(scrim_factors_oidc_link(factors, user_id, "https://a", "1", &error), SCRIM_OK);
    CHECK_INT(scrim_factors_oidc_link(factors, 8, "https://a", "1", &error), SCRIM_EEXIST);
    CHECK_INT(scrim_factors_oidc_link(factors, 8, "https://b", "1", &error), SCRIM_OK);
    CHECK_INT(scrim_factors_oidc_find(factors, "https://a", "1", &found, &error), SCRIM_OK);
    CHECK(found.id == user_id && found.role == SCRIM_ROLE_OPERATOR);
    CHECK_TEXT(found.name, "olga");
    REQUIRE(scrim_factors_news(factors, &news, &error) >= 0 && news.count == 2);
    CHECK(news.list[0].password && news.list[0].state.oidc);
    CHECK(!news.list[1].password && news.list[1].state.oidc && news.required == 0);
    scrim_factor_news_finish(&news);

    CHECK(scrim_factors_required(factors, &roles, &error) >= 0);
    CHECK_INT(roles, 0);
    CHECK(scrim_factors_require(factors, 1U << SCRIM_ROLE_ADMINISTRATOR, &error) >= 0);
    CHECK(scrim_factors_required(factors, &roles, &error) >= 0);
    CHECK_INT(roles, 1U << SCRIM_ROLE_ADMINISTRATOR);
}

static void kept_accounts(void)
{
    in_site(check_accounts);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"hotp: the vectors of RFC 4226", hotp_vectors},
            {"totp: the vectors of RFC 6238", totp_vectors},
            {"totp: one step of drift, and never twice", totp_drift_and_replay},
            {"totp: what people type and scan", totp_text},
            {"recovery codes", recovery_codes},
            {"webauthn: a key enrols and verifies", key_enrols_and_verifies},
            {"webauthn: a key that does not count", key_that_does_not_count},
            {"webauthn: altered answers are refused", key_refuses_what_is_altered},
            {"webauthn: a replay is refused", key_refuses_a_replay},
            {"webauthn: damaged attestations", damaged_attestations},
            {"webauthn: which hosts can have keys", hosts},
            {"site.db: codes are confirmed, and taken once", kept_codes},
            {"site.db: secrets are sealed, and bound to their user", sealed_secrets},
            {"site.db: recovery codes are taken once", kept_recovery},
            {"site.db: security keys", kept_keys},
            {"site.db: accounts at a provider, roles with a second step", kept_accounts},
            {0},
        });
}
