// The vault: who can open, who cannot, and what is refused. Values are compared with an independent
// implementation in tests/verify/tdh2.py.
#include "age/stanza.h"
#include "base/alloc.h"
#include "base/fault.h"
#include "base/fs.h"
#include "vault/dealing.h"
#include "vault/files.h"
#include "vault/polynomial.h"
#include "vault/tdh2_impl.h"

#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <sys/stat.h>

#include "test.h"

static const uint8_t file_key[SCRIM_AGE_FILE_KEY] = "YELLOW SUBMARINE";
static const uint8_t hour_key[SCRIM_HOUR_KEY] = {1, 2, 3};
static const uint8_t request_id[SCRIM_REQUEST_ID] = {4, 5, 6};
static const char *const names[] = {"anna", "ben", "cléo", "dora", "emil"};
static const struct scrim_vault_label quay = {
    .site = "harbour", .camera = "quay", .start_utc_us = INT64_C(1795000000123456), .hour = 498611};

// A vault with one sealed segment.
struct scene {
    struct scrim_vault vault;
    struct scrim_share shares[5];
    struct scrim_tdh2 sealed;
    struct scrim_partial partials[5]; // of every holder
};

static struct scrim_tdh2 seal(const struct scrim_vault *vault,
                              const struct scrim_vault_label *label)
{
    struct scrim_age_stanza stanza = {0};
    struct scrim_tdh2 sealed = {0};
    CHECK_INT(scrim_tdh2_wrap(vault, label, hour_key, file_key, &stanza), 0);
    CHECK_INT(scrim_tdh2_parse(&stanza, &sealed, NULL), 0);
    scrim_age_stanza_finish(&stanza);
    return sealed;
}

static void set(struct scene *scene, unsigned k, unsigned n)
{
    struct scrim_error error = {0};
    CHECK_INT(scrim_vault_generate(k, n, names, NULL, &scene->vault, scene->shares, &error), 0);
    scene->sealed = seal(&scene->vault, &quay);
    for (unsigned i = 0; i < n; i++)
        CHECK_INT(scrim_tdh2_partial(&scene->vault, &scene->shares[i], &scene->sealed, request_id,
                                     &scene->partials[i], &error),
                  0);
}

static int combine(const struct scene *scene, const struct scrim_partial *partials, size_t count,
                   struct scrim_error *error)
{
    uint8_t found[SCRIM_AGE_FILE_KEY] = {0};
    const int result = scrim_tdh2_combine(&scene->vault, &scene->sealed, request_id, partials,
                                          count, hour_key, found, error);
    if (result >= 0)
        CHECK(memcmp(found, file_key, sizeof found) == 0);
    else
        CHECK(sodium_is_zero(found, sizeof found));
    return result;
}

static void second_generator(void)
{
    static const char text[] = "scrim-tdh2/v1 second generator";
    uint8_t digest[64], point[POINT_BYTES];
    crypto_hash_sha512(digest, (const uint8_t *)text, sizeof text - 1);
    crypto_core_ristretto255_from_hash(point, digest);
    CHECK(memcmp(point, scrim_group_second_generator, sizeof point) == 0);
}

static void any_k_open(void)
{
    struct scene scene;
    set(&scene, 3, 5);
    for (unsigned a = 0; a < 5; a++)
        for (unsigned b = 0; b < 5; b++)
            for (unsigned c = 0; c < 5; c++) {
                const struct scrim_partial three[] = {scene.partials[a], scene.partials[b],
                                                      scene.partials[c]};
                const bool distinct = a != b && b != c && a != c;
                CHECK_INT(combine(&scene, three, 3, NULL), distinct ? 0 : SCRIM_EINVAL);
            }
    CHECK_INT(combine(&scene, scene.partials, 5, NULL), 0);
}

static void fewer_do_not(void)
{
    struct scene scene;
    struct scrim_error error = {0};
    set(&scene, 3, 5);
    CHECK_INT(combine(&scene, scene.partials, 2, &error), SCRIM_EACCESS);
    CHECK_TEXT(error.text, "3 holders must agree, only 2 did");
    CHECK_INT(combine(&scene, scene.partials, 0, &error), SCRIM_EACCESS);
    const struct scrim_partial twice[] = {scene.partials[1], scene.partials[1], scene.partials[2]};
    CHECK_INT(combine(&scene, twice, 3, &error), SCRIM_EINVAL);
    CHECK_TEXT(error.text, "holder 2 (ben) is given twice");
}

static void foreign_index(void)
{
    struct scene scene;
    struct scrim_error error = {0};
    set(&scene, 2, 3);
    static const unsigned indices[] = {0, 4, 64, 65, 4000000000U};
    for (size_t i = 0; i < sizeof indices / sizeof indices[0]; i++) {
        struct scrim_partial two[] = {scene.partials[0], scene.partials[1]};
        two[1].index = indices[i];
        CHECK_INT(combine(&scene, two, 2, &error), SCRIM_EINVAL);
    }
    struct scrim_partial renamed[] = {scene.partials[0], scene.partials[1]};
    renamed[1].index = 3; // another holder's name on it
    CHECK_INT(combine(&scene, renamed, 2, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "holder 3 (cléo)"));
}

static void a_liar_is_named(void)
{
    struct scene scene;
    set(&scene, 2, 3);
    for (unsigned field = 0; field < 3; field++) {
        struct scrim_partial two[] = {scene.partials[0], scene.partials[1]};
        uint8_t *fields[] = {two[1].u_i, two[1].e_i, two[1].f_i};
        struct scrim_error error = {0};
        // Valid encodings all: only the proof can tell.
        memcpy(fields[field], field == 0 ? scene.partials[2].u_i : scene.shares[2].secret, 32);
        CHECK_INT(combine(&scene, two, 2, &error), SCRIM_EAUTH);
        CHECK(strstr(error.text, "holder 2 (ben)"));
    }
    // Also one more than needed: a lie is not passed over because the others would do.
    struct scrim_partial three[] = {scene.partials[0], scene.partials[1], scene.partials[2]};
    memcpy(three[2].u_i, scene.partials[0].u_i, 32);
    CHECK_INT(combine(&scene, three, 3, NULL), SCRIM_EAUTH);
}

static void replayed_partials(void)
{
    struct scene scene;
    struct scrim_error error = {0};
    const uint8_t other_request[SCRIM_REQUEST_ID] = {9};
    set(&scene, 2, 3);
    struct scrim_tdh2 other = seal(&scene.vault, &quay);
    CHECK_INT(
        scrim_partial_verify(&scene.vault, &scene.sealed, request_id, &scene.partials[0], &error),
        0);
    CHECK_INT(scrim_partial_verify(&scene.vault, &other, request_id, &scene.partials[0], &error),
              SCRIM_EAUTH);
    CHECK_INT(scrim_partial_verify(&scene.vault, &scene.sealed, other_request, &scene.partials[0],
                                   &error),
              SCRIM_EAUTH);
}

static void wrong_points_and_scalars_in_a_partial(void)
{
    static const uint8_t identity[32];
    uint8_t q[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                     0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    uint8_t ones[32];
    memset(ones, 0xff, sizeof ones);
    const uint8_t *const bad[] = {identity, q, ones};
    struct scene scene;
    set(&scene, 2, 3);
    for (size_t i = 0; i < 3; i++)
        for (unsigned field = 0; field < 3; field++) {
            struct scrim_partial partial = scene.partials[0];
            uint8_t *fields[] = {partial.u_i, partial.e_i, partial.f_i};
            memcpy(fields[field], bad[i], 32);
            CHECK_INT(scrim_partial_verify(&scene.vault, &scene.sealed, request_id, &partial, NULL),
                      SCRIM_EAUTH);
        }
    CHECK(!scrim_scalar_valid(q));
    q[0]--;
    CHECK(scrim_scalar_valid(q)); // q - 1
    CHECK(!scrim_point_valid(identity) && !scrim_point_valid(ones));
}

static void wrong_hour_keys(void)
{
    struct scene scene;
    struct scrim_error error = {0};
    uint8_t found[SCRIM_AGE_FILE_KEY], wrong[SCRIM_HOUR_KEY];
    set(&scene, 2, 3);
    for (size_t bit = 0; bit < 8 * sizeof wrong; bit += 37) {
        memcpy(wrong, hour_key, sizeof wrong);
        wrong[bit / 8] ^= (uint8_t)(1U << bit % 8);
        CHECK_INT(scrim_tdh2_combine(&scene.vault, &scene.sealed, request_id, scene.partials, 2,
                                     wrong, found, &error),
                  SCRIM_EAUTH);
    }
    CHECK(strstr(error.text, "hour key"));
}

static void another_vault(void)
{
    struct scene scene, stranger;
    struct scrim_partial partial;
    struct scrim_error error = {0};
    set(&scene, 2, 3);
    set(&stranger, 2, 3);
    CHECK_INT(scrim_tdh2_check(&stranger.vault, &scene.sealed, &error), SCRIM_EAUTH);
    CHECK_INT(scrim_share_check(&stranger.vault, &scene.shares[0], &error), SCRIM_EAUTH);
    CHECK_TEXT(error.text, "the share of anna is for another vault");
    CHECK_INT(scrim_tdh2_partial(&scene.vault, &stranger.shares[0], &scene.sealed, request_id,
                                 &partial, &error),
              SCRIM_EAUTH);
    CHECK_INT(scrim_tdh2_partial(&stranger.vault, &stranger.shares[0], &scene.sealed, request_id,
                                 &partial, &error),
              SCRIM_EAUTH);
    // A stranger's share that claims to be ours.
    struct scrim_share forged = stranger.shares[0];
    memcpy(forged.vault_id, scene.vault.id, SCRIM_VAULT_ID);
    CHECK_INT(scrim_share_check(&scene.vault, &forged, &error), SCRIM_EAUTH);
    forged = scene.shares[0];
    forged.index = 2;
    CHECK_INT(scrim_share_check(&scene.vault, &forged, &error), SCRIM_EAUTH);
    forged.index = 0;
    CHECK_INT(scrim_share_check(&scene.vault, &forged, &error), SCRIM_EAUTH);
    forged = scene.shares[0];
    memset(forged.secret, 0, sizeof forged.secret);
    CHECK_INT(scrim_share_check(&scene.vault, &forged, &error), SCRIM_EAUTH);
}

static void any_changed_byte_of_a_seal(void)
{
    struct scene scene;
    set(&scene, 2, 3);
    uint8_t *fields[] = {scene.sealed.vault_id, scene.sealed.u, scene.sealed.u_bar,
                         scene.sealed.e,        scene.sealed.f, scene.sealed.c};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        for (size_t at = 0; at < (i == 0 ? 16U : 32U); at++) {
            fields[i][at] ^= 0x10;
            CHECK_INT(scrim_tdh2_check(&scene.vault, &scene.sealed, NULL), SCRIM_EAUTH);
            fields[i][at] ^= 0x10;
        }
    CHECK_INT(scrim_tdh2_check(&scene.vault, &scene.sealed, NULL), 0);
    struct scrim_tdh2 moved = scene.sealed;
    snprintf(moved.label.camera, sizeof moved.label.camera, "gate");
    CHECK_INT(scrim_tdh2_check(&scene.vault, &moved, NULL), SCRIM_EAUTH);
    moved = scene.sealed;
    moved.label.start_utc_us++;
    CHECK_INT(scrim_tdh2_check(&scene.vault, &moved, NULL), SCRIM_EAUTH);
}

static void labels(void)
{
    static const struct {
        struct scrim_vault_label label;
        int result;
    } cases[] = {
        {{"a", "b", 0, 0}, 0},
        {{"a", "b", INT64_C(3599999999), 0}, 0},
        {{"a", "b", INT64_C(3600000000), 1}, 0},
        {{"a", "b", INT64_MAX, 2562047788}, 0},
        {{"a", "b", INT64_C(3600000000), 0}, SCRIM_EINVAL},
        {{"a", "b", 0, 1}, SCRIM_EINVAL},
        {{"a", "b", -1, 0}, SCRIM_EINVAL},
        {{"", "b", 0, 0}, SCRIM_EINVAL},
        {{"a", "", 0, 0}, SCRIM_EINVAL},
        {{"A", "b", 0, 0}, SCRIM_EINVAL},
        {{"a", "b/c", 0, 0}, SCRIM_EINVAL},
        {{"a", "\xc3\xa9", 0, 0}, SCRIM_EINVAL},
        {{"abcdefghijklmnopqrstuvwxyz01234", "b", 0, 0}, 0},
    };
    const uint8_t vault_id[SCRIM_VAULT_ID] = {7};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[LABEL_MAX], id[SCRIM_VAULT_ID];
        size_t count;
        struct scrim_vault_label back;
        CHECK_INT(scrim_label_encode(&cases[i].label, vault_id, bytes, &count), cases[i].result);
        if (cases[i].result < 0)
            continue;
        CHECK_INT(scrim_label_decode(bytes, count, &back, id), 0);
        CHECK(memcmp(&back, &cases[i].label, sizeof back) == 0 && id[0] == 7);
        for (size_t less = 0; less < count; less++)
            CHECK_INT(scrim_label_decode(bytes, less, &back, id), SCRIM_EFORMAT);
    }
    struct scrim_vault_label unterminated = quay;
    memset(unterminated.site, 'a', sizeof unterminated.site);
    uint8_t bytes[LABEL_MAX];
    size_t count;
    CHECK_INT(scrim_label_encode(&unterminated, vault_id, bytes, &count), SCRIM_EINVAL);
}

static void impossible_vaults(void)
{
    static const char *const bad_names[][2] = {
        {"anna", "anna"},     {"", "ben"},       {"a/b", "ben"},           {"tab\t", "ben"},
        {"anna", "\xff\xfe"}, {"..", "ben"},     {"anna", "\xed\xa0\x80"}, {"\xc0\xaf", "ben"},
        {"anna", "\xe2\x82"}, {"new\nline", "b"}};
    static const struct {
        unsigned k, n;
    } sizes[] = {{0, 3}, {1, 3}, {4, 3}, {2, 0}, {2, 1}, {2, 65}, {65, 65}};
    struct scrim_vault vault;
    struct scrim_share shares[5];
    struct scrim_error error = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        CHECK_INT(scrim_vault_generate(sizes[i].k, sizes[i].n, names, NULL, &vault, shares, &error),
                  SCRIM_EINVAL);
    for (size_t i = 0; i < sizeof bad_names / sizeof bad_names[0]; i++)
        CHECK_INT(scrim_vault_generate(2, 2, bad_names[i], NULL, &vault, shares, &error),
                  SCRIM_EINVAL);
    char longest[65];
    memset(longest, 'x', sizeof longest - 1);
    longest[64] = '\0';
    const char *const two[] = {longest, "ben"};
    CHECK_INT(scrim_vault_generate(2, 2, two, NULL, &vault, shares, &error), SCRIM_EINVAL);
    longest[63] = '\0';
    CHECK_INT(scrim_vault_generate(2, 2, two, NULL, &vault, shares, &error), 0);
}

static void the_largest_vault(void)
{
    static char texts[SCRIM_VAULT_HOLDERS_MAX][64];
    static const char *many[SCRIM_VAULT_HOLDERS_MAX];
    static struct scrim_vault vault, again;
    static struct scrim_share shares[SCRIM_VAULT_HOLDERS_MAX];
    static struct scrim_partial partials[SCRIM_VAULT_HOLDERS_MAX];
    char dir[256], path[300];
    for (unsigned i = 0; i < SCRIM_VAULT_HOLDERS_MAX; i++) {
        snprintf(texts[i], sizeof texts[i], "\"\\%061u", i); // the longest a name can be in JSON
        many[i] = texts[i];
    }
    REQUIRE(scrim_vault_generate(64, 64, many, NULL, &vault, shares, NULL) == 0);
    test_make_dir(dir);
    snprintf(path, sizeof path, "%s/vault.json", dir);
    CHECK_INT(scrim_vault_save(path, &vault, NULL), 0);
    CHECK_INT(scrim_vault_load(path, &again, NULL), 0);
    CHECK(memcmp(&vault, &again, sizeof vault) == 0);
    const struct scrim_tdh2 sealed = seal(&vault, &quay);
    for (unsigned i = 0; i < SCRIM_VAULT_HOLDERS_MAX; i++)
        CHECK_INT(scrim_tdh2_partial(&vault, &shares[i], &sealed, request_id, &partials[i], NULL),
                  0);
    uint8_t found[SCRIM_AGE_FILE_KEY];
    CHECK_INT(scrim_tdh2_combine(&vault, &sealed, request_id, partials, 63, hour_key, found, NULL),
              SCRIM_EACCESS);
    CHECK_INT(scrim_tdh2_combine(&vault, &sealed, request_id, partials, 64, hour_key, found, NULL),
              0);
    CHECK(memcmp(found, file_key, sizeof found) == 0);
    test_remove_dir(dir);
}

// Whatever single byte of a file is changed: refused, or it means exactly the same (white space).
static void changed_bytes(const struct scrim_buf *file, bool is_vault, const void *expected)
{
    static struct scrim_vault vault;
    struct scrim_share share;
    for (size_t at = 0; at < file->len; at++)
        for (unsigned mask = 1; mask < 256; mask <<= 1) {
            file->data[at] ^= (uint8_t)mask;
            const int result = is_vault
                                   ? scrim_vault_parse(file->data, file->len, &vault, NULL)
                                   : scrim_share_parse(file->data, file->len, NULL, &share, NULL);
            if (result >= 0)
                CHECK(memcmp(expected, is_vault ? (void *)&vault : (void *)&share,
                             is_vault ? sizeof vault : sizeof share) == 0);
            else
                CHECK_INT(result, SCRIM_EFORMAT);
            file->data[at] ^= (uint8_t)mask;
        }
}

static void read_file(const char *path, struct scrim_buf *ret)
{
    scrim_buf_init(ret, 65536);
    CHECK_INT(scrim_fs_read(path, ret, NULL), 0);
}

static void vault_file(void)
{
    char dir[256], path[300];
    struct scene scene;
    static struct scrim_vault again;
    struct scrim_error error = {0};
    struct scrim_buf file;
    set(&scene, 2, 3);
    test_make_dir(dir);
    snprintf(path, sizeof path, "%s/vault.json", dir);
    CHECK_INT(scrim_vault_load(path, &again, &error), SCRIM_ENOENT);
    CHECK_INT(scrim_vault_save(path, &scene.vault, &error), 0);
    CHECK_INT(scrim_vault_save(path, &scene.vault, &error), SCRIM_EEXIST); // never replaced
    CHECK_INT(scrim_vault_load(path, &again, &error), 0);
    CHECK(memcmp(&again, &scene.vault, sizeof again) == 0);
    read_file(path, &file);
    changed_bytes(&file, true, &scene.vault);
    for (size_t less = 0; less + 2 < file.len; less++)
        CHECK_INT(scrim_vault_parse(file.data, less, &again, NULL), SCRIM_EFORMAT);
    scrim_buf_finish(&file);
    test_remove_dir(dir);
}

// Consistent on the outside, wrong inside: a dealer or an editor who wants other keys trusted.
static void forged_vaults(void)
{
    struct scene scene, stranger;
    set(&scene, 2, 3);
    set(&stranger, 2, 3);
    for (unsigned change = 0; change < 5; change++) {
        struct scrim_vault forged = scene.vault;
        switch (change) {
        case 0: memcpy(forged.public_key, stranger.vault.public_key, 32); break;
        case 1: memcpy(forged.verify_keys[1], stranger.vault.verify_keys[1], 32); break;
        case 2: memcpy(forged.commitments[1], stranger.vault.commitments[1], 32); break;
        case 3: memset(forged.commitments[1], 0, 32); break;
        case 4: snprintf(forged.names[0], sizeof forged.names[0], "mallory"); break;
        }
        if (change < 4) {
            scrim_vault_compute_id(&forged, forged.id);
            scrim_vault_compute_dealing_id(&forged, forged.dealing_id);
        }
        CHECK_INT(scrim_vault_validate(&forged, NULL), SCRIM_EINVAL);
    }
    CHECK_INT(scrim_vault_validate(&scene.vault, NULL), 0);
}

static void protected_share(void)
{
    char dir[256], path[300];
    struct scene scene;
    struct scrim_share share;
    struct scrim_error error = {0};
    struct stat status;
    struct scrim_share_info info;
    set(&scene, 2, 3);
    test_make_dir(dir);
    snprintf(path, sizeof path, "%s/share.json", dir);
    CHECK_INT(scrim_share_save(path, &scene.shares[2], "correct horse", &error), 0);
    CHECK_INT(scrim_share_save(path, &scene.shares[2], "correct horse", &error), SCRIM_EEXIST);
    CHECK(stat(path, &status) == 0 && (status.st_mode & 0777) == 0600);
    CHECK_INT(scrim_share_describe(path, &info, &error), 0);
    CHECK_INT(info.protection, SCRIM_SHARE_PASSPHRASE);
    CHECK_INT(scrim_share_load(path, "correct horse", &share, &error), 0);
    CHECK(memcmp(&share, &scene.shares[2], sizeof share) == 0);
    CHECK_INT(scrim_share_load(path, "correct horsf", &share, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "wrong passphrase for the share of cléo"));
    CHECK_INT(scrim_share_load(path, "", &share, &error), SCRIM_EAUTH);
    CHECK_INT(scrim_share_load(path, NULL, &share, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "needs its passphrase"));

    // Damage is told from a wrong passphrase: without spending Argon2id on it.
    struct scrim_buf file;
    read_file(path, &file);
    char *sealed = memmem(file.data, file.len, "\"sealed\": \"", 11);
    REQUIRE(sealed);
    sealed[20] = sealed[20] == '0' ? '1' : '0';
    CHECK_INT(scrim_share_parse(file.data, file.len, "correct horse", &share, &error),
              SCRIM_EFORMAT);
    CHECK(strstr(error.text, "damaged"));
    scrim_buf_finish(&file);
    test_remove_dir(dir);
}

static void unprotected_share(void)
{
    char dir[256], path[300];
    struct scene scene;
    struct scrim_share share;
    struct scrim_error error = {0};
    struct scrim_buf file;
    struct scrim_share_info info;
    set(&scene, 2, 3);
    test_make_dir(dir);
    snprintf(path, sizeof path, "%s/share.json", dir);
    CHECK_INT(scrim_share_save(path, &scene.shares[0], NULL, &error), 0);
    CHECK_INT(scrim_share_describe(path, &info, &error), 0);
    CHECK_INT(info.protection, SCRIM_SHARE_BARE);
    CHECK_INT(scrim_share_load(path, NULL, &share, &error), 0);
    CHECK(memcmp(&share, &scene.shares[0], sizeof share) == 0);
    read_file(path, &file);
    CHECK(memmem(file.data, file.len, "\"protection\": \"none\"", 20));
    changed_bytes(&file, false, &scene.shares[0]);
    for (size_t less = 0; less + 2 < file.len; less++)
        CHECK_INT(scrim_share_parse(file.data, less, NULL, &share, NULL), SCRIM_EFORMAT);
    scrim_buf_finish(&file);
    test_remove_dir(dir);
}

// jansson's memory, looked through before it is given back.
static char watched_digits[65];
static unsigned watched_blocks, watched_finds;

static void *watched_malloc(size_t size)
{
    size_t *block = scrim_alloc(sizeof(max_align_t) + size);
    if (!block)
        return NULL;
    *block = size;
    return (char *)block + sizeof(max_align_t);
}

static void watched_free(void *at)
{
    if (!at)
        return;
    size_t *block = (size_t *)(void *)((char *)at - sizeof(max_align_t));
    watched_blocks++;
    watched_finds += memmem(at, *block, watched_digits, sizeof watched_digits - 1) != NULL;
    free(block);
}

static void no_copy_of_a_bare_secret_stays(void)
{
    char dir[256], path[300];
    struct scrim_vault vault;
    struct scrim_share shares[2], share;
    struct scrim_buf file;
    const char *const named_so[] = {"secret", "ben"};
    CHECK_INT(scrim_vault_generate(2, 2, named_so, NULL, &vault, shares, NULL), 0);
    test_make_dir(dir);
    snprintf(path, sizeof path, "%s/share.json", dir);
    CHECK_INT(scrim_share_save(path, &shares[0], NULL, NULL), 0);
    read_file(path, &file);
    sodium_bin2hex(watched_digits, sizeof watched_digits, shares[0].secret, 32);
    CHECK(memmem(file.data, file.len, watched_digits, 64)); // what is looked for is what is there
    json_set_alloc_funcs(watched_malloc, watched_free);
    CHECK_INT(scrim_share_parse(file.data, file.len, NULL, &share, NULL), 0);
    CHECK_INT(scrim_share_parse(file.data, file.len - 3, NULL, &share, NULL), SCRIM_EFORMAT);
    json_set_alloc_funcs(malloc, free);
    CHECK(memcmp(&share, &shares[0], sizeof share) == 0);
    CHECK(watched_blocks > 10);
    CHECK_INT(watched_finds, 0);
    scrim_buf_finish(&file);
    test_remove_dir(dir);
}

// What a hostile share file may ask of this machine is bounded before anything is spent. All else
// about these files is right, checksum included; the first one shows it by getting as far as its
// passphrase.
static void greedy_share(void)
{
    static const struct {
        uint32_t passes, memory_kib;
        int result;
    } cases[] = {
        {1, 8, SCRIM_EAUTH},
        {1, 7, SCRIM_EFORMAT},
        {0, 8, SCRIM_EFORMAT},
        {11, 8, SCRIM_EFORMAT},
        {1, 1048577, SCRIM_EFORMAT},
        {1, UINT32_MAX, SCRIM_EFORMAT},
        {UINT32_MAX, 8, SCRIM_EFORMAT},
    };
    static const uint8_t zeroes[16 + 24 + 48];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[1024], hex[65];
        uint8_t digest[32];
        struct scrim_share share;
        struct scrim_buf binding;
        scrim_buf_init(&binding, 256);
        CHECK_INT(scrim_buf_append_text(&binding, "scrim-share/v1"), 0);
        CHECK_INT(scrim_buf_append(&binding, zeroes, SCRIM_VAULT_ID), 0);
        CHECK_INT(scrim_buf_append(&binding, "\0\1\1a\1", 5), 0); // index, name, protected
        CHECK_INT(scrim_buf_append_u32(&binding, cases[i].passes), 0);
        CHECK_INT(scrim_buf_append_u32(&binding, cases[i].memory_kib), 0);
        CHECK_INT(scrim_buf_append(&binding, zeroes, sizeof zeroes), 0);
        crypto_hash_sha256(digest, binding.data, binding.len);
        const int length = snprintf(
            text, sizeof text,
            "{\"format\":\"scrim-share/v1\",\"vault\":\"%032d\",\"index\":1,\"name\":\"a\","
            "\"protection\":\"argon2id\",\"passes\":%u,\"memory_kib\":%u,\"salt\":\"%032d\","
            "\"nonce\":\"%048d\",\"sealed\":\"%096d\",\"checksum\":\"%s\"}",
            0, cases[i].passes, cases[i].memory_kib, 0, 0, 0,
            sodium_bin2hex(hex, sizeof hex, digest, sizeof digest));
        CHECK_INT(scrim_share_parse(text, (size_t)length, "x", &share, NULL), cases[i].result);
        scrim_buf_finish(&binding);
    }
}

static int fail_nth(void *context, enum scrim_fault_op op, const char *what)
{
    (void)op, (void)what;
    int *left = context;
    return (*left)-- == 0 ? EIO : 0;
}

// Every allocation, write, fsync and rename fails in turn: no half file stays, no error is lost.
static void disk_faults(void)
{
    char dir[256], vault_path[300], share_path[300];
    struct scene scene;
    set(&scene, 2, 3);
    test_make_dir(dir);
    snprintf(vault_path, sizeof vault_path, "%s/vault.json", dir);
    snprintf(share_path, sizeof share_path, "%s/share.json", dir);
    for (int kind = 0; kind < 2; kind++)
        for (int nth = 0;; nth++) {
            int left = nth;
            scrim_fault_set(fail_nth, &left);
            const int result = kind == 0
                                   ? scrim_vault_save(vault_path, &scene.vault, NULL)
                                   : scrim_share_save(share_path, &scene.shares[0], NULL, NULL);
            scrim_fault_set(NULL, NULL);
            if (left >= 0) { // nothing failed
                CHECK_INT(result, 0);
                CHECK(nth >= 4);
                break;
            }
            CHECK(result < 0);
            struct scrim_vault vault;
            struct scrim_share share;
            const char *path = kind == 0 ? vault_path : share_path;
            if (access(path, F_OK) == 0) // only the last fsync, of the directory, may come too late
                CHECK_INT(kind == 0 ? scrim_vault_load(path, &vault, NULL)
                                    : scrim_share_load(path, NULL, &share, NULL),
                          0);
            unlink(path);
        }
    test_remove_dir(dir);
}

static void wrap_without_memory(void)
{
    struct scene scene;
    set(&scene, 2, 3);
    int failures = 0;
    for (int nth = 0;; nth++) {
        struct scrim_age_stanza stanza = {0};
        int left = nth;
        scrim_fault_set(fail_nth, &left);
        const int result = scrim_tdh2_wrap(&scene.vault, &quay, hour_key, file_key, &stanza);
        scrim_fault_set(NULL, NULL);
        scrim_age_stanza_finish(&stanza);
        if (result >= 0)
            break;
        CHECK_INT(result, SCRIM_ENOMEM);
        failures++;
    }
    CHECK(failures >= 7);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(
        argc, argv,
        (struct test[]){{"vault: second generator", second_generator},
                        {"vault: any k open", any_k_open},
                        {"vault: fewer than k do not", fewer_do_not},
                        {"vault: foreign index", foreign_index},
                        {"vault: a liar is named", a_liar_is_named},
                        {"vault: replayed partials", replayed_partials},
                        {"vault: wrong points and scalars", wrong_points_and_scalars_in_a_partial},
                        {"vault: wrong hour keys", wrong_hour_keys},
                        {"vault: another vault's share", another_vault},
                        {"vault: any changed byte of a seal", any_changed_byte_of_a_seal},
                        {"vault: labels", labels},
                        {"vault: impossible vaults", impossible_vaults},
                        {"vault: the largest vault", the_largest_vault},
                        {"vault: its file", vault_file},
                        {"vault: forged vaults", forged_vaults},
                        {"vault: protected share", protected_share},
                        {"vault: unprotected share", unprotected_share},
                        {"vault: no copy of a bare secret stays", no_copy_of_a_bare_secret_stays},
                        {"vault: greedy share file", greedy_share},
                        {"vault: disk faults", disk_faults},
                        {"vault: no memory", wrap_without_memory},
                        {0}});
}
