// scrim bench vault: what sealing and opening one segment costs, beside the primitives it is made
// of. One thread, median of batches, in µs.
#include "base/clock.h"
#include "base/fs.h"
#include "base/opt.h"
#include "cli/bench.h"
#include "cli/commands.h"
#include "vault/vault.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCHES 21
#define HOLDERS 5
#define THRESHOLD 3

struct scene {
    struct scrim_vault vault;
    struct scrim_share shares[HOLDERS];
    struct scrim_vault_label label;
    struct scrim_tdh2 sealed;
    struct scrim_partial partials[HOLDERS];
    uint8_t hour_key[SCRIM_HOUR_KEY], file_key[SCRIM_AGE_FILE_KEY], request_id[SCRIM_REQUEST_ID];
    uint8_t scalar[32], point[32];
    uint8_t plain[SCRIM_AGE_CHUNK], sealed_chunk[SCRIM_AGE_SEALED_CHUNK];
};

static int run_base(struct scene *s)
{
    return crypto_scalarmult_ristretto255_base(s->point, s->scalar) == 0 ? SCRIM_OK
                                                                         : SCRIM_EINTERNAL;
}

static int run_multiply(struct scene *s)
{
    uint8_t out[32];
    return crypto_scalarmult_ristretto255(out, s->scalar, s->vault.public_key) == 0
               ? SCRIM_OK
               : SCRIM_EINTERNAL;
}

static int run_hash(struct scene *s)
{
    uint8_t digest[crypto_hash_sha512_BYTES];
    return crypto_hash_sha512(digest, s->plain, 256) == 0 ? SCRIM_OK : SCRIM_EINTERNAL;
}

static int run_wrap(struct scene *s)
{
    struct scrim_age_stanza stanza = {0};
    const int result = scrim_tdh2_wrap(&s->vault, &s->label, s->hour_key, s->file_key, &stanza);
    scrim_age_stanza_finish(&stanza);
    return result;
}

static int run_check(struct scene *s)
{
    return scrim_tdh2_check(&s->vault, &s->sealed, NULL);
}

static int run_partial(struct scene *s)
{
    return scrim_tdh2_partial(&s->vault, &s->shares[0], &s->sealed, s->request_id, &s->partials[0],
                              NULL);
}

static int run_verify(struct scene *s)
{
    return scrim_partial_verify(&s->vault, &s->sealed, s->request_id, &s->partials[1], NULL);
}

static int run_combine(struct scene *s)
{
    uint8_t file_key[SCRIM_AGE_FILE_KEY];
    return scrim_tdh2_combine(&s->vault, &s->sealed, s->request_id, s->partials, THRESHOLD,
                              s->hour_key, file_key, NULL);
}

static int run_chunk(struct scene *s)
{
    return scrim_age_seal_chunk(s->hour_key, 0, false, s->plain, sizeof s->plain, s->sealed_chunk);
}

static int run_chunk_sodium(struct scene *s)
{
    static const uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    return crypto_aead_chacha20poly1305_ietf_encrypt(s->sealed_chunk, NULL, s->plain,
                                                     sizeof s->plain, NULL, 0, NULL, nonce,
                                                     s->hour_key) == 0
               ? SCRIM_OK
               : SCRIM_EINTERNAL;
}

static const struct {
    const char *key, *about; // member of the JSON, line of the table
    int (*run)(struct scene *scene);
    unsigned batch; // runs per batch
} measures[] = {
    {"base_multiply_us", "scalar times base point (libsodium)", run_base, 200},
    {"multiply_us", "scalar times point (libsodium)", run_multiply, 100},
    {"sha512_us", "SHA-512 of 256 bytes (libsodium)", run_hash, 2000},
    {"wrap_us", "seal a file key: 2 base, 3 point", run_wrap, 50},
    {"check_us", "check a seal: 1 base, 3 point", run_check, 50},
    {"partial_us", "a holder's part: its share, the seal, 2 base, 2 point", run_partial, 50},
    {"verify_us", "verify one part: 1 base, 3 point", run_verify, 50},
    {"combine_us", "open with 3 parts: seal and parts verified, 3 point", run_combine, 20},
    {"chunk_us", "seal a 64 KiB chunk", run_chunk, 50},
    {"chunk_libsodium_us", "the same with libsodium's cipher", run_chunk_sodium, 50},
};
#define MEASURES (sizeof measures / sizeof measures[0])

static int set_scene(struct scene *s, struct scrim_error *error)
{
    static const char *const names[HOLDERS] = {"a", "b", "c", "d", "e"};
    struct scrim_age_stanza stanza = {0};
    s->label = (struct scrim_vault_label){.site = "bench", .camera = "camera"};
    crypto_core_ristretto255_scalar_random(s->scalar);
    randombytes_buf(s->plain, sizeof s->plain);
    int result = scrim_vault_generate(THRESHOLD, HOLDERS, names, NULL, &s->vault, s->shares, error);
    if (result >= 0)
        result = scrim_tdh2_wrap(&s->vault, &s->label, s->hour_key, s->file_key, &stanza);
    if (result >= 0)
        result = scrim_tdh2_parse(&stanza, &s->sealed, error);
    for (unsigned i = 0; i < HOLDERS && result >= 0; i++)
        result = scrim_tdh2_partial(&s->vault, &s->shares[i], &s->sealed, s->request_id,
                                    &s->partials[i], error);
    scrim_age_stanza_finish(&stanza);
    return result;
}

static int compare_times(const void *a, const void *b)
{
    const double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static int measure(struct scene *scene, size_t which, double *ret_us, struct scrim_error *error)
{
    double times[BATCHES];
    for (size_t batch = 0; batch < BATCHES; batch++) {
        const int64_t start = scrim_clock_mono_us();
        for (unsigned i = 0; i < measures[which].batch; i++) {
            const int result = measures[which].run(scene);
            if (result < 0)
                return scrim_fail(error, result, "%s: %s", measures[which].about,
                                  scrim_err_text(result));
        }
        times[batch] = (double)(scrim_clock_mono_us() - start) / measures[which].batch;
    }
    qsort(times, BATCHES, sizeof times[0], compare_times);
    *ret_us = times[BATCHES / 2];
    return SCRIM_OK;
}

static int measure_all(struct scene *scene, struct scrim_buf *json, struct scrim_error *error)
{
    int result = set_scene(scene, error);
    if (result >= 0)
        result = scrim_buf_append_text(json, "{");
    for (size_t i = 0; i < MEASURES && result >= 0; i++) {
        double us = 0;
        result = measure(scene, i, &us, error);
        if (result < 0)
            break;
        printf("%9.2f µs  %s\n", us, measures[i].about);
        result =
            scrim_buf_printf(json, "%s\n  \"%s\": %.3f", i > 0 ? "," : "", measures[i].key, us);
    }
    return result < 0 ? result : scrim_buf_append_text(json, "\n}\n");
}

struct args {
    const char *out;
};

static const struct scrim_opt options[] = {
    {"out", 0, SCRIM_OPT_TEXT, offsetof(struct args, out), "FILE",
     "also write the figures as flat JSON", 0, 0},
    {0},
};

int scrim_bench_vault(int argc, char **argv)
{
    static const struct scrim_opt_spec spec = {
        "scrim bench vault [--out FILE]",
        "Measures sealing and opening of one segment key, 3 of 5 holders.", options, 0, 0};
    static struct scene scene;
    struct args args = {0};
    const char *positionals[1];
    struct scrim_error error = {0};
    int result = scrim_opt_parse(&spec, argc, argv, &args, positionals, &error);
    if (result < 0)
        return scrim_cmd_usage("bench vault", result, &error);

    struct scrim_buf json;
    scrim_buf_init(&json, 8192);
    result = measure_all(&scene, &json, &error);
    if (result < 0 && error.code == SCRIM_OK)
        scrim_fail(&error, result, "%s", scrim_err_text(result));
    if (result >= 0 && args.out)
        result = scrim_fs_replace(args.out, json.data, json.len, 0644, &error);
    scrim_buf_finish(&json);
    sodium_memzero(&scene, sizeof scene);
    return result < 0 ? scrim_cmd_failed("bench vault", &error) : 0;
}
