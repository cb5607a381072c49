// The C side of the comparison with tdh2.py: prints the test vectors, seals a file for Python to
// open, opens one that Python sealed.
//
//     peer vectors      every value of scrim-tdh2 for fixed randomness, as JSON
//     (tests/vectors/scrim-tdh2.json) peer seal DIR     makes vault.json, share-<i>.json, hour.key
//     and sealed.age; the plaintext comes from stdin peer open DIR     opens sealed.age with the
//     first k shares; the plaintext goes to stdout
#include "age/stanza.h"
#include "base/fs.h"
#include "vault/files.h"
#include "vault/polynomial.h"
#include "vault/tdh2_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_MAX (1024 * 1024)

static void require(int result, const struct scrim_error *error)
{
    if (result >= 0)
        return;
    fprintf(stderr, "peer: %s\n", error && error->text[0] ? error->text : scrim_err_text(result));
    exit(1);
}

// --- vectors

static const char *separator = ""; // what stands before the next JSON value

static void open_json(const char *name, char bracket)
{
    printf("%s", separator);
    if (name)
        printf("\"%s\": ", name);
    printf("%c\n", bracket);
    separator = "";
}

static void close_json(char bracket)
{
    printf("\n%c", bracket);
    separator = ",\n";
}

static void put_text(const char *name, const char *text)
{
    printf("%s", separator);
    if (name)
        printf("\"%s\": ", name);
    putchar('"');
    for (; *text; text++)
        if (*text == '\n')
            printf("\\n");
        else
            putchar(*text);
    putchar('"');
    separator = ",\n";
}

static void put_number(const char *name, uint64_t value)
{
    printf("%s\"%s\": %" PRIu64, separator, name, value);
    separator = ",\n";
}

static void put_hex(const char *name, const uint8_t *bytes, size_t count)
{
    char text[2 * 256 + 1];
    put_text(name, sodium_bin2hex(text, sizeof text, bytes, count));
}

// "Random" bytes that anyone can make again: SHA-512 of a name.
static void fixed_bytes(const char *vault, const char *what, unsigned number, uint8_t ret[64])
{
    char name[128];
    const int length =
        snprintf(name, sizeof name, "scrim-tdh2 test vector %s %s %u", vault, what, number);
    crypto_hash_sha512(ret, (const uint8_t *)name, (unsigned long long)length);
}

static void fixed_scalar(const char *vault, const char *what, unsigned number,
                         uint8_t ret[SCALAR_BYTES])
{
    uint8_t wide[64];
    fixed_bytes(vault, what, number, wide);
    crypto_core_ristretto255_scalar_reduce(ret, wide);
}

struct vector {
    const char *name; // of the vault
    unsigned k, n;
    const char *holders[5], *lines[5];
    const unsigned opening[5]; // k indices
    struct scrim_vault_label label;

    uint8_t coefficients[5][SCALAR_BYTES];
    struct scrim_vault vault;
    struct scrim_share shares[5];
    uint8_t hour_key[SCRIM_HOUR_KEY], file_key[SCRIM_AGE_FILE_KEY], request_id[SCRIM_REQUEST_ID];
    uint8_t r[SCALAR_BYTES], s[SCALAR_BYTES];
    struct scrim_tdh2 sealed;
};

static void prepare(struct vector *v)
{
    uint8_t wide[64];
    struct scrim_error error = {0};
    for (unsigned j = 0; j < v->k; j++)
        fixed_scalar(v->name, "coefficient", j, v->coefficients[j]);
    require(scrim_vault_generate_with(v->k, v->n, v->holders, v->lines,
                                      (const uint8_t(*)[SCALAR_BYTES])v->coefficients, &v->vault,
                                      v->shares, &error),
            &error);
    fixed_bytes(v->name, "hour key", 0, wide);
    memcpy(v->hour_key, wide, sizeof v->hour_key);
    fixed_bytes(v->name, "file key", 0, wide);
    memcpy(v->file_key, wide, sizeof v->file_key);
    fixed_bytes(v->name, "request", 0, wide);
    memcpy(v->request_id, wide, sizeof v->request_id);
    fixed_scalar(v->name, "r", 0, v->r);
    fixed_scalar(v->name, "s", 0, v->s);
    require(scrim_tdh2_seal_with(&v->vault, &v->label, v->hour_key, v->file_key, v->r, v->s,
                                 &v->sealed),
            NULL);
}

static void put_vault(const struct vector *v)
{
    open_json("vault", '{');
    put_number("threshold", v->k);
    open_json("names", '[');
    for (unsigned i = 0; i < v->n; i++)
        put_text(NULL, v->vault.names[i]);
    close_json(']');
    open_json("lines", '[');
    for (unsigned i = 0; i < v->n; i++)
        put_text(NULL, v->vault.lines[i]);
    close_json(']');
    open_json("coefficients", '[');
    for (unsigned j = 0; j < v->k; j++)
        put_hex(NULL, v->coefficients[j], SCALAR_BYTES);
    close_json(']');
    open_json("commitments", '[');
    for (unsigned j = 0; j < v->k; j++)
        put_hex(NULL, v->vault.commitments[j], POINT_BYTES);
    close_json(']');
    open_json("shares", '[');
    for (unsigned i = 0; i < v->n; i++)
        put_hex(NULL, v->shares[i].secret, SCALAR_BYTES);
    close_json(']');
    open_json("verify_keys", '[');
    for (unsigned i = 0; i < v->n; i++)
        put_hex(NULL, v->vault.verify_keys[i], POINT_BYTES);
    close_json(']');
    put_hex("public_key", v->vault.public_key, POINT_BYTES);
    put_hex("id", v->vault.id, SCRIM_VAULT_ID);
    put_hex("dealing_id", v->vault.dealing_id, SCRIM_DEALING_ID);
    open_json("sign_keys", '[');
    for (unsigned i = 0; i < v->n; i++)
        put_hex(NULL, v->vault.sign_keys[i], sizeof v->vault.sign_keys[i]);
    close_json(']');
    close_json('}');
}

static void stanza_text(const struct scrim_tdh2 *sealed, char *ret, size_t size)
{
    struct scrim_age_stanza stanza = {0};
    struct scrim_buf text;
    scrim_buf_init(&text, size - 1);
    require(scrim_tdh2_to_stanza(sealed, &stanza), NULL);
    require(scrim_age_stanza_append(&stanza, &text), NULL);
    memcpy(ret, text.data, text.len);
    ret[text.len] = '\0';
    scrim_buf_finish(&text);
    scrim_age_stanza_finish(&stanza);
}

static void put_seal(const struct vector *v)
{
    uint8_t point[POINT_BYTES], wrap_key[32], label[LABEL_MAX];
    size_t label_count;
    char text[1024];
    open_json("seal", '{');
    put_text("site", v->label.site);
    put_text("camera", v->label.camera);
    put_number("start_utc_us", (uint64_t)v->label.start_utc_us);
    put_number("hour", v->label.hour);
    require(scrim_label_encode(&v->label, v->vault.id, label, &label_count), NULL);
    put_hex("L", label, label_count);
    put_hex("hour_key", v->hour_key, sizeof v->hour_key);
    put_hex("file_key", v->file_key, sizeof v->file_key);
    put_hex("r", v->r, SCALAR_BYTES);
    put_hex("s", v->s, SCALAR_BYTES);
    put_hex("U", v->sealed.u, POINT_BYTES);
    put_hex("U_bar", v->sealed.u_bar, POINT_BYTES);
    require(scrim_point_mul(v->s, NULL, point) ? 0 : SCRIM_EINTERNAL, NULL);
    put_hex("W", point, POINT_BYTES);
    require(scrim_point_mul(v->s, scrim_group_second_generator, point) ? 0 : SCRIM_EINTERNAL, NULL);
    put_hex("W_bar", point, POINT_BYTES);
    require(scrim_point_mul(v->r, v->vault.public_key, point) ? 0 : SCRIM_EINTERNAL, NULL);
    put_hex("Z", point, POINT_BYTES);
    require(scrim_tdh2_wrap_key(point, v->hour_key, v->sealed.u, v->vault.id, &v->label, wrap_key),
            NULL);
    put_hex("wrap_key", wrap_key, sizeof wrap_key);
    put_hex("C", v->sealed.c, sizeof v->sealed.c);
    put_hex("e", v->sealed.e, SCALAR_BYTES);
    put_hex("f", v->sealed.f, SCALAR_BYTES);
    stanza_text(&v->sealed, text, sizeof text);
    put_text("stanza", text);
    close_json('}');
}

static void put_partial(const struct vector *v, unsigned index, unsigned which,
                        struct scrim_partial *ret)
{
    uint8_t t[SCALAR_BYTES], point[POINT_BYTES], lambda[SCALAR_BYTES];
    fixed_scalar(v->name, "t", index, t);
    require(scrim_tdh2_partial_with(&v->vault, &v->shares[index - 1], &v->sealed, v->request_id, t,
                                    ret),
            NULL);
    open_json(NULL, '{');
    put_number("index", index);
    put_hex("t", t, SCALAR_BYTES);
    put_hex("U_i", ret->u_i, POINT_BYTES);
    require(scrim_point_mul(t, NULL, point) ? 0 : SCRIM_EINTERNAL, NULL);
    put_hex("R", point, POINT_BYTES);
    require(scrim_point_mul(t, v->sealed.u, point) ? 0 : SCRIM_EINTERNAL, NULL);
    put_hex("R_hat", point, POINT_BYTES);
    put_hex("e_i", ret->e_i, SCALAR_BYTES);
    put_hex("f_i", ret->f_i, SCALAR_BYTES);
    scrim_lagrange_at_zero(v->opening, v->k, which, lambda);
    put_hex("lambda", lambda, SCALAR_BYTES);
    close_json('}');
}

static void put_partials(const struct vector *v)
{
    struct scrim_partial partials[5];
    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    struct scrim_error error = {0};
    put_hex("request_id", v->request_id, SCRIM_REQUEST_ID);
    open_json("partials", '[');
    for (unsigned i = 0; i < v->k; i++)
        put_partial(v, v->opening[i], i, &partials[i]);
    close_json(']');
    require(scrim_tdh2_combine(&v->vault, &v->sealed, v->request_id, partials, v->k, v->hour_key,
                               file_key, &error),
            &error);
    require(memcmp(file_key, v->file_key, sizeof file_key) == 0 ? 0 : SCRIM_EINTERNAL, NULL);
}

static int print_vectors(void)
{
    static struct vector vectors[] = {
        {.name = "2 of 3",
         .k = 2,
         .n = 3,
         .holders = {"anna", "ben", "cléo"},
         .lines = {"harbour office", "town council", ""},
         .opening = {1, 3},
         .label = {.site = "harbour",
                   .camera = "quay",
                   .start_utc_us = INT64_C(1795000000123456),
                   .hour = 498611}},
        {.name = "3 of 5",
         .k = 3,
         .n = 5,
         .holders = {"a", "b", "c", "d", "e"},
         .opening = {5, 2, 4},
         .label = {.site = "abcdefghijklmnopqrstuvwxyz01234",
                   .camera = "a-camera-whose-name-is-31-chars",
                   .start_utc_us = 0,
                   .hour = 0}},
    };
    open_json(NULL, '{');
    put_text("format", "scrim-tdh2/v1 test vectors");
    put_hex("second_generator", scrim_group_second_generator, POINT_BYTES);
    open_json("vectors", '[');
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        prepare(&vectors[i]);
        open_json(NULL, '{');
        put_vault(&vectors[i]);
        put_seal(&vectors[i]);
        put_partials(&vectors[i]);
        close_json('}');
    }
    close_json(']');
    close_json('}');
    putchar('\n');
    return 0;
}

// --- seal and open

static const char *in(const char *dir, const char *format, unsigned number)
{
    static char path[SCRIM_PATH_MAX];
    char name[64];
    if (number > 0)
        snprintf(name, sizeof name, "%s-%u.json", format, number);
    else
        snprintf(name, sizeof name, "%s", format);
    require(scrim_path_join(path, dir, name), NULL);
    return path;
}

static void append_chunks(const uint8_t key[32], const uint8_t *plain, size_t count,
                          struct scrim_buf *out)
{
    bool last;
    uint64_t index = 0;
    do {
        const size_t take = count < SCRIM_AGE_CHUNK ? count : SCRIM_AGE_CHUNK;
        last = take == count;
        require(scrim_buf_reserve(out, take + SCRIM_AGE_TAG), NULL);
        require(scrim_age_seal_chunk(key, index++, last, plain, take, out->data + out->len), NULL);
        out->len += take + SCRIM_AGE_TAG;
        plain += take;
        count -= take;
    } while (!last);
}

static void save(const char *path, const void *bytes, size_t count)
{
    struct scrim_error error = {0};
    require(scrim_fs_create(path, bytes, count, 0600, &error), &error);
}

static void seal_file(const char *dir, const struct scrim_vault *vault)
{
    const struct scrim_vault_label label = {.site = "harbour",
                                            .camera = "quay",
                                            .start_utc_us = INT64_C(1795000000123456),
                                            .hour = 498611};
    uint8_t hour_key[SCRIM_HOUR_KEY], file_key[SCRIM_AGE_FILE_KEY], nonce[SCRIM_AGE_NONCE], key[32];
    static uint8_t plain[PLAIN_MAX];
    randombytes_buf(hour_key, sizeof hour_key);
    randombytes_buf(file_key, sizeof file_key);
    randombytes_buf(nonce, sizeof nonce);
    const size_t count = fread(plain, 1, sizeof plain, stdin);

    struct scrim_age_stanza stanza = {0};
    struct scrim_buf out;
    scrim_buf_init(&out, 2 * PLAIN_MAX);
    require(scrim_tdh2_wrap(vault, &label, hour_key, file_key, &stanza), NULL);
    require(scrim_age_header_write(&stanza, 1, file_key, &out), NULL);
    require(scrim_buf_append(&out, nonce, sizeof nonce), NULL);
    scrim_age_payload_key(file_key, nonce, key);
    append_chunks(key, plain, count, &out);
    save(in(dir, "hour.key", 0), hour_key, sizeof hour_key);
    save(in(dir, "sealed.age", 0), out.data, out.len);
    scrim_buf_finish(&out);
    scrim_age_stanza_finish(&stanza);
}

static int seal(const char *dir)
{
    const char *names[] = {"anna", "ben", "cléo"};
    struct scrim_vault vault;
    struct scrim_share shares[3];
    struct scrim_error error = {0};
    require(scrim_vault_generate(2, 3, names, NULL, &vault, shares, &error), &error);
    require(scrim_vault_save(in(dir, "vault.json", 0), &vault, &error), &error);
    for (unsigned i = 0; i < 3; i++)
        require(scrim_share_save(in(dir, "share", i + 1), &shares[i], NULL, &error), &error);
    seal_file(dir, &vault);
    return 0;
}

static void unwrap(const char *dir, const struct scrim_age_header *header,
                   uint8_t ret_file_key[SCRIM_AGE_FILE_KEY])
{
    struct scrim_vault vault;
    struct scrim_tdh2 sealed;
    struct scrim_partial partials[SCRIM_VAULT_HOLDERS_MAX];
    struct scrim_error error = {0};
    struct scrim_buf hour_key;
    const uint8_t request_id[SCRIM_REQUEST_ID] = {1};
    require(scrim_vault_load(in(dir, "vault.json", 0), &vault, &error), &error);
    require(scrim_tdh2_parse(&header->stanzas[0], &sealed, &error), &error);
    scrim_buf_init(&hour_key, SCRIM_HOUR_KEY);
    require(scrim_fs_read(in(dir, "hour.key", 0), &hour_key, &error), &error);
    for (unsigned i = 0; i < vault.threshold; i++) {
        struct scrim_share share;
        require(scrim_share_load(in(dir, "share", i + 1), NULL, &share, &error), &error);
        require(scrim_tdh2_partial(&vault, &share, &sealed, request_id, &partials[i], &error),
                &error);
    }
    require(scrim_tdh2_combine(&vault, &sealed, request_id, partials, vault.threshold,
                               hour_key.data, ret_file_key, &error),
            &error);
    require(scrim_age_header_verify(header, ret_file_key), NULL);
    scrim_buf_finish(&hour_key);
}

static void print_chunks(const uint8_t key[32], struct scrim_reader *reader)
{
    static uint8_t plain[SCRIM_AGE_CHUNK];
    for (uint64_t index = 0; reader->left > 0; index++) {
        const size_t take =
            reader->left < SCRIM_AGE_SEALED_CHUNK ? reader->left : SCRIM_AGE_SEALED_CHUNK;
        const uint8_t *sealed = scrim_read_view(reader, take);
        require(scrim_age_open_chunk(key, index, reader->left == 0, sealed, take, plain), NULL);
        fwrite(plain, 1, take - SCRIM_AGE_TAG, stdout);
    }
}

static int open_sealed(const char *dir)
{
    struct scrim_buf file;
    struct scrim_age_header header;
    struct scrim_error error = {0};
    uint8_t file_key[SCRIM_AGE_FILE_KEY], nonce[SCRIM_AGE_NONCE], key[32];
    scrim_buf_init(&file, 2 * PLAIN_MAX);
    require(scrim_fs_read(in(dir, "sealed.age", 0), &file, &error), &error);
    require(scrim_age_header_parse(file.data, file.len, &header, &error), &error);
    unwrap(dir, &header, file_key);
    struct scrim_reader reader =
        scrim_reader_of(file.data + header.length, file.len - header.length);
    require(scrim_read_bytes(&reader, nonce, sizeof nonce) ? 0 : SCRIM_EFORMAT, NULL);
    scrim_age_payload_key(file_key, nonce, key);
    print_chunks(key, &reader);
    scrim_age_header_finish(&header);
    scrim_buf_finish(&file);
    return fflush(stdout) != 0;
}

static int check(const char *dir)
{
    struct scrim_buf file;
    struct scrim_age_header header;
    struct scrim_vault vault;
    struct scrim_tdh2 sealed;
    struct scrim_error error = {0};
    require(scrim_vault_load(in(dir, "vault.json", 0), &vault, &error), &error);
    scrim_buf_init(&file, SCRIM_AGE_HEADER_MAX);
    require(scrim_fs_read(in(dir, "header", 0), &file, &error), &error);
    require(scrim_age_header_parse(file.data, file.len, &header, &error), &error);
    require(scrim_tdh2_parse(&header.stanzas[0], &sealed, &error), &error);
    require(scrim_tdh2_check(&vault, &sealed, &error), &error);
    scrim_age_header_finish(&header);
    scrim_buf_finish(&file);
    return 0;
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    if (argc == 2 && strcmp(argv[1], "vectors") == 0)
        return print_vectors();
    if (argc == 3 && strcmp(argv[1], "seal") == 0)
        return seal(argv[2]);
    if (argc == 3 && strcmp(argv[1], "open") == 0)
        return open_sealed(argv[2]);
    if (argc == 3 && strcmp(argv[1], "check") == 0)
        return check(argv[2]);
    fprintf(stderr, "usage: peer vectors | seal DIR | open DIR | check DIR\n");
    return 2;
}
