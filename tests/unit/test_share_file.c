// Share files under a security token, and names of relying parties. test_vault.c has the other
// protections; tests/verify/vault_token.py has the tokens.
#include "base/fault.h"
#include "base/fs.h"
#include "vault/files.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#include "test.h"

static const uint8_t secret[SCRIM_TOKEN_SECRET] = {1, 2, 3};
static const uint8_t other_secret[SCRIM_TOKEN_SECRET] = {1, 2, 4};

struct scene {
    struct scrim_share share;
    struct scrim_share_token token;
    char dir[256], path[300];
};

static void set(struct scene *ret)
{
    *ret = (struct scene){.share = {.index = 3, .name = "cléo"},
                          .token = {.rp_id = "desk.example.org", .credential_len = 64}};
    memset(ret->share.vault_id, 7, sizeof ret->share.vault_id);
    crypto_core_ristretto255_scalar_random(ret->share.secret);
    randombytes_buf(ret->token.credential, ret->token.credential_len);
    randombytes_buf(ret->token.salt, sizeof ret->token.salt);
    test_make_dir(ret->dir);
    snprintf(ret->path, sizeof ret->path, "%s/share.json", ret->dir);
}

static void under_a_token(void)
{
    struct scene scene;
    struct scrim_share share;
    struct scrim_share_info info;
    struct scrim_error error = {0};
    struct stat status;
    set(&scene);
    CHECK_INT(scrim_share_save_token(scene.path, &scene.share, &scene.token, secret, &error), 0);
    CHECK_INT(scrim_share_save_token(scene.path, &scene.share, &scene.token, secret, &error),
              SCRIM_EEXIST);
    CHECK(stat(scene.path, &status) == 0 && (status.st_mode & 0777) == 0600);
    REQUIRE(scrim_share_describe(scene.path, &info, &error) == 0);
    CHECK_INT(info.protection, SCRIM_SHARE_TOKEN);
    CHECK(info.index == 3 && strcmp(info.name, "cléo") == 0);
    CHECK(memcmp(info.vault_id, scene.share.vault_id, sizeof info.vault_id) == 0);
    CHECK_TEXT(info.token.rp_id, scene.token.rp_id);
    CHECK_INT(info.token.credential_len, scene.token.credential_len);
    CHECK(memcmp(info.token.credential, scene.token.credential, scene.token.credential_len) == 0);
    CHECK(memcmp(info.token.salt, scene.token.salt, sizeof info.token.salt) == 0);
    CHECK_INT(scrim_share_load_token(scene.path, secret, &share, &error), 0);
    CHECK(memcmp(&share, &scene.share, sizeof share) == 0);
    CHECK_INT(scrim_share_load_token(scene.path, other_secret, &share, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "share of cléo was not sealed under this"));
    CHECK_INT(scrim_share_load(scene.path, "correct horse", &share, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "needs its security token"));
    CHECK_INT(scrim_share_load(scene.path, NULL, &share, &error), SCRIM_EAUTH);
    test_remove_dir(scene.dir);
}

// And the other way round: what a token says opens no file that has none.
static void not_under_a_token(void)
{
    struct scene scene;
    struct scrim_share share;
    struct scrim_error error = {0};
    set(&scene);
    CHECK_INT(scrim_share_save(scene.path, &scene.share, "correct horse", &error), 0);
    CHECK_INT(scrim_share_load_token(scene.path, secret, &share, &error), SCRIM_EAUTH);
    CHECK(strstr(error.text, "needs its passphrase"));
    test_remove_dir(scene.dir);
}

// Whatever single bit of a file is changed: refused as damaged, or it means exactly the same.
static void any_changed_bit(void)
{
    struct scene scene;
    struct scrim_share share;
    struct scrim_buf file;
    set(&scene);
    CHECK_INT(scrim_share_save_token(scene.path, &scene.share, &scene.token, secret, NULL), 0);
    scrim_buf_init(&file, 65536);
    REQUIRE(scrim_fs_read(scene.path, &file, NULL) == 0);
    for (size_t at = 0; at < file.len; at++)
        for (unsigned mask = 1; mask < 256; mask <<= 1) {
            file.data[at] ^= (uint8_t)mask;
            const int result = scrim_share_parse_token(file.data, file.len, secret, &share, NULL);
            if (result >= 0)
                CHECK(memcmp(&share, &scene.share, sizeof share) == 0);
            else
                CHECK_INT(result, SCRIM_EFORMAT);
            file.data[at] ^= (uint8_t)mask;
        }
    for (size_t less = 0; less + 2 < file.len; less++)
        CHECK_INT(scrim_share_parse_token(file.data, less, secret, &share, NULL), SCRIM_EFORMAT);
    scrim_buf_finish(&file);
    test_remove_dir(scene.dir);
}

static void sizes(void)
{
    static const struct {
        size_t credential, rp_id;
        int result;
    } cases[] = {
        {1, 1, 0},
        {SCRIM_TOKEN_CREDENTIAL_MAX, SCRIM_RP_ID_MAX, 0},
        {0, 9, SCRIM_EINVAL},
        {SCRIM_TOKEN_CREDENTIAL_MAX + 1, 9, SCRIM_EINVAL},
        {64, 0, SCRIM_EINVAL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene scene;
        struct scrim_share share;
        struct scrim_share_info info;
        set(&scene);
        scene.token.credential_len = cases[i].credential;
        for (size_t at = 0; at < SCRIM_RP_ID_MAX; at++)
            scene.token.rp_id[at] = at % 64 == 63 ? '.' : 'x';
        scene.token.rp_id[cases[i].rp_id] = '\0';
        CHECK_INT(scrim_share_save_token(scene.path, &scene.share, &scene.token, secret, NULL),
                  cases[i].result);
        CHECK_INT(access(scene.path, F_OK), cases[i].result == 0 ? 0 : -1);
        if (cases[i].result == 0) {
            CHECK_INT(scrim_share_load_token(scene.path, secret, &share, NULL), 0);
            CHECK(memcmp(&share, &scene.share, sizeof share) == 0);
            CHECK_INT(scrim_share_describe(scene.path, &info, NULL), 0);
            CHECK_INT(info.token.credential_len, cases[i].credential);
        }
        test_remove_dir(scene.dir);
    }
}

static void names_of_a_desk(void)
{
    static const struct {
        const char *text;
        bool valid;
    } cases[] = {
        {"localhost", true},
        {"desk.example.org", true},
        {"xn--caf-dma.example", true},
        {"1.example", true},
        {"10.0.0.example", true},
        {"desk-2.example.org", true},
        {"", false},
        {".", false},
        {"a.", false},
        {".a", false},
        {"a..b", false},
        {"-a", false},
        {"a-.b", false},
        {"Desk.example", false},
        {"desk.example:8443", false},
        {"127.0.0.1", false},
        {"::1", false},
        {"[::1]", false},
        {"example.7", false},
        {"2130706433", false},
        {"café.example", false},
        {"https://a.b", false},
        {"a b", false},
        {"a_b.example", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_TEXT(scrim_rp_id_valid(cases[i].text) ? cases[i].text : "refused",
                   cases[i].valid ? cases[i].text : "refused");
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
    struct scene scene;
    struct scrim_share share;
    set(&scene);
    for (int nth = 0;; nth++) {
        int left = nth;
        scrim_fault_set(fail_nth, &left);
        const int result =
            scrim_share_save_token(scene.path, &scene.share, &scene.token, secret, NULL);
        scrim_fault_set(NULL, NULL);
        if (left >= 0) { // nothing failed
            CHECK_INT(result, 0);
            CHECK(nth >= 4);
            break;
        }
        CHECK(result < 0);
        if (access(scene.path, F_OK) == 0) // only the last fsync, of the directory, comes too late
            CHECK_INT(scrim_share_load_token(scene.path, secret, &share, NULL), 0);
        unlink(scene.path);
    }
    test_remove_dir(scene.dir);
}

int main(int argc, char **argv)
{
    if (sodium_init() < 0)
        return 1;
    return test_run(argc, argv,
                    (struct test[]){{"share file: under a token", under_a_token},
                                    {"share file: not under a token", not_under_a_token},
                                    {"share file: any changed bit", any_changed_bit},
                                    {"share file: sizes", sizes},
                                    {"share file: names of a desk", names_of_a_desk},
                                    {"share file: disk faults", disk_faults},
                                    {0}});
}
