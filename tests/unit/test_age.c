// age v1 at the level of its functions; tests/verify/age_cases.py throws whole malformed files at
// `scrim open`.
#include "age/age.h"

#include "age/bech32.h"
#include "age/hkdf.h"
#include "age/stanza.h"
#include "base/alloc.h"
#include "base/base64.h"
#include "base/fault.h"
#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/wait.h>

#include "test.h"

static const uint8_t file_key[SCRIM_AGE_FILE_KEY] = "YELLOW SUBMARINE";

// Must run before any other chunk of this process: it is about what the first one does.
static void first_chunk_inside_the_sandbox(void)
{
    static const char *const no_more[] = {NULL};
    const pid_t child = fork();
    if (child == 0) {
        uint8_t key[32] = {0}, plain[3] = "age", sealed[3 + SCRIM_AGE_TAG];
        if (scrim_sandbox_calls(no_more, NULL) < 0)
            _exit(77);
        _exit(scrim_age_seal_chunk(key, 0, true, plain, sizeof plain, sealed) < 0);
    }
    int status = -1;
    CHECK(waitpid(child, &status, 0) == child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        SKIP("no seccomp here");
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0); // not SIGSYS
}

static void hkdf_of_rfc5869(void)
{
    // Test cases 1 and 3 of appendix A, first 32 bytes.
    uint8_t ikm[22], salt[13], info[10], out[32];
    char hex[65];
    memset(ikm, 0x0b, sizeof ikm);
    for (size_t i = 0; i < sizeof salt; i++)
        salt[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof info; i++)
        info[i] = (uint8_t)(0xf0 + i);
    scrim_hkdf_sha256(ikm, sizeof ikm, salt, sizeof salt, info, sizeof info, out);
    CHECK_TEXT(sodium_bin2hex(hex, sizeof hex, out, sizeof out),
               "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    scrim_hkdf_sha256(ikm, sizeof ikm, NULL, 0, NULL, 0, out);
    CHECK_TEXT(sodium_bin2hex(hex, sizeof hex, out, sizeof out),
               "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}

static void base64_is_canonical(void)
{
    static const struct {
        const char *text;
        int result;
        size_t count;
    } cases[] = {
        {"", 0, 0},
        {"AA", 0, 1},
        {"AAA", 0, 2},
        {"AAAA", 0, 3},
        {"+/+/", 0, 3},
        {"A", SCRIM_EFORMAT, 0},
        {"AAAAA", SCRIM_EFORMAT, 0},
        {"AB", SCRIM_EFORMAT, 0},
        {"AAB", SCRIM_EFORMAT, 0},
        {"AA==", SCRIM_EFORMAT, 0},
        {"AAA=", SCRIM_EFORMAT, 0},
        {"AA\n", SCRIM_EFORMAT, 0},
        {" AAA", SCRIM_EFORMAT, 0},
        {"-_-_", SCRIM_EFORMAT, 0},
        {"AAAAAAAA", SCRIM_EFORMAT, 0}, // does not fit
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[4];
        size_t count = 0;
        CHECK_INT(
            scrim_base64_decode(cases[i].text, strlen(cases[i].text), bytes, sizeof bytes, &count),
            cases[i].result);
        if (cases[i].result == 0)
            CHECK_INT(count, cases[i].count);
    }
}

static void base64_of_every_byte(void)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int c = 0; c < 256; c++) {
        const char text[4] = {'A', (char)c, 'A', 'A'};
        const bool allowed = c != 0 && strchr(alphabet, c);
        uint8_t bytes[3];
        size_t count;
        CHECK_INT(scrim_base64_decode(text, sizeof text, bytes, sizeof bytes, &count),
                  allowed ? 0 : SCRIM_EFORMAT);
    }
}

static void keys_of_the_specification(void)
{
    uint8_t secret[32], public_key[32], derived[32], expected[32];
    REQUIRE(scrim_age_identity_parse(
                "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
                secret, NULL) == 0);
    memset(expected, 0x42, sizeof expected);
    CHECK(memcmp(secret, expected, 32) == 0);
    REQUIRE(
        scrim_age_recipient_parse("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",
                                  public_key, NULL) == 0);
    CHECK(crypto_scalarmult_base(derived, secret) == 0);
    CHECK(memcmp(derived, public_key, 32) == 0);
}

static void keys_are_written_as_they_are_read(void)
{
    static const struct {
        const char *prefix, *text;
    } keys[] = {
        {"age", "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"},
        {"AGE-SECRET-KEY-",
         "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX"},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        uint8_t key[32];
        char text[SCRIM_BECH32_TEXT(16, sizeof key)];
        CHECK_INT(scrim_bech32_decode(keys[i].text, keys[i].prefix, key, sizeof key), 0);
        CHECK_INT(scrim_bech32_encode(keys[i].prefix, key, sizeof key, text, sizeof text), 0);
        CHECK_TEXT(text, keys[i].text);
        CHECK_INT(scrim_bech32_encode(keys[i].prefix, key, sizeof key, text, strlen(text)),
                  SCRIM_EINVAL);
    }
    uint8_t bytes[64], again[64];
    for (size_t count = 0; count <= sizeof bytes; count++) {
        char text[SCRIM_BECH32_TEXT(1, sizeof bytes)];
        randombytes_buf(bytes, count);
        CHECK_INT(scrim_bech32_encode("X", bytes, count, text, sizeof text), 0);
        CHECK_INT(strlen(text) + 1, SCRIM_BECH32_TEXT(1, count));
        CHECK_INT(scrim_bech32_decode(text, "X", again, count), 0);
        CHECK(memcmp(bytes, again, count) == 0);
    }
}

static void keys_refused(void)
{
    static const char *const texts[] = {
        "",
        "1",
        "age1",
        "age",
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujw",   // cut
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwk",  // checksum
        "AGE1ZVKYG2LQZRAA2LNJVQEJ32NKUU0UES2S82HZRYE869XEEXVN73EQUNUJWJ",  // case
        "age1Zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",  // mixed
        "agf1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj",  // prefix
        " age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", // space
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\n",
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equ1ujwj", // '1' inside
        "age1bvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj", // 'b' is no digit
        "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj\xc3\xa9",
    };
    uint8_t out[32];
    struct scrim_error error;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        CHECK_INT(scrim_age_recipient_parse(texts[i], out, &error), SCRIM_EFORMAT);
        CHECK_INT(scrim_age_identity_parse(texts[i], out, &error), SCRIM_EFORMAT);
        CHECK(texts[i][0] == '\0' || strlen(texts[i]) < 20 || !strstr(error.text, texts[i]));
    }
}

// A header with one X25519 stanza for a fresh recipient, and the recipient's secret.
static void make_header(struct scrim_buf *ret, uint8_t ret_secret[32])
{
    uint8_t recipient[32];
    struct scrim_age_stanza stanza = {0};
    randombytes_buf(ret_secret, 32);
    crypto_scalarmult_base(recipient, ret_secret);
    scrim_buf_init(ret, SCRIM_AGE_HEADER_MAX);
    CHECK_INT(scrim_age_x25519_wrap(recipient, file_key, &stanza), 0);
    CHECK_INT(scrim_age_header_write(&stanza, 1, file_key, ret), 0);
    scrim_age_stanza_finish(&stanza);
}

static void header_roundtrip(void)
{
    uint8_t secret[32], other[32], found[SCRIM_AGE_FILE_KEY];
    struct scrim_buf text;
    struct scrim_age_header header;
    make_header(&text, secret);
    REQUIRE(scrim_age_header_parse(text.data, text.len, &header, NULL) == 0);
    CHECK_INT(header.length, text.len);
    CHECK_INT(header.stanzas_count, 1);
    CHECK_INT(scrim_age_x25519_unwrap(&header.stanzas[0], secret, found), 0);
    CHECK(memcmp(found, file_key, sizeof found) == 0);
    CHECK_INT(scrim_age_header_verify(&header, found), 0);
    found[0] ^= 1;
    CHECK_INT(scrim_age_header_verify(&header, found), SCRIM_EAUTH);
    randombytes_buf(other, sizeof other);
    CHECK_INT(scrim_age_x25519_unwrap(&header.stanzas[0], other, found), SCRIM_EAUTH);
    scrim_age_header_finish(&header);
    scrim_age_header_finish(&header); // twice is fine
    scrim_buf_finish(&text);
}

static void every_prefix_asks_for_more(void)
{
    uint8_t secret[32];
    struct scrim_buf text;
    struct scrim_age_header header;
    make_header(&text, secret);
    for (size_t count = 0; count < text.len; count++) {
        // A copy of its own size, so that the sanitizer sees a read past the end.
        uint8_t *part = scrim_new_bytes(count);
        memcpy(part, text.data, count);
        CHECK_INT(scrim_age_header_parse(part, count, &header, NULL), SCRIM_EAGAIN);
        free(part);
    }
    scrim_buf_finish(&text);
}

static void every_changed_byte_is_noticed(void)
{
    uint8_t secret[32], found[SCRIM_AGE_FILE_KEY];
    struct scrim_buf text;
    make_header(&text, secret);
    for (size_t at = 0; at < text.len; at++) {
        struct scrim_age_header header;
        text.data[at] ^= 0x01;
        int result = scrim_age_header_parse(text.data, text.len, &header, NULL);
        if (result >= 0) {
            result = scrim_age_x25519_unwrap(&header.stanzas[0], secret, found);
            if (result >= 0)
                result = scrim_age_header_verify(&header, found);
            scrim_age_header_finish(&header);
        }
        CHECK(result < 0);
        text.data[at] ^= 0x01;
    }
    scrim_buf_finish(&text);
}

static void endless_header(void)
{
    struct scrim_age_header header;
    static char text[SCRIM_AGE_HEADER_MAX + 100];
    memset(text, 'A', sizeof text);
    memcpy(text, "age-encryption.org/v1\n-> ", 25);
    CHECK_INT(scrim_age_header_parse(text, SCRIM_AGE_HEADER_MAX - 1, &header, NULL), SCRIM_EAGAIN);
    CHECK_INT(scrim_age_header_parse(text, SCRIM_AGE_HEADER_MAX, &header, NULL), SCRIM_EFORMAT);
    CHECK_INT(scrim_age_header_parse(text, sizeof text, &header, NULL), SCRIM_EFORMAT);
}

static void wrong_stanzas_are_not_written(void)
{
    static const char *const args[] = {"", "a b", "tab\t", "line\n", "\xc3\xa9", "\x7f"};
    struct scrim_buf text;
    scrim_buf_init(&text, 4096);
    CHECK_INT(scrim_age_header_write(NULL, 0, file_key, &text), SCRIM_EINVAL);
    struct scrim_age_stanza none = {0};
    CHECK_INT(scrim_age_header_write(&none, 1, file_key, &text), SCRIM_EINVAL);
    for (size_t i = 0; i < sizeof args / sizeof args[0]; i++) {
        char *arg = scrim_strdup(args[i]);
        struct scrim_age_stanza stanza = {.args = &arg, .args_count = 1};
        CHECK_INT(scrim_age_header_write(&stanza, 1, file_key, &text), SCRIM_EINVAL);
        CHECK_INT(text.len, 0);
        free(arg);
    }
    scrim_buf_finish(&text);
}

static void bodies_of_every_length(void)
{
    uint8_t body[200];
    randombytes_buf(body, sizeof body);
    char *arg = scrim_strdup("grease");
    for (size_t count = 0; count <= sizeof body; count++) {
        struct scrim_buf text;
        struct scrim_age_header header;
        scrim_buf_init(&text, 4096);
        struct scrim_age_stanza stanza = {
            .args = &arg, .args_count = 1, .body = body, .body_len = count};
        CHECK_INT(scrim_age_header_write(&stanza, 1, file_key, &text), 0);
        REQUIRE(scrim_age_header_parse(text.data, text.len, &header, NULL) == 0);
        CHECK_INT(header.stanzas[0].body_len, count);
        CHECK(count == 0 || memcmp(header.stanzas[0].body, body, count) == 0);
        scrim_age_header_finish(&header);
        scrim_buf_finish(&text);
    }
    free(arg);
}

static void low_order_points(void)
{
    static const uint8_t order_8[32] = {0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24,
                                        0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b,
                                        0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86,
                                        0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0xd7};
    struct scrim_age_stanza stanza = {0};
    uint8_t secret[32] = {1}, body[32] = {0}, found[SCRIM_AGE_FILE_KEY];
    CHECK_INT(scrim_age_x25519_wrap(order_8, file_key, &stanza), SCRIM_EINVAL);
    char *args[2] = {scrim_strdup("X25519"), scrim_base64_text(order_8, sizeof order_8)};
    const struct scrim_age_stanza hostile = {
        .args = args, .args_count = 2, .body = body, .body_len = sizeof body};
    CHECK_INT(scrim_age_x25519_unwrap(&hostile, secret, found), SCRIM_EFORMAT);
    free(args[0]);
    free(args[1]);
}

static void chunks(void)
{
    static const size_t sizes[] = {1, 15, 16, 17, 1000, SCRIM_AGE_CHUNK - 1, SCRIM_AGE_CHUNK};
    static uint8_t plain[SCRIM_AGE_CHUNK], sealed[SCRIM_AGE_SEALED_CHUNK], back[SCRIM_AGE_CHUNK];
    uint8_t key[32];
    randombytes_buf(key, sizeof key);
    randombytes_buf(plain, sizeof plain);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        const size_t count = sizes[i], sealed_count = count + SCRIM_AGE_TAG;
        CHECK_INT(scrim_age_seal_chunk(key, 7, false, plain, count, sealed), 0);
        CHECK_INT(scrim_age_open_chunk(key, 7, false, sealed, sealed_count, back), 0);
        CHECK(memcmp(plain, back, count) == 0);
        CHECK_INT(scrim_age_open_chunk(key, 8, false, sealed, sealed_count, back), SCRIM_EAUTH);
        CHECK_INT(scrim_age_open_chunk(key, 7, true, sealed, sealed_count, back), SCRIM_EAUTH);
        CHECK_INT(scrim_age_open_chunk(key, 7, false, sealed, sealed_count - 1, back), SCRIM_EAUTH);
        sealed[count / 2] ^= 1;
        memset(back, 0xaa, sizeof back);
        CHECK_INT(scrim_age_open_chunk(key, 7, false, sealed, sealed_count, back), SCRIM_EAUTH);
        CHECK(sodium_is_zero(back, count)); // nothing unverified is left behind
    }
}

static void empty_chunks(void)
{
    uint8_t key[32] = {0}, sealed[SCRIM_AGE_TAG], plain[1];
    CHECK_INT(scrim_age_seal_chunk(key, 0, true, NULL, 0, sealed), 0);
    CHECK_INT(scrim_age_open_chunk(key, 0, true, sealed, sizeof sealed, plain), 0);
    CHECK_INT(scrim_age_open_chunk(key, 1, true, sealed, sizeof sealed, plain), SCRIM_EAUTH);
    CHECK_INT(scrim_age_seal_chunk(key, 1, true, NULL, 0, sealed), SCRIM_EINVAL);
    CHECK_INT(scrim_age_seal_chunk(key, 0, false, NULL, 0, sealed), SCRIM_EINVAL);
    CHECK_INT(scrim_age_seal_chunk(key, 0, true, sealed, SCRIM_AGE_CHUNK + 1, sealed),
              SCRIM_EINVAL);
    CHECK_INT(scrim_age_open_chunk(key, 0, true, sealed, SCRIM_AGE_TAG - 1, plain), SCRIM_EAUTH);
}

// The chunk's nonce and key schedule against libsodium's implementation of the same cipher.
static void chunk_against_libsodium(void)
{
    uint8_t key[32], plain[100], sealed[116], expected[116];
    uint8_t nonce[12] = {0, 0, 0, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 1};
    randombytes_buf(key, sizeof key);
    randombytes_buf(plain, sizeof plain);
    CHECK_INT(
        scrim_age_seal_chunk(key, UINT64_C(0x0102030405060708), true, plain, sizeof plain, sealed),
        0);
    crypto_aead_chacha20poly1305_ietf_encrypt(expected, NULL, plain, sizeof plain, NULL, 0, NULL,
                                              nonce, key);
    CHECK(memcmp(sealed, expected, sizeof sealed) == 0);
}

static int fail_nth(void *context, enum scrim_fault_op op, const char *what)
{
    (void)what;
    int *left = context;
    return op == SCRIM_FAULT_ALLOC && (*left)-- == 0 ? ENOMEM : 0;
}

static void out_of_memory(void)
{
    uint8_t secret[32];
    struct scrim_buf text;
    make_header(&text, secret);
    int failures = 0;
    for (int nth = 0;; nth++) {
        struct scrim_age_header header;
        int left = nth;
        scrim_fault_set(fail_nth, &left);
        const int result = scrim_age_header_parse(text.data, text.len, &header, NULL);
        scrim_fault_set(NULL, NULL);
        if (result >= 0) {
            scrim_age_header_finish(&header);
            break;
        }
        CHECK_INT(result, SCRIM_ENOMEM);
        failures++;
    }
    CHECK(failures >= 4);
    scrim_buf_finish(&text);
}

// A pipe that delivers the file byte by byte is a file like any other.
static void decrypt_from_a_slow_pipe(void)
{
    uint8_t secret[32], key[32], nonce[SCRIM_AGE_NONCE] = {9}, sealed[3 + SCRIM_AGE_TAG];
    struct scrim_buf file;
    make_header(&file, secret);
    scrim_age_payload_key(file_key, nonce, key);
    CHECK_INT(scrim_age_seal_chunk(key, 0, true, (const uint8_t *)"age", 3, sealed), 0);
    CHECK_INT(scrim_buf_append(&file, nonce, sizeof nonce), 0);
    CHECK_INT(scrim_buf_append(&file, sealed, sizeof sealed), 0);

    int in[2], out[2];
    REQUIRE(pipe(in) == 0 && pipe(out) == 0);
    fcntl(in[1], F_SETPIPE_SZ, 1 << 16);
    for (size_t i = 0; i < file.len; i++)
        CHECK(write(in[1], file.data + i, 1) == 1);
    close(in[1]);
    struct scrim_error error = {0};
    CHECK_INT(
        scrim_age_decrypt(in[0], out[1], (const uint8_t(*)[32])secret, 1, "pipe", "out", &error),
        0);
    char plain[8] = "";
    CHECK_INT(read(out[0], plain, sizeof plain), 3);
    CHECK_TEXT(plain, "age");
    close(in[0]);
    close(out[0]);
    close(out[1]);
    scrim_buf_finish(&file);
}

static int open_in_memory(const struct scrim_buf *file, size_t count, const uint8_t secret[32],
                          struct scrim_buf *plain)
{
    scrim_buf_clear(plain);
    return scrim_age_open(file->data, count, secret, plain);
}

static void one_file_in_memory(const uint8_t *plain, size_t count)
{
    uint8_t secret[32], other[32] = {1}, recipient[32];
    struct scrim_buf file, found;
    randombytes_buf(secret, sizeof secret);
    CHECK_INT(crypto_scalarmult_base(recipient, secret), 0);
    scrim_buf_init(&file, count + 4096);
    scrim_buf_init(&found, count > 0 ? count : 1); // room for the plaintext, and no more
    CHECK_INT(scrim_age_encrypt(recipient, plain, count, &file), 0);
    CHECK_INT(open_in_memory(&file, file.len, secret, &found), 0);
    CHECK_INT(found.len, count);
    CHECK(count == 0 || memcmp(found.data, plain, count) == 0);
    CHECK_INT(open_in_memory(&file, file.len, other, &found), SCRIM_EAUTH);
    for (size_t less = 1; less < 40 && less < file.len; less++)
        CHECK(open_in_memory(&file, file.len - less, secret, &found) < 0);
    for (size_t at = 0; at < file.len; at += file.len < 300 ? 1 : file.len / 97) {
        file.data[at] ^= 1;
        CHECK(open_in_memory(&file, file.len, secret, &found) < 0);
        file.data[at] ^= 1;
    }
    CHECK_INT(scrim_buf_append_u8(&file, 0), 0);
    CHECK(open_in_memory(&file, file.len, secret, &found) < 0);
    scrim_buf_finish(&file);
    scrim_buf_finish(&found);
}

static void whole_files_in_memory(void)
{
    static const size_t sizes[] = {0,
                                   1,
                                   SCRIM_AGE_CHUNK - 1,
                                   SCRIM_AGE_CHUNK,
                                   SCRIM_AGE_CHUNK + 1,
                                   2 * SCRIM_AGE_CHUNK,
                                   3 * SCRIM_AGE_CHUNK - 17};
    static uint8_t plain[3 * SCRIM_AGE_CHUNK];
    randombytes_buf(plain, sizeof plain);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        one_file_in_memory(plain, sizes[i]);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){
            {"age: first chunk inside the sandbox", first_chunk_inside_the_sandbox},
            {"age: HKDF of RFC 5869", hkdf_of_rfc5869},
            {"age: base64 is canonical", base64_is_canonical},
            {"age: base64 of every byte", base64_of_every_byte},
            {"age: keys of the specification", keys_of_the_specification},
            {"age: keys are written as they are read", keys_are_written_as_they_are_read},
            {"age: wrong keys are refused", keys_refused},
            {"age: whole files in memory", whole_files_in_memory},
            {"age: header roundtrip", header_roundtrip},
            {"age: every prefix asks for more", every_prefix_asks_for_more},
            {"age: every changed byte is noticed", every_changed_byte_is_noticed},
            {"age: an endless header is refused", endless_header},
            {"age: wrong stanzas are not written", wrong_stanzas_are_not_written},
            {"age: bodies of every length", bodies_of_every_length},
            {"age: low-order points", low_order_points},
            {"age: chunks", chunks},
            {"age: empty chunks", empty_chunks},
            {"age: chunk against libsodium", chunk_against_libsodium},
            {"age: out of memory", out_of_memory},
            {"age: decrypt from a slow pipe", decrypt_from_a_slow_pipe},
            {0}});
}
